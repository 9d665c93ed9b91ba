"""Counters: each change of the stream exactly once, whatever Lambda repeats."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from contract.finding import Finding, Severity, Workflow
from contract.names import ORGANIZATION_ROLLUP_KEY
from hub import rollups
from hub.rollups import count, count_handler
from hub.store.items import item_of
from hub.store.rollups import Count, RollupStore, StaleCheckpointError
from hub.streams import StreamRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Make = Callable[..., Finding]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DONE = {"workflow": Workflow.RESOLVED, "workflow_at": "2026-11-20T10:00:00.000000Z"}


@pytest.fixture
def counters(dynamodb: "DynamoDBClient") -> RollupStore:
    return RollupStore(dynamodb, "state", sleep=lambda _: None)


def record(sequence: int, old: Finding | None, new: Finding | None) -> StreamRecord:
    return StreamRecord(str(sequence), old and item_of(old, 1), new and item_of(new, 2))


def opened(finding: Make, number: int, first: int = 1) -> list[StreamRecord]:
    return [record(first + place, None, finding(f"f{first + place}")) for place in range(number)]


def test_findings_that_open_are_counted_by_severity_account_detection_and_day(
    counters: RollupStore, finding: Make
) -> None:
    records = [*opened(finding, 3), record(9, None, finding("x", severity=Severity.LOW, account="2", detection="d"))]
    assert count(records, "s", counters, NOW) is None
    summary = counters.summary(NOW)
    assert summary.open == {"INFORMATIONAL": 0, "LOW": 1, "MEDIUM": 0, "HIGH": 3, "CRITICAL": 0}
    assert summary.by_day["2026-11-20"]["HIGH"] == 3
    assert len(summary.by_day) == 30
    expected = {
        Count("111122223333", "HIGH", "", 3),
        Count("2", "LOW", "", 1),
        Count("", "", "iam.access_key_created", 3),
        Count("", "", "d", 1),
    }
    assert set(counters.counts()) == set(counters.counts("2026-11-20")) == expected


def test_a_finding_that_closes_was_still_new_on_its_day(counters: RollupStore, finding: Make) -> None:
    count(opened(finding, 2), "s", counters, NOW)
    count([record(5, finding("f1"), finding("f1", **DONE))], "s", counters, NOW)
    assert counters.summary(NOW).open["HIGH"] == 1
    assert counters.summary(NOW).by_day["2026-11-20"]["HIGH"] == 2


def test_a_severity_that_changes_moves_the_finding(counters: RollupStore, finding: Make) -> None:
    count(opened(finding, 1), "s", counters, NOW)
    count([record(5, finding("f1"), finding("f1", severity=Severity.CRITICAL))], "s", counters, NOW)
    assert counters.summary(NOW).open["HIGH"] == 0
    assert counters.summary(NOW).open["CRITICAL"] == 1


def test_a_finding_that_expires_changes_no_day(counters: RollupStore, finding: Make) -> None:
    count([record(1, None, finding(**DONE)), record(2, finding(**DONE), None)], "s", counters, NOW)
    assert counters.summary(NOW).by_day["2026-11-20"]["HIGH"] == 1
    assert counters.summary(NOW).open["HIGH"] == 0


def test_what_closes_is_counted_on_the_day_of_its_closing_by_the_severity_that_it_has_then(
    counters: RollupStore, finding: Make
) -> None:
    before = finding(first_seen="2026-10-01T00:00:00.000000Z")
    worse = msgspec.structs.replace(before, severity=Severity.CRITICAL, **DONE)
    count([record(1, None, before), record(2, before, worse)], "s", counters, NOW)
    assert {one for one in counters.counts("2026-11-20") if one.closed} == {
        Count("111122223333", "CRITICAL", "", 0, closed=1)
    }
    assert not [one for one in counters.counts("2026-10-01") if one.closed]


def test_what_closes_twice_was_closed_twice_and_what_was_closed_from_the_beginning_never(
    counters: RollupStore, finding: Make
) -> None:
    is_open, closed = finding("f1"), finding("f1", **DONE)
    changes = [
        (None, is_open),
        (is_open, closed),
        (closed, is_open),
        (is_open, closed),
        (closed, closed),
        (closed, None),
    ]
    records = [record(place, old, new) for place, (old, new) in enumerate(changes, 1)]
    count([*records, record(9, None, finding("f2", **DONE))], "s", counters, NOW)
    count(records, "s", counters, NOW)
    assert sum(one.closed for one in counters.counts("2026-11-20")) == 2


def test_a_batch_that_is_delivered_again_counts_once(counters: RollupStore, finding: Make) -> None:
    records = opened(finding, 5)
    for batch in (records, records, records[3:], records[:2]):
        count(batch, "s", counters, NOW)
    assert counters.summary(NOW).open["HIGH"] == 5


def test_sequence_numbers_compare_as_numbers(counters: RollupStore, finding: Make) -> None:
    count(opened(finding, 1, first=9), "s", counters, NOW)
    count(opened(finding, 1, first=10), "s", counters, NOW)
    assert counters.summary(NOW).open["HIGH"] == 2


def test_shards_are_counted_on_their_own(counters: RollupStore, finding: Make) -> None:
    count(opened(finding, 1), "s1", counters, NOW)
    count(opened(finding, 1), "s2", counters, NOW)
    assert counters.summary(NOW).open["HIGH"] == 2


def test_a_large_batch_is_counted_in_several_transactions(counters: RollupStore, finding: Make) -> None:
    records = [record(place, None, finding(f"f{place}", account=f"{place:012}")) for place in range(1, 151)]
    count(records, "s", counters, NOW)
    count(records, "s", counters, NOW)
    assert counters.summary(NOW).open["HIGH"] == 150
    assert sum(one.findings for one in counters.counts() if one.account) == 150


@pytest.mark.parametrize("severity", [{}, {"severity": None}])
def test_a_poison_record_ends_the_batch_and_those_before_it_count(
    counters: RollupStore, finding: Make, severity: Any
) -> None:
    poison = StreamRecord("3", None, {"id": {"S": "?"}, "account_bucket": {"S": "?"}, **severity})
    records = [*opened(finding, 2), poison, *opened(finding, 2, first=4)]
    assert count(records, "s", counters, NOW) == "3"
    assert counters.summary(NOW).open["HIGH"] == 2
    # Lambda gives up on the poison and goes on after it.
    assert count(records[3:], "s", counters, NOW) is None
    assert counters.summary(NOW).open["HIGH"] == 4


def test_a_refresh_writes_nothing(counters: RollupStore, finding: Make, calls: Any) -> None:
    refreshed = msgspec.structs.replace(finding(), updated_at="2026-11-21T00:00:00.000000Z")
    count([record(1, finding(), refreshed)], "s", counters, NOW)
    assert calls.count("TransactWriteItems") == 0


def test_two_invocations_of_one_shard_do_not_both_count(counters: RollupStore, finding: Make) -> None:
    count(opened(finding, 1), "s", counters, NOW)
    with pytest.raises(StaleCheckpointError):
        counters.count({((*ORGANIZATION_ROLLUP_KEY,), "open#HIGH"): 1}, "s", "", "9", NOW)
    assert counters.summary(NOW).open["HIGH"] == 1


def test_days_that_are_over_leave_the_organizations_item(counters: RollupStore, finding: Make, dynamodb: Any) -> None:
    count(opened(finding, 1), "s", counters, NOW)
    late = datetime(2026, 12, 20, 12, tzinfo=UTC)
    count([record(7, None, finding("late", first_seen="2026-12-20T09:00:00.000000Z"))], "s", counters, late)
    pk, sk = ORGANIZATION_ROLLUP_KEY
    item = dynamodb.get_item(TableName="state", Key={"pk": {"S": pk}, "sk": {"S": sk}})["Item"]
    assert [name for name in item if name.startswith("seen#")] == ["seen#2026-12-20#HIGH"]


def stream_event(finding: Make, **window: Any) -> dict[str, Any]:
    image = {**item_of(finding(), 1), "body": {"B": "YQ=="}}
    change = {"SequenceNumber": "100000000000000000000001", "NewImage": image}
    return {"Records": [{"eventSourceARN": "arn:stream", "dynamodb": change}], **window}


@pytest.mark.parametrize("window", [{}, {"shardId": "shardId-1", "state": {"a": 1}, "window": {}}])
def test_the_handler_counts_with_and_without_a_tumbling_window(
    counters: RollupStore, finding: Make, monkeypatch: pytest.MonkeyPatch, window: Any
) -> None:
    monkeypatch.setattr(rollups, "_store", lambda: counters)
    event = stream_event(finding, **window)
    for _ in range(2):
        assert count_handler(event, None) == {"state": window.get("state", {}), "batchItemFailures": []}
    assert counters.summary(NOW).open["HIGH"] == 1


def test_a_change_that_was_given_up_counts_once_when_it_is_redriven(
    counters: RollupStore, finding: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shard's position has passed it: named with its shard it would be left out without a word."""
    monkeypatch.setattr(rollups, "_store", lambda: counters)
    shard = {"shardId": "shardId-1", "state": {}, "window": {}}
    count(opened(finding, 3, first=200000000000000000000001), "shardId-1", counters, NOW)
    count_handler(stream_event(finding, **shard), None)
    assert counters.summary(NOW).open["HIGH"] == 3
    for _ in range(2):
        assert count_handler(stream_event(finding), None)["batchItemFailures"] == []
        assert counters.summary(NOW).open["HIGH"] == 4


