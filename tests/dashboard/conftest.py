"""The hub's tables on moto, and a page of the dashboard on them."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import streamlit as st
from moto import mock_aws
from streamlit import config
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from contract.clock import iso, now
from contract.finding import LOOK_UP, Confidence, Finding, RecordState, Severity, Workflow
from contract.spoke_events import Heartbeat, TaggingFailure, TaggingResult
from hub.store.accounts import Account, AccountStore
from hub.store.findings import FindingStore
from hub.store.rollups import (
    NOW,
    RollupStore,
    account_counter,
    control_counter,
    day_counter,
    open_counter,
    seen_counter,
)
from hub.store.schema import FINDINGS, STATE, definition
from hub.store.spokes import SpokeStore
from hub.store.tagging import TaggingStore

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
PAYMENTS, SANDBOX, QUIET = "111122223333", "444455556666", "123456789012"

Show = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def loopback() -> Iterator[None]:
    """Let the pages think that they are served on this machine only, as `.streamlit/config.toml` has it."""
    config.set_option("server.address", "127.0.0.1")
    yield
    config.set_option("server.address", "127.0.0.1")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("ORGANIZATION_ID", "o-exampleorgid")
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_REGION", "FINDINGS_TABLE", "STATE_TABLE"):
        monkeypatch.delenv(name, raising=False)
    _forget()
    with mock_aws():
        yield boto3.client("dynamodb", region_name="eu-west-1")
    _forget()


def _forget() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def empty_tables(client: Any) -> Any:
    client.create_table(TableName="muster-findings", **definition(FINDINGS))
    client.create_table(TableName="muster-state", **definition(STATE))
    return client


def made(name: str, **changes: Any) -> Finding:
    """Return a finding; its name makes its id."""
    return Finding(
        **{
            "id": name,
            "detection": "iam.user_created",
            "title": f"User {name} created",
            "severity": Severity.LOW,
            "account": PAYMENTS,
            "region": "eu-west-1",
            "resource": f"arn:aws:iam::{PAYMENTS}:user/{name}",
            "actor": "alice",
            "first_seen": iso(now() - timedelta(minutes=5)),
            **changes,
        }
    )


FOUND = (
    made("one", actor_arn=f"arn:aws:sts::{PAYMENTS}:assumed-role/Admin/alice-session", source_ip="203.0.113.7"),
    made("two", severity=Severity.CRITICAL, detection="signin.root_console_login", title="Root user signed in"),
    made("three", account=SANDBOX, region="us-east-1", title="User <script>alert(1)</script> created"),
    made("four", account=SANDBOX, severity=Severity.HIGH, first_seen=iso(now() - timedelta(days=3))),
    made(
        "refuted",
        confidence=Confidence.REFUTED,
        record_state=RecordState.ARCHIVED,
        details={LOOK_UP: "Block Public Access of the account holds"},
        updated_at=iso(now()),
        observed_at=iso(now()),
    ),
    made("closed", title="A mended one", workflow=Workflow.RESOLVED, workflow_at=iso(now())),
)


@pytest.fixture
def tables(empty_tables: Any) -> Any:
    FindingStore(empty_tables, "muster-findings").upsert(FOUND)
    _fill_state(empty_tables)
    return empty_tables


def _fill_state(client: Any) -> None:
    paths = {PAYMENTS: "Root/Workloads/Production", SANDBOX: "Root/Sandbox", QUIET: "Root/Sandbox"}
    names = {PAYMENTS: "payments-prod", SANDBOX: "sandbox-alice", QUIET: "never-heard-of"}
    accounts = [Account(id=one, name=names[one], ou_path=path, owner="team-a") for one, path in paths.items()]
    AccountStore(client, "muster-state").write(accounts)
    _beat(client, PAYMENTS, timedelta(minutes=5))
    _beat(client, SANDBOX, timedelta(days=2))
    RollupStore(client, "muster-state").count(_counted(), "shard", "", "1", now())
    failure = TaggingFailure("arn:aws:s3:::locked", "AccessDenied")
    result = TaggingResult(
        account=PAYMENTS,
        region="eu-west-1",
        version="0.1.0",
        api_call="s3.amazonaws.com:CreateBucket",
        event_id="e1",
        created_by="alice",
        tagged=("arn:aws:s3:::mine",),
        failed=(failure,),
    )
    TaggingStore(client, "muster-state").record(result, now())


def _beat(client: Any, account: str, age: timedelta) -> None:
    heartbeat = Heartbeat(account=account, region="eu-west-1", version="0.1.0", config_hash="h", interval_seconds=3600)
    SpokeStore(client, "muster-state").beat(heartbeat, iso(now() - age))


def _counted() -> Counter[Any]:
    counts: Counter[Any] = Counter()
    for one in FOUND:
        counts[seen_counter(one.first_seen[:10], one.severity)] += 1
        counts[account_counter(one.first_seen[:10], one.account, one.severity)] += 1
        counts[day_counter(one.first_seen[:10], one.severity)] += 1
        if one.is_open:
            counts[open_counter(one.severity)] += 1
            counts[account_counter(NOW, one.account, one.severity)] += 1
            counts[control_counter(NOW, one.detection)] += 1
    return counts


@pytest.fixture
def show() -> Show:
    """Return a page of the dashboard under an address's query."""

    def shown(page: str = "overview", **query: str | list[str]) -> AppTest:
        app = AppTest.from_file(APP, default_timeout=30)
        app._page_hash = "" if page == "overview" else calc_hash(page)
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return shown


@pytest.fixture
def markup() -> Callable[[AppTest], str]:
    """Return how to read the markup of a page's main part."""
    return lambda app: "\n".join(element.value for element in app.main.get("html"))
