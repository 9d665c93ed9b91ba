"""Security Hub's findings: from a member to the store, to a decision there, and back to Security Hub."""

import json
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from contract.asff import IMPORTED, finding_of
from contract.clock import iso, now
from contract.finding import Finding, Status, Workflow
from contract.names import Names
from generator.config import Config
from hub.store.decisions import Decision
from hub.store.findings import FindingStore
from hub.store.history import HistoryStore
from hub.store.rollups import RollupStore
from hub.store.runs import Kind, RunStore
from tests.asff import control, passed
from tests.rollout.deployed import Rollout, rolling_out
from tests.rollout.driving import HUB, MANAGEMENT

pytestmark = pytest.mark.slow
NAMES = Names()
S3_2 = {"Status": "FAILED", "SecurityControlId": "S3.2"}


@pytest.fixture(scope="module")
def member(rollout: Rollout) -> str:
    (one,) = {account.id for account in rollout.organization.members} - {HUB}
    return one


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollout]:
    with rolling_out(tmp_path_factory.mktemp("security-hub"), 1) as running:
        (member,) = {account.id for account in running.organization.members} - {HUB}
        running.client("securityhub", MANAGEMENT).enable_organization_admin_account(AdminAccountId=HUB)
        running.client("securityhub", HUB).create_members(AccountDetails=[{"AccountId": member}])
        assert not [one for one in running.deploy() if one.is_failure]
        yield running


def said(rollout: Rollout, account: str, document: dict[str, Any]) -> Finding:
    """Let Security Hub say a finding in a member account; return it as the hub should know it."""
    region = rollout.client("securityhub", HUB).meta.region_name
    arn = f"arn:aws:securityhub:{region}::product/aws/securityhub"
    at = iso(now())
    times = {"CreatedAt": at, "FirstObservedAt": at, "UpdatedAt": at}
    one = {**document, "AwsAccountId": account, "Region": region, "ProductArn": arn, **times}
    event = {"source": "aws.securityhub", "detail-type": IMPORTED, "detail": {"findings": [one]}}
    rollout.organization.post("/_localorg/events", {"account": account, "region": region, "event": event})
    rollout.settle()
    return finding_of(one, at)


def stored(rollout: Rollout, finding: Finding) -> Finding:
    found = FindingStore(rollout.client("dynamodb", HUB), NAMES.findings_table).get(finding.id)
    assert found is not None
    return found


def there(rollout: Rollout, finding: Finding) -> dict[str, Any]:
    asked = {"Id": [{"Value": finding.source_id, "Comparison": "EQUALS"}]}
    (found,) = rollout.client("securityhub", HUB).get_findings(Filters=asked)["Findings"]
    return dict(found)


def test_a_members_finding_is_stored_counted_and_closed_when_its_control_passes(rollout: Rollout, member: str) -> None:
    failed = said(rollout, member, control("lifecycle"))
    found = stored(rollout, failed)
    assert (found.status, found.account, found.detection, found.severity) == (Status.OPEN, member, "S3.8", "HIGH")
    counters = RollupStore(rollout.client("dynamodb", HUB), NAMES.state_table)
    assert [one.findings for one in counters.counts() if one.control == "S3.8"] == [1]
    said(rollout, member, passed("lifecycle"))
    assert stored(rollout, failed).status is Status.RESOLVED
    assert [one.findings for one in counters.counts() if one.control == "S3.8"] == []


def test_a_decision_here_is_one_there_and_comes_back_as_no_change(rollout: Rollout, member: str) -> None:
    finding = said(rollout, member, control("decided"))
    store = FindingStore(rollout.client("dynamodb", HUB), NAMES.findings_table)
    reason = {"workflow": Workflow.SUPPRESSED, "suppression": "public on purpose", "note": "public on purpose"}
    decided = store.decide(finding.id, Decision(by="alice", at=iso(now()), assignee="bob", **reason))
    rollout.settle()
    one = there(rollout, finding)
    assert one["Workflow"] == {"Status": "SUPPRESSED"}
    assert (one["Note"]["Text"], one["Note"]["UpdatedBy"]) == ("public on purpose", "alice")
    assert one["UserDefinedFields"] == {"MusterAssignee": "bob", "MusterSuppression": "public on purpose"}
    found = stored(rollout, finding)
    assert found == msgspec.structs.replace(decided, observed_at=found.observed_at)
    (entry,) = HistoryStore(rollout.client("dynamodb", HUB), NAMES.state_table).of(finding.id)
    assert (entry.by, entry.changes["status"]) == ("alice", ("OPEN", "SUPPRESSED"))
    counters = RollupStore(rollout.client("dynamodb", HUB), NAMES.state_table)
    assert [(one.findings, one.accepted) for one in counters.counts() if one.control == "S3.8"] == [(0, 1)]


def test_a_decision_there_is_one_here(rollout: Rollout, member: str) -> None:
    finding = said(rollout, member, control("resolved there"))
    time.sleep(1.1)  # events tell whole seconds
    rollout.client("securityhub", HUB).batch_update_findings(
        FindingIdentifiers=[{"Id": finding.source_id, "ProductArn": finding.product_arn}],
        Workflow={"Status": "RESOLVED"},
        Note={"Text": "mended", "UpdatedBy": "carol"},
    )
    rollout.settle()
    found = stored(rollout, finding)
    assert (found.status, found.note, found.workflow_by) == (Status.RESOLVED, "mended", "carol")


def kept(rollout: Rollout) -> dict[str, int]:
    """Let the hub bring suppressions and findings together now; return what it did."""
    answer = rollout.client("lambda", HUB).invoke(FunctionName=NAMES.function("suppressions"))
    done: dict[str, int] = json.loads(answer["Payload"].read())
    rollout.settle()
    return done


def test_a_suppression_of_the_settings_covers_what_is_open_and_what_comes(rollout: Rollout, member: str) -> None:
    before = said(rollout, member, control("open before"))
    website = {"id": "website", "reason": "public on purpose", "owner": "web", "until": "never", "detections": ["S3.8"]}
    rollout.config = Config.model_validate({**rollout.config.model_dump(), "suppressions": [website]})
    assert not [one for one in rollout.deploy() if one.is_failure]
    assert kept(rollout) == {"suppressed": 1, "reopened": 0}
    after = said(rollout, member, control("comes later"))
    assert kept(rollout)["reopened"] == 0
    for one in (before, after):
        found = stored(rollout, one)
        assert (found.status, found.workflow_by, found.suppression) == (
            *(Status.SUPPRESSED, "suppression website", "public on purpose"),
        )
        assert there(rollout, one)["Workflow"] == {"Status": "SUPPRESSED"}


def test_what_no_event_brought_is_read_by_the_sync(rollout: Rollout, member: str) -> None:
    events = rollout.client("events", HUB)
    events.disable_rule(Name=NAMES.queue("ingester"))
    missed = said(rollout, member, control("missed", GeneratorId="security-control/S3.2", Compliance=S3_2))
    events.enable_rule(Name=NAMES.queue("ingester"))
    store = FindingStore(rollout.client("dynamodb", HUB), NAMES.findings_table)
    assert store.get(missed.id) is None
    sqs = rollout.client("sqs", HUB)
    sqs.send_message(
        QueueUrl=sqs.get_queue_url(QueueName=NAMES.queue("sync"))["QueueUrl"], MessageBody='{"kind": "everything"}'
    )
    rollout.settle()
    assert stored(rollout, missed).is_open
    run, _ = RunStore(rollout.client("dynamodb", HUB), NAMES.state_table).read(Kind.EVERYTHING)
    assert run is not None
    assert run.is_done
