"""Lists: each finding once, newest first, whatever the shards hold."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.asff import finding_of
from contract.clock import iso
from contract.finding import Finding, RecordState, Severity, Workflow
from contract.names import ACCOUNT_INDEX, CONTROL_INDEX, RESOURCE_INDEX, SEVERITY_INDEX
from hub.store.cursor import CursorError, cursor_of, positions_of
from hub.store.findings import FindingQuery, FindingStore
from hub.store.query import plan_of
from tests.asff import passed

Make = Callable[..., Finding]
START = datetime(2026, 11, 20, 9, tzinfo=UTC)
HIGH = FindingQuery(severities=(Severity.HIGH,))


def moment(place: int) -> str:
    return iso(START + timedelta(seconds=place))


def everything(store: FindingStore, query: FindingQuery, limit: int) -> list[Finding]:
    found: list[Finding] = []
    cursor = None
    while True:
        page = store.page(query, cursor, limit)
        assert len(page.findings) <= limit
        found += page.findings
        cursor = page.cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [7, 50, 500])
def test_200_findings_over_the_shards_come_each_once_newest_first(
    store: FindingStore, finding: Make, limit: int
) -> None:
    # Several are of the same moment.
    store.upsert([finding(f"f{place}", first_seen=moment(place // 3)) for place in range(200)])
    found = everything(store, HIGH, limit)
    assert len({one.id for one in found}) == len(found) == 200
    assert [one.first_seen for one in found] == sorted((one.first_seen for one in found), reverse=True)


@pytest.mark.parametrize("limit", [7, 50, 500])
def test_the_oldest_come_first_when_asked_so(store: FindingStore, finding: Make, limit: int) -> None:
    store.upsert([finding(f"f{place}", first_seen=moment(place // 3)) for place in range(200)])
    query = FindingQuery(severities=(Severity.HIGH,), until=moment(49), oldest_first=True)
    found = everything(store, query, limit)
    assert len({one.id for one in found}) == len(found) == 150
    assert [one.first_seen for one in found] == sorted(one.first_seen for one in found)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (FindingQuery(), 60),
        (FindingQuery(severities=(Severity.HIGH, Severity.LOW)), 60),
        (FindingQuery(severities=(Severity.LOW,)), 20),
        (FindingQuery(accounts=("000000000001",)), 15),
        (FindingQuery(accounts=("000000000001",), severities=(Severity.LOW,)), 5),
        (FindingQuery(accounts=tuple(f"{place:012}" for place in range(1, 9))), 45),
        (FindingQuery(detections=("ec2.ssh_open",)), 30),
        (FindingQuery(detections=("ec2.ssh_open",), regions=("eu-west-1",)), 12),
        (FindingQuery(resource="arn:r7"), 6),
        (FindingQuery(actor="alice"), 30),
        (FindingQuery(workflows=(Workflow.NOTIFIED,)), 6),
        (FindingQuery(since=moment(10), until=moment(19)), 10),
        (FindingQuery(severities=(Severity.CRITICAL,)), 0),
    ],
)
def test_filters_pick_what_they_say(store: FindingStore, finding: Make, query: FindingQuery, expected: int) -> None:
    store.upsert(
        finding(
            f"f{place}",
            severity=Severity.LOW if place % 3 == 0 else Severity.HIGH,
            account=f"{place % 4:012}",
            detection="ec2.ssh_open" if place % 2 else "iam.user_created",
            region="eu-west-1" if place % 5 < 2 else "us-east-1",
            resource=f"arn:r{place % 10}",
            actor="alice" if place < 30 else "bob",
            workflow=Workflow.NOTIFIED if place % 10 == 0 else Workflow.NEW,
            first_seen=moment(place),
        )
        for place in range(60)
    )
    found = everything(store, query, 10)
    assert len({one.id for one in found}) == len(found) == expected
    assert all(query.matches(one) for one in found)
    assert [one.first_seen for one in found] == sorted((one.first_seen for one in found), reverse=True)


def test_closed_findings_are_listed_by_the_day_of_their_closing(store: FindingStore, finding: Make) -> None:
    store.upsert([finding("open"), finding("done", workflow=Workflow.RESOLVED, workflow_at=moment(0))])
    assert [one.id for one in everything(store, HIGH, 10)] == ["open"]
    (done,) = everything(store, FindingQuery(closed_on="2026-11-20"), 10)
    assert (done.id, done.status, done.resource) == ("done", "RESOLVED", finding().resource)


def closed(identifier: str, day: int) -> Finding:
    """Return a control's finding that passed on a day of November 2026, of a resource of its own."""
    at = f"2026-11-{day:02}T12:00:00.000000Z"
    return finding_of(passed(identifier, UpdatedAt=at, Resources=[{"Type": "Other", "Id": identifier}]), at)