def test_the_end_of_a_window_without_records_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    event = {"Records": [], "state": {}, "shardId": "s", "isFinalInvokeForWindow": True}
    assert count_handler(event, None) == {"state": {}, "batchItemFailures": []}


def test_a_day_of_the_organization_is_kept_for_years(dynamodb: Any, counters: RollupStore, finding: Make) -> None:
    old = finding("old", first_seen="2026-01-02T09:00:00.000000Z")
    closed = msgspec.structs.replace(old, workflow=Workflow.RESOLVED, workflow_at="2026-11-20T09:00:00.000000Z")
    count([record(1, None, old), record(2, old, closed)], "s", counters, NOW)
    kept = {one.day: (one.seen["HIGH"], one.closed["HIGH"]) for one in counters.days("2026-01-01")}
    assert kept == {"2026-01-02": (1, 0), NOW.date().isoformat(): (0, 1)}
    assert [one.day for one in counters.days("2026-01-03")] == [NOW.date().isoformat()]


def test_one_accounts_counters_of_a_day_are_no_others(counters: RollupStore, finding: Make) -> None:
    mine, other = finding("a", account="111122223333"), finding("b", account="444455556666")
    count([record(1, None, mine), record(2, None, other)], "s", counters, NOW)
    day = mine.first_seen[:10]
    assert [(one.account, one.findings) for one in counters.of_account(day, "111122223333")] == [("111122223333", 1)]
