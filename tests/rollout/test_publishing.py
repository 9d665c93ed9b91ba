"""Muster's findings in Security Hub: from an API call in a member account to a finding there, and back out of it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from contract.asff import is_own_product
from contract.clock import iso, now
from contract.finding import Workflow
from contract.names import Names
from generator.third_party import ROOT
from hub.store.decisions import Decision
from hub.store.findings import FindingStore
from tests.rollout.deployed import Rollout, rolling_out
from tests.rollout.driving import HUB

pytestmark = pytest.mark.slow
NAMES = Names()
REGION = "eu-west-1"


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollout]:
    with rolling_out(tmp_path_factory.mktemp("publishing"), 1) as running:
        running.change("findings", publish_to_security_hub=True)
        running.client("securityhub", HUB).enable_security_hub()
        assert not [one for one in running.deploy() if one.is_failure]
        yield running


@pytest.fixture(scope="module")
def member(rollout: Rollout) -> str:
    (one,) = {account.id for account in rollout.organization.members} - {HUB}
    return one


def trail_stopped(rollout: Rollout, account: str) -> str:
    """Let logging be stopped in an account; return the id of the finding that the hub stored."""
    recorded = json.loads((ROOT / "localorg" / "events" / "23-stop-logging.json").read_bytes())
    event = {**recorded, "account": account, "region": REGION, "time": iso(now())}
    rollout.organization.post("/_localorg/events", {"account": account, "region": REGION, "event": event})
    rollout.settle()
    (found,) = findings(rollout).open_ids("cloudtrail.logging_stopped")
    return found


def findings(rollout: Rollout) -> FindingStore:
    return FindingStore(rollout.client("dynamodb", HUB), NAMES.findings_table)


def published(rollout: Rollout) -> list[Any]:
    return list(rollout.client("securityhub", HUB).get_findings()["Findings"])


def test_a_finding_is_published_and_archived_when_somebody_closes_it(rollout: Rollout, member: str) -> None:
    finding = trail_stopped(rollout, member)
    (one,) = published(rollout)
    assert (one["Id"], one["RecordState"], one["Workflow"]["Status"]) == (f"muster/{finding}", "ACTIVE", "NEW")
    assert is_own_product(one, HUB)
    assert one["ProductFields"]["muster/account"] == member
    assert member in one["Title"]
    findings(rollout).decide(finding, Decision(workflow=Workflow.RESOLVED, by="alice", note="a drill", at=iso(now())))
    rollout.settle()
    (closed,) = published(rollout)
    assert (closed["RecordState"], closed["Workflow"]["Status"]) == ("ARCHIVED", "NEW")
    findings(rollout).decide(finding, Decision(workflow=Workflow.NEW, by="alice", note="no drill", at=iso(now())))
    rollout.settle()
    assert [again["RecordState"] for again in published(rollout)] == ["ACTIVE"]


def test_switched_off_it_leaves_nothing_behind(rollout: Rollout) -> None:
    name = NAMES.function("publisher")
    functions = rollout.client("lambda", HUB)
    assert name in {one["FunctionName"] for one in functions.list_functions()["Functions"]}
    rollout.change("findings", publish_to_security_hub=False)
    assert not [one for one in rollout.deploy() if one.is_failure]
    assert name not in {one["FunctionName"] for one in functions.list_functions()["Functions"]}
    assert not rollout.client("sqs", HUB).list_queues(QueueNamePrefix=name).get("QueueUrls")