# The 24th is the day whose findings are due on a Monday.
@pytest.mark.parametrize(("day", "ours"), [(20, {"ours-20"}), (24, {"ours-24"}), (22, set()), (17, set())])
def test_security_hubs_closed_findings_are_listed_on_their_day_though_due_with_their_week(
    store: FindingStore, finding: Make, day: int, ours: set[str]
) -> None:
    theirs = [closed(f"theirs-{place}-{one}", one) for one in range(16, 26) for place in range(3)]
    mine = [
        finding(f"ours-{one}", workflow=Workflow.RESOLVED, workflow_at=f"2026-11-{one}T09:00:00.000000Z")
        for one in (20, 24)
    ]
    store.upsert([*theirs, *mine])
    found = everything(store, FindingQuery(closed_on=f"2026-11-{day}"), 2)
    expected = ours | {one.id for one in theirs if one.resource.endswith(f"-{day}")}
    assert {one.id for one in found} == expected
    assert len(found) == len(expected) == 3 + len(ours)


def test_a_closed_row_says_why_nobody_needs_to_look(store: FindingStore, finding: Make) -> None:
    at = "2026-11-20T09:00:00.000000Z"
    later = "2026-11-20T10:00:00.000000Z"
    reasons: dict[str, dict[str, Any]] = {
        "ARCHIVED": {"superseded_at": later, "superseded_by": "other"},
        "STALE": {"record_state": RecordState.STALE},
        "RESOLVED": {"compliance": "PASSED"},
        "SUPPRESSED": {"workflow": Workflow.SUPPRESSED, "workflow_at": at},
    }
    store.upsert([finding(status, **changes) for status, changes in reasons.items()])
    rows = everything(store, FindingQuery(closed_on="2026-11-20"), 10)
    assert {row.id: row.status for row in rows} == {one: one for one in reasons}


@pytest.mark.parametrize(
    ("query", "index", "buckets"),
    [
        (FindingQuery(), SEVERITY_INDEX, 80),
        (HIGH, SEVERITY_INDEX, 16),
        (FindingQuery(accounts=("1",), severities=(Severity.HIGH,)), ACCOUNT_INDEX, 16),
        (FindingQuery(accounts=tuple("123456")), SEVERITY_INDEX, 80),
        (FindingQuery(detections=("a",)), CONTROL_INDEX, 16),
        (FindingQuery(resource="r", accounts=("1",)), RESOURCE_INDEX, 1),
    ],
)
def test_the_most_selective_index_answers(query: FindingQuery, index: str, buckets: int) -> None:
    plan = plan_of(query)
    assert (plan.index, len(plan.buckets)) == (index, buckets)


def test_a_page_of_50_costs_a_call_per_shard_however_many_there_are(
    store: FindingStore, finding: Make, calls: Any
) -> None:
    store.upsert([finding(f"{place:x}", first_seen=moment(place)) for place in range(400)])
    calls.made.clear()
    page = store.page(HIGH, limit=50)
    assert len(page.findings) == 50
    assert calls.count("Query") <= 18
    assert {params["Limit"] for name, params in calls.made if name == "Query"} == {9}


def test_new_findings_between_two_pages_repeat_and_hide_nothing(store: FindingStore, finding: Make) -> None:
    store.upsert([finding(f"f{place}", first_seen=moment(place)) for place in range(40)])
    first = store.page(HIGH, limit=20)
    store.upsert([finding(f"new{place}", first_seen=moment(100 + place)) for place in range(40)])
    second = store.page(HIGH, first.cursor, limit=20)
    assert {one.id for one in (*first.findings, *second.findings)} == {f"f{place}" for place in range(40)}


@pytest.mark.parametrize("cursor", ["x", "!!!!", "eJw", "ä", "A" * 5000])
def test_a_damaged_cursor_is_refused(store: FindingStore, cursor: str) -> None:
    with pytest.raises(CursorError):
        store.page(HIGH, cursor)


def test_a_cursor_of_another_query_is_refused(store: FindingStore, finding: Make) -> None:
    store.upsert([finding(f"f{place}", first_seen=moment(place)) for place in range(5)])
    cursor = store.page(HIGH, limit=2).cursor
    with pytest.raises(CursorError):
        store.page(FindingQuery(accounts=(finding().account,)), cursor)


POSITIONS = st.one_of(st.none(), st.just(""), st.tuples(st.text(max_size=9), st.text(max_size=9)))


@settings(max_examples=50)
@given(st.lists(POSITIONS, min_size=1, max_size=16))
def test_a_cursor_remembers_each_bucket(positions: list[Any]) -> None:
    cursor = cursor_of(HIGH, positions)
    expected = positions if cursor else [None] * len(positions)
    assert positions_of(HIGH, cursor, len(positions)) == expected
