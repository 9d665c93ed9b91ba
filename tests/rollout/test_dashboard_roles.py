"""The dashboard's roles on the local organization, which enforces IAM: what each may, and who may take it."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import urllib3
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from contract.clock import iso, now
from contract.finding import Finding, Severity, Workflow
from contract.names import Names
from dashboard.over_api import Api
from hub.store.accounts import AccountStore
from hub.store.decisions import Decision
from hub.store.findings import FindingStore
from hub.store.query import FindingQuery
from hub.store.rollups import RollupStore
from tests.localorg.exercise import statement
from tests.rollout.deployed import Rollout, rolling_out
from tests.rollout.driving import HUB
from tests.rollout.test_api import Caller, user

pytestmark = pytest.mark.slow
NAMES = Names()
REGION = "us-east-1"


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollout]:
    with rolling_out(tmp_path_factory.mktemp("roles"), 1) as running:
        assert not [one for one in running.deploy() if one.is_failure]
        at = iso(now())
        one = Finding(
            id="f1",
            detection="iam.user_created",
            title="User created",
            severity=Severity.HIGH,
            account=HUB,
            region=REGION,
            resource="arn:aws:iam::111122223333:user/alice",
            first_seen=at,
            updated_at=at,
            observed_at=at,
        )
        FindingStore(running.client("dynamodb", HUB), NAMES.findings_table).upsert([one])
        running.settle()
        yield running


def arn(role: str) -> str:
    return f"arn:aws:iam::{HUB}:role/{NAMES.function(role)}-{REGION}"


def assumed(rollout: Rollout, name: str, role: str, *allowed: Any) -> dict[str, str]:
    """Return what somebody of the hub account gets who takes a role."""
    who = user(rollout, HUB, name, *allowed)
    session = boto3.Session(who.access_key, who.secret_key, region_name=REGION)
    sts = session.client("sts", endpoint_url=rollout.organization.endpoint)
    found = sts.assume_role(RoleArn=arn(role), RoleSessionName=name)["Credentials"]
    return {
        "aws_access_key_id": found["AccessKeyId"],
        "aws_secret_access_key": found["SecretAccessKey"],
        "aws_session_token": found["SessionToken"],
    }


def tables(rollout: Rollout, credentials: dict[str, str]) -> Any:
    return boto3.client("dynamodb", region_name=REGION, endpoint_url=rollout.organization.endpoint, **credentials)


def test_the_readers_role_reads_everything_that_pages_show_and_writes_nothing(rollout: Rollout) -> None:
    client = tables(rollout, assumed(rollout, "reader", "dashboard", statement("sts:AssumeRole", arn("dashboard"))))
    store = FindingStore(client, NAMES.findings_table)
    for query in (
        FindingQuery(),
        FindingQuery(accounts=(HUB,)),
        FindingQuery(detections=("iam.user_created",)),
        FindingQuery(resource="arn:aws:iam::111122223333:user/alice"),
    ):
        assert [one.id for one in store.page(query).findings] == ["f1"]
    assert store.get("f1")
    assert AccountStore(client, NAMES.state_table).all()
    assert RollupStore(client, NAMES.state_table).summary(now()).open["HIGH"] == 1
    with pytest.raises(ClientError, match="AccessDenied"):
        store.decide("f1", Decision(by="reader", at=iso(now()), workflow=Workflow.RESOLVED, note="no"))
    with pytest.raises(ClientError, match="AccessDenied"):
        client.scan(TableName=NAMES.findings_table)


def test_the_operators_role_decides_about_findings_and_writes_nothing_else(rollout: Rollout) -> None:
    role = "dashboard-operator"
    client = tables(rollout, assumed(rollout, "operator", role, statement("sts:AssumeRole", arn(role))))
    store = FindingStore(client, NAMES.findings_table)
    after = store.decide("f1", Decision(by="carol", at=iso(now()), workflow=Workflow.NOTIFIED, note="I look"))
    assert (after.workflow, after.workflow_by) == (Workflow.NOTIFIED, "carol")
    with pytest.raises(ClientError, match="AccessDenied"):
        client.put_item(TableName=NAMES.state_table, Item={"pk": {"S": "x"}, "sk": {"S": "y"}})
    with pytest.raises(ClientError, match="AccessDenied"):
        client.delete_item(TableName=NAMES.findings_table, Key={"id": {"S": "f1"}})


def test_whom_no_policy_allows_takes_no_role(rollout: Rollout) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        assumed(rollout, "nobody", "dashboard")


def test_the_dashboard_reads_and_decides_over_the_deployed_api(rollout: Rollout) -> None:
    everything = statement("execute-api:Invoke", "arn:aws:execute-api:*:*:*")
    caller = user(rollout, HUB, "over-api", everything)
    api = Api(Caller(rollout, caller).base, REGION, caller, urllib3.PoolManager())
    assert [one.id for one in api.page(FindingQuery(severities=(Severity.HIGH,)), None, 50).findings] == ["f1"]
    assert api.summary().open["HIGH"] == 1
    assert HUB in {one.id for one in api.accounts()}
    api.decide("f1", Decision(by="carol", at=iso(now()), workflow=Workflow.RESOLVED, note="done"))
    found = api.get("f1")
    assert found
    assert (found.workflow, found.note) == (Workflow.RESOLVED, "carol: done")
    assert "over-api" in found.workflow_by


def test_the_api_refuses_who_only_signed_in_to_the_dashboard(rollout: Rollout) -> None:
    """Whoever sees one unit in the dashboard has no credentials of AWS's, and the API asks for nothing else."""
    assert Caller(rollout, None)("/findings")[0] == 403
    stranger = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    assert Caller(rollout, stranger)("/findings/f1")[0] == 403
