"""Which new findings people know already, under another id."""

from typing import TYPE_CHECKING, Any

import pytest

from contract.asff import finding_of
from contract.finding import Finding
from hub.ingestion import Ingestion
from hub.store.findings import FindingStore, LostRaceError, UpsertError
from hub.succession import has_predecessor, matter_of
from tests.asff import control, passed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.hub.conftest import Calls

CONSOLIDATED = {"ArchivalReasons:0/ReasonCode": "CONSOLIDATED_CONTROL_FINDINGS_UPDATE"}


def stored(store: FindingStore, identifier: str, *, hour: int, **changes: object) -> Finding:
    at = f"2026-11-20T{hour:02}:00:00.000000Z"
    document = control(identifier, CreatedAt=at, FirstObservedAt=at, UpdatedAt=at, **changes)
    finding = finding_of(document, at)
    Ingestion(store, "111122223333", ()).store([finding], renewing=True)
    return store.get(finding.id) or finding


def test_a_control_that_is_open_under_an_older_id_is_known(store: FindingStore) -> None:
    old, new = stored(store, "old", hour=8), stored(store, "new", hour=9)
    assert has_predecessor(new, store)
    assert not has_predecessor(old, store)


def test_a_control_whose_older_id_was_just_consolidated_away_is_known(store: FindingStore) -> None:
    stored(store, "old", hour=8, RecordState="ARCHIVED", ProductFields=CONSOLIDATED)
    assert has_predecessor(stored(store, "new", hour=9), store)


def test_a_control_that_was_only_archived_before_is_news(store: FindingStore) -> None:
    stored(store, "old", hour=8, RecordState="ARCHIVED")
    assert not has_predecessor(stored(store, "new", hour=9), store)


def test_another_controls_or_regions_finding_on_the_resource_is_no_predecessor(store: FindingStore) -> None:
    stored(store, "other", hour=8, Compliance={"Status": "FAILED", "SecurityControlId": "S3.1"})
    stored(store, "elsewhere", hour=8, Region="us-east-1")
    assert not has_predecessor(stored(store, "new", hour=9), store)


def test_what_is_no_controls_has_no_matter_and_no_predecessor(store: FindingStore) -> None:
    threat = {"Compliance": None, "ProductArn": "arn:aws:securityhub:eu-central-1::product/aws/guardduty"}
    stored(store, "old", hour=8, **threat)
    new = stored(store, "new", hour=9, **threat)
    assert matter_of(new) is None
    assert not has_predecessor(new, store)


def test_a_pass_that_was_archived_since_still_closes_an_older_failure_that_comes_late(store: FindingStore) -> None:
    at = "2026-11-20T10:00:00.000000Z"
    ingestion = Ingestion(store, "111122223333", ())
    for state, hour in (("ACTIVE", 10), ("ARCHIVED", 11)):
        document = passed("new", UpdatedAt=f"2026-11-20T{hour}:00:00Z", RecordState=state)
        ingestion.store([finding_of(document, at)], renewing=True)
    assert not stored(store, "old", hour=8).is_open
    assert stored(store, "latest", hour=12).is_open


def test_a_hundred_controls_of_one_resource_read_its_keys_once(store: FindingStore, calls: "Calls") -> None:
    documents = [
        control(f"c{place}", Compliance={"Status": "FAILED", "SecurityControlId": f"S3.{place}"})
        for place in range(100)
    ]
    before = calls.count("Query")
    ingestion = Ingestion(store, "111122223333", ())
    ingestion.store(ingestion.findings(documents, "2026-11-20T09:00:00.000000Z"), renewing=True)
    assert calls.count("Query") - before == 3


def test_a_damaged_neighbour_says_nothing_and_stops_nobody(store: FindingStore, dynamodb: "DynamoDBClient") -> None:
    damaged = stored(store, "damaged", hour=8)
    dynamodb.update_item(
        TableName="findings",
        Key={"id": {"S": damaged.id}},
        UpdateExpression="SET body = :body",
        ExpressionAttributeValues={":body": {"B": b"nonsense"}},
    )
    assert store.get(stored(store, "new", hour=9).id) is not None
    with pytest.raises(UpsertError) as refused:
        stored(store, "damaged", hour=10)
    assert refused.value.failed.keys() == {damaged.id}


def test_what_supersedes_a_finding_that_could_not_be_closed_comes_again(
    store: FindingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = stored(store, "old", hour=8)
    upsert, refusing = store.upsert, [True]

    def refused(findings: Any, **named: Any) -> Any:
        told = list(findings)
        if refusing and any(one.id == old.id for one in told):
            raise UpsertError({old.id: LostRaceError(old.id)}, [])
        return upsert(told, **named)

    monkeypatch.setattr(store, "upsert", refused)
    at = "2026-11-20T10:00:00.000000Z"
    new = finding_of(passed("new", UpdatedAt=at), at)
    other = finding_of(control("other", Compliance={"Status": "FAILED", "SecurityControlId": "S3.1"}), at)
    ingestion = Ingestion(store, "111122223333", ())
    with pytest.raises(UpsertError) as caught:
        ingestion.store([new, other], renewing=True)
    assert caught.value.failed.keys() == {old.id, new.id}
    assert store.get(other.id) is not None
    assert store.get(new.id) is None
    refusing.clear()
    ingestion.store([new], renewing=True)
    closed = store.get(old.id)
    assert closed is not None
    assert closed.superseded_by == new.id
