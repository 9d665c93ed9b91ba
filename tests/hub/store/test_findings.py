"""Upserts join with what is stored; unchanged costs nothing, lost races lose nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from contract.finding import Finding, RecordState, Severity, Workflow
from hub.store.decisions import Decision, after
from hub.store.findings import FindingNotFoundError, FindingStore, UpsertError
from hub.store.items import closing_time

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Make = Callable[..., Finding]
LATER = "2026-11-21T09:00:00.000000Z"


def test_a_new_finding_is_stored_and_reported_as_new(store: FindingStore, finding: Make) -> None:
    (change,) = store.upsert([finding()])
    assert (change.before, change.after) == (None, finding())
    assert store.get("f1") == finding()


def test_an_unchanged_import_writes_nothing_and_reads_once(store: FindingStore, finding: Make, calls: Any) -> None:
    findings = [finding(f"f{place}") for place in range(100)]
    store.upsert(findings)
    calls.made.clear()
    assert store.upsert([msgspec.structs.replace(one, observed_at=LATER) for one in findings]) == []
    assert [name for name, _ in calls.made] == ["BatchGetItem"]


def test_the_same_finding_twice_in_a_batch_is_written_once(store: FindingStore, finding: Make, calls: Any) -> None:
    (change,) = store.upsert([finding(), finding(updated_at=LATER, title="newer"), finding()])
    assert change.after.title == "newer"
    assert calls.count("PutItem") == 1


def test_a_change_tells_what_was_before(store: FindingStore, finding: Make) -> None:
    store.upsert([finding()])
    (change,) = store.upsert([finding(updated_at=LATER, severity=Severity.CRITICAL)])
    assert change.before == finding()
    assert change.after.severity is Severity.CRITICAL


def test_a_lost_race_reads_again_and_loses_neither_deed(
    store: FindingStore, finding: Make, dynamodb: "DynamoDBClient"
) -> None:
    store.upsert([finding()])
    racing = FindingStore(dynamodb, "findings")
    raced = []

    def race(**_: Any) -> None:
        if not raced:
            raced.append(True)
            racing.decide("f1", Decision(workflow=Workflow.SUPPRESSED, by="bob", note="drill", at=LATER))

    dynamodb.meta.events.register("before-parameter-build.dynamodb.PutItem", race)
    store.upsert([finding(updated_at=LATER, title="newer")])
    stored = store.get("f1")
    assert stored is not None
    assert (stored.title, stored.workflow, stored.note) == ("newer", Workflow.SUPPRESSED, "drill")


def test_two_decisions_at_once_are_both_kept(store: FindingStore, finding: Make, dynamodb: "DynamoDBClient") -> None:
    store.upsert([finding()])
    racing = FindingStore(dynamodb, "findings")
    raced = []

    def race(**_: Any) -> None:
        if not raced:
            raced.append(True)
            racing.decide("f1", Decision(workflow=Workflow.RESOLVED, assignee="alice", by="alice", at=LATER))

    dynamodb.meta.events.register("before-parameter-build.dynamodb.PutItem", race)
    later = "2026-11-22T13:00:00.000000Z"
    done = store.decide("f1", Decision(note="looked at it", by="bob", at=later))
    assert (done.workflow, done.assignee, done.note, done.workflow_by) == (
        Workflow.RESOLVED,
        "alice",
        "looked at it",
        "bob",
    )
    assert store.get("f1") == done


def test_what_is_written_of_a_restored_finding_does_not_shorten_its_time(
    store: FindingStore, finding: Make, dynamodb: "DynamoDBClient"
) -> None:
    closed = finding(
        workflow=Workflow.RESOLVED, workflow_at="2026-01-01T00:00:00.000000Z", observed_at="2026-01-01T00:00:00.000000Z"
    )
    until = datetime(2026, 12, 4, tzinfo=UTC)
    assert store.is_put_back(closed, until)
    store.decide("f1", Decision(note="seen", by="bob", at="2026-02-01T00:00:00.000000Z"))
    item = dynamodb.get_item(TableName="findings", Key={"id": {"S": "f1"}})["Item"]
    assert int(item["ttl_timestamp"]["N"]) == int(until.timestamp())


def test_a_word_about_a_finding_that_its_provider_closed_is_archived_too(finding: Make) -> None:
    closed = finding(record_state=RecordState.ARCHIVED, observed_at="2026-01-01T00:00:00.000000Z")
    said = after(closed, Decision(note="it was the drill", by="bob", at="2026-05-01T00:00:00.000000Z"))
    assert closing_time(said) == datetime(2026, 5, 1, tzinfo=UTC)


def test_two_functions_that_find_the_same_first_store_it_once(
    store: FindingStore, finding: Make, dynamodb: "DynamoDBClient"
) -> None:
    racing = FindingStore(dynamodb, "findings")
    raced = []

    def race(**_: Any) -> None:
        if not raced:
            raced.append(True)
            racing.upsert([finding()])

    dynamodb.meta.events.register("before-parameter-build.dynamodb.PutItem", race)
    assert store.upsert([finding()]) == []


def test_one_finding_that_cannot_be_stored_does_not_stop_the_others(store: FindingStore, finding: Make) -> None:
    broken = finding("broken", details={"too": "\ud800"})
    with pytest.raises(UpsertError) as caught:
        store.upsert([finding("f1"), broken, finding("f2")])
    assert list(caught.value.failed) == ["broken"]
    assert {change.after.id for change in caught.value.changes} == {"f1", "f2"}
    assert store.get("f2") is not None


def test_keys_that_dynamodb_leaves_unread_are_asked_again(
    store: FindingStore, finding: Make, dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    store.upsert([finding()])
    real = dynamodb.batch_get_item
    answers = iter([True])

    def throttled(**request: Any) -> Any:
        if next(answers, False):
            return {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}
        return real(**request)

    monkeypatch.setattr(dynamodb, "batch_get_item", throttled)
    assert store.upsert([finding()]) == []


def test_a_deed_is_stored_with_who_and_why(store: FindingStore, finding: Make) -> None:
    store.upsert([finding()])
    done = store.decide("f1", Decision(workflow=Workflow.RESOLVED, by="bob", note="key deleted", at=LATER))
    assert (done.workflow, done.workflow_by, done.note, done.workflow_at) == ("RESOLVED", "bob", "key deleted", LATER)
    assert store.get("f1") == done


def test_an_older_deed_changes_nothing(store: FindingStore, finding: Make) -> None:
    store.upsert([finding(workflow=Workflow.RESOLVED, workflow_at=LATER)])
    done = store.decide("f1", Decision(workflow=Workflow.NEW, by="bob", note="", at="2026-11-20T00:00:00.000000Z"))
    assert done.workflow is Workflow.RESOLVED


def test_a_deed_about_nothing_is_refused(store: FindingStore) -> None:
    with pytest.raises(FindingNotFoundError):
        store.decide("none", Decision(workflow=Workflow.RESOLVED, by="bob", note="", at=LATER))


def test_a_finding_that_comes_back_returns_to_the_lists(store: FindingStore, finding: Make, dynamodb: Any) -> None:
    store.upsert([finding(record_state=RecordState.ARCHIVED)])
    store.upsert([finding(updated_at=LATER)])
    item = dynamodb.get_item(TableName="findings", Key={"id": {"S": "f1"}})["Item"]
    assert item["severity_bucket"]["S"].startswith("HIGH#")
    assert "ttl_timestamp" not in item
