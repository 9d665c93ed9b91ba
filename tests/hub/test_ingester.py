"""From Security Hub's events to the store, in any order."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.asff import finding_of
from contract.clock import EPOCH
from contract.finding import Finding, Status, Workflow
from hub import ingester
from hub.ingester import Ingester
from hub.ingestion import Ingestion
from hub.store.decisions import Decision
from hub.store.findings import FindingStore
from hub.store.schema import FINDINGS, definition
from tests.asff import control, imported, passed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.hub.conftest import Calls

HUB = "111122223333"
Event = dict[str, Any]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    yield
    ingester.metrics.clear_metrics()


def ingesting(store: FindingStore) -> Ingester:
    return Ingester(Ingestion(store, HUB, ["GuardDuty"]), lambda: datetime(2026, 11, 20, 10, tzinfo=UTC))


def at(hour: int) -> str:
    return f"2026-11-20T{hour:02}:00:00Z"


def ingest(store: FindingStore, *events: Event) -> list[str]:
    return ingesting(store).ingest({str(place): json.dumps(event) for place, event in enumerate(events)})


def of(store: FindingStore, document: dict[str, Any]) -> Finding:
    found = store.get(finding_of(document, "2026-11-20T09:00:05.000000Z").id)
    assert found
    return found


def test_a_finding_is_stored_and_closed_when_its_control_passes(store: FindingStore) -> None:
    assert ingest(store, imported(control(), at(9))) == []
    assert of(store, control()).status is Status.OPEN
    ingest(store, imported(passed(UpdatedAt=at(10)), at(10)))
    assert of(store, control()).status is Status.RESOLVED


def test_the_same_event_again_costs_no_write(store: FindingStore, calls: "Calls") -> None:
    event = imported(control(), at(9))
    ingest(store, event)
    written = calls.count("PutItem")
    ingest(store, event, event)
    assert calls.count("PutItem") == written == 1
    assert calls.count("Query") == 3


def test_what_customers_change_is_seen_although_the_finding_is_not_newer(store: FindingStore) -> None:
    ingest(store, imported(control(), at(9)), imported(control(Workflow={"Status": "SUPPRESSED"}), at(10)))
    assert of(store, control()).workflow is Workflow.SUPPRESSED
    ingest(store, imported(control(), at(11)))
    assert of(store, control()).workflow is Workflow.NEW


def test_a_deed_here_holds_against_what_security_hub_did_not_hear_yet(store: FindingStore) -> None:
    ingest(store, imported(control(), at(9)))
    name = of(store, control()).id
    store.decide(
        name, Decision(workflow=Workflow.RESOLVED, by="alice", note="Closed", at="2026-11-20T10:00:00.000000Z")
    )
    ingest(store, imported(control(UpdatedAt="2026-11-20T10:02:00Z"), "2026-11-20T10:02:00Z"))
    assert of(store, control()).workflow is Workflow.RESOLVED
    ingest(store, imported(control(UpdatedAt="2026-11-20T10:30:00Z"), "2026-11-20T10:30:00Z"))
    # However late the queue is: until Security Hub has heard, it repeats what was before.
    assert of(store, control()).workflow is Workflow.RESOLVED


def test_our_own_findings_and_those_of_another_feed_are_passed_over(store: FindingStore) -> None:
    ours = control("ours", ProductArn=f"arn:aws:securityhub:eu-central-1:{HUB}:product/{HUB}/default")
    threat = control("threat", ProductName="GuardDuty")
    assert ingest(store, imported({**ours, "ProductName": "Muster"}, at(9)), imported(threat, at(9))) == []
    assert store.read([finding_of(one, at(9)).id for one in (ours, threat)]) == {}


@pytest.mark.parametrize(
    "body", ["{", "[]", '{"account": "111122223333"}', '{"account": "1", "detail": {"findings": [3]}}']
)
def test_a_message_that_holds_no_findings_comes_back_alone(store: FindingStore, body: str) -> None:
    assert ingesting(store).ingest({"bad": body, "good": json.dumps(imported(control(), at(9)))}) == ["bad"]
    assert of(store, control()).status is Status.OPEN


def test_a_finding_that_is_too_large_comes_back_alone(store: FindingStore) -> None:
    chance = random.Random(1)
    noise = "".join(chance.choices("0123456789abcdefghijklmnopqrstuvwxyz", k=900_000))
    large = imported(control("large", Description=noise), at(9))
    messages = {"large": json.dumps(large), "small": json.dumps(imported(control(), at(9)))}
    assert ingesting(store).ingest(messages) == ["large"]
    assert of(store, control()).status is Status.OPEN


def test_half_a_surrogate_pair_is_no_reason_to_lose_a_finding(store: FindingStore) -> None:
    body = json.dumps(imported(control(Title="half"), at(9))).replace("half", "\\ud800")
    assert ingesting(store).ingest({"odd": body}) == []
    assert of(store, control()).title == "?"


def test_a_control_that_passes_under_a_new_id_closes_the_old_one(store: FindingStore) -> None:
    ingest(store, imported(control("old"), at(9)))
    ingest(store, imported(passed("new", UpdatedAt=at(10)), at(10)))
    old = of(store, control("old"))
    assert (old.status, old.superseded_by) == (Status.ARCHIVED, of(store, control("new")).id)
    ingest(store, imported(control("old", UpdatedAt=at(11)), at(11)))
    assert of(store, control("old")).status is Status.OPEN


def test_archiving_the_old_id_leaves_the_new_one_open(store: FindingStore) -> None:
    ingest(store, imported(control("old"), at(8)), imported(control("new", UpdatedAt=at(9)), at(9)))
    ingest(store, imported(control("old", RecordState="ARCHIVED", UpdatedAt=at(10)), at(10)))
    assert of(store, control("new")).status is Status.OPEN


def test_another_resource_region_or_account_is_another_matter(store: FindingStore) -> None:
    elsewhere = [{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::others"}]
    others = [
        control("resource", Resources=elsewhere),
        control("region", Region="us-east-1"),
        control("account", AwsAccountId="777788889999"),
        control("control", Compliance={"Status": "FAILED", "SecurityControlId": "S3.1"}),
    ]
    ingest(store, *(imported(one, at(9)) for one in others))
    ingest(store, imported(passed("new", UpdatedAt=at(10)), at(10)))
    assert all(of(store, one).status is Status.OPEN for one in others)


def history(finding: str, deeds: list[str], start: int) -> list[Event]:
    """Return the events of a finding as Security Hub lives it: each deed comes later than the one before."""
    state: dict[str, Any] = {"workflow": "NEW", "compliance": "FAILED", "decide": "ACTIVE", "updated": at(8)}
    events = []
    for place, deed in enumerate(["create", *deeds]):
        now = f"2026-11-20T{9 + place:02}:{start:02}:00Z"
        if deed in {"NEW", "SUPPRESSED", "RESOLVED"}:
            state["workflow"] = deed
        else:
            state |= {"updated": now, "decide": "ARCHIVED" if deed == "archive" else "ACTIVE"}
            state["compliance"] = {"pass": "PASSED", "fail": "FAILED"}.get(deed, state["compliance"])
        document = control(
            finding,
            UpdatedAt=state["updated"],
            RecordState=state["decide"],
            Compliance={"Status": state["compliance"], "SecurityControlId": "S3.8"},
            Workflow={"Status": state["workflow"]},
        )
        events.append(imported(document, now))
    return events


DEEDS = st.lists(
    st.sampled_from(["NEW", "SUPPRESSED", "RESOLVED", "pass", "fail", "archive", "refresh"]), min_size=1, max_size=5
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(DEEDS, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_any_order_repetition_and_batching_of_events_ends_in_the_same_store(
    dynamodb: "DynamoDBClient", deeds: list[list[str]], chance: random.Random
) -> None:
    """Up to three ids of the same control and resource, each with its own history."""
    events = [event for place, one in enumerate(deeds) for event in history(f"c{place}", one, place)]
    shuffled = [*events, *chance.choices(events, k=2)]
    chance.shuffle(shuffled)
    expected = contents(dynamodb, [[event] for event in events])
    batches = [shuffled[start : start + 3] for start in range(0, len(shuffled), 3)]
    assert contents(dynamodb, batches) == expected


def contents(dynamodb: "DynamoDBClient", batches: list[list[Event]]) -> dict[str, tuple[Status, Finding]]:
    """Return what an empty table holds after batches."""
    dynamodb.create_table(TableName="another", **definition(FINDINGS))
    try:
        store = FindingStore(dynamodb, "another")
        for batch in batches:
            assert ingest(store, *batch) == []
        names = {finding_of(one["detail"]["findings"][0], at(9)).id for batch in batches for one in batch}
        return {name: as_seen(one) for name, one in store.read(names).items()}
    finally:
        dynamodb.delete_table(TableName="another")


def as_seen(finding: Finding) -> tuple[Status, Finding]:
    """Return a finding without when the hub noticed that it was superseded."""
    return finding.status, msgspec.structs.replace(finding, superseded_at=EPOCH, superseded_by="")
