"""`muster tags coverage` and `muster tags retention`, from the hub's state table."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from contract.clock import iso, now
from contract.spoke_events import BackupFailure, Job, RetentionReport, TaggingFailure, TaggingResult
from generator.cli import app
from generator.commands import tags
from generator.problems import BadInputError
from hub.store.accounts import Account, AccountStore
from hub.store.retention import RetentionStore
from hub.store.schema import STATE, definition
from hub.store.tagging import TaggingStore

REGION = "eu-central-1"
SETTINGS = Path(__file__).parents[1] / "snapshots" / "muster.toml"


def _result(event: str, ago: timedelta = timedelta(hours=1), **more: Any) -> TaggingResult:
    return TaggingResult(
        account="111122223333",
        region=REGION,
        version="1",
        api_call="sqs.amazonaws.com:CreateQueue",
        event_id=event,
        created_by="alice",
        created_at=iso(now() - ago),
        **more,
    )


def _run() -> RetentionReport:
    return RetentionReport(
        account="111122223333",
        region=REGION,
        version="1",
        job=Job.TAGGING,
        run="1",
        interval_seconds=86_400,
        images=2,
        snapshots=1_000,
        due=40,
        due_gib=1_600.0,
        due_cost=80.0,
        failed=1,
        failures=(BackupFailure("snap-1", "UnauthorizedOperation"),),
    )


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("dynamodb", region_name=REGION)
        client.create_table(TableName="muster-state", **definition(STATE))
        AccountStore(client, "muster-state").add(Account(id="111122223333", name="shop"))
        store = TaggingStore(client, "muster-state")
        store.record(_result("e1", tagged=("arn:a", "arn:b"), lag_seconds=3.0), now())
        store.record(_result("e2", failed=(TaggingFailure("arn:c", "TagPolicyException"),)), now())
        store.record(_result("e3", timedelta(days=30), tagged=("arn:old",)), now())
        RetentionStore(client, "muster-state").record(_run(), now())
        monkeypatch.setattr(tags, "hub_place", lambda *_: SimpleNamespace(client=lambda _service: client))
        yield


def _asked(*arguments: str, command: str = "coverage") -> Any:
    return CliRunner().invoke(app, ["tags", command, "--config", str(SETTINGS), *arguments])


def test_coverage_says_who_created_what_and_what_stayed_untagged(hub: None) -> None:
    out = _asked().output
    assert "2 of 3 resources of the last 7 days have their creator's tag" in out
    assert "half of them within 3 s" in out
    assert "1 of sqs.amazonaws.com:CreateQueue: TagPolicyException" in out
    assert "alice" in out
    assert "arn:c" in out


def test_scripts_read_the_coverage_as_json(hub: None) -> None:
    read = json.loads(_asked("--json", "--days", "1", "--account", "111122223333").output)
    assert (read["tagged"], read["untagged"], read["lag_seconds"]) == (2, 1, [3.0, 3.0])
    assert read["gaps"][0]["examples"] == ["arn:c"]


def test_an_account_that_the_hub_does_not_know_is_refused(hub: None) -> None:
    answer = _asked("--account", "444455556666")
    assert isinstance(answer.exception, BadInputError)
    assert "444455556666" in str(answer.exception)


def test_retention_says_what_is_past_its_date_and_what_that_costs(hub: None) -> None:
    out = " ".join(_asked(command="retention").output.split())
    assert "40 of 1,002 images and snapshots are past their date: 1,600 GiB, at most $80.00 a month" in out
    assert "snap-1: UnauthorizedOperation" in out


def test_scripts_read_the_retention_as_json(hub: None) -> None:
    read = json.loads(_asked("--json", "--account", "111122223333", command="retention").output)
    assert (read["due"], read["due_cost"], read["regions"][0]["region"]) == (40, 80.0, REGION)
    assert isinstance(_asked("--account", "444455556666", command="retention").exception, BadInputError)
