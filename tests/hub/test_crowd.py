"""Events are counted by account and day, and written seldom."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from hub.crowd import Tally
from hub.store.event_counts import DayOfEvents, EventCountStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PAYMENTS, SANDBOX = "111122223333", "444455556666"


class Writes:
    def __init__(self) -> None:
        self.made: list[tuple[dict[str, int], list[int]]] = []
        self.failing = False
        self.units = 1.0

    def __call__(self, counts: Mapping[str, int], late: Sequence[int], _now: datetime) -> float:
        if self.failing:
            raise ConnectionError
        self.made.append((dict(counts), list(late)))
        return self.units


def event(account: str, seconds_ago: int = 30) -> str:
    time = (NOW - timedelta(seconds=seconds_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps({"source": "aws.iam", "account": account, "time": time, "detail": {"account": "999999999999"}})


def test_the_first_events_are_written_at_once_and_the_next_ones_together() -> None:
    writes = Writes()
    tally = Tally(writes)
    tally.count([event(PAYMENTS), event(PAYMENTS), event(SANDBOX)], NOW)
    assert writes.made == [({PAYMENTS: 2, SANDBOX: 1}, [30])]
    tally.count([event(PAYMENTS)], NOW + timedelta(seconds=1))
    tally.count([event(SANDBOX)], NOW + timedelta(seconds=2))
    assert len(writes.made) == 1
    tally.count([event(SANDBOX)], NOW + timedelta(seconds=3))
    assert writes.made[1] == ({PAYMENTS: 1, SANDBOX: 2}, [31, 32, 33])


def test_the_more_a_write_costs_the_longer_it_is_waited_for() -> None:
    writes = Writes()
    writes.units = 20
    tally = Tally(writes)
    for second in range(120):
        tally.count([event(PAYMENTS)], NOW + timedelta(seconds=second))
    assert [counts[PAYMENTS] for counts, _ in writes.made] == [1, 60]


def test_what_could_not_be_written_is_written_the_next_time() -> None:
    writes = Writes()
    tally = Tally(writes)
    writes.failing = True
    with pytest.raises(ConnectionError):
        tally.count([event(PAYMENTS)], NOW)
    writes.failing = False
    tally.count([event(PAYMENTS)], NOW + timedelta(seconds=1))
    tally.count([event(PAYMENTS)], NOW + timedelta(seconds=4))
    assert [counts for counts, _ in writes.made] == [{PAYMENTS: 3}]


def test_what_is_no_event_counts_nowhere() -> None:
    writes = Writes()
    Tally(writes).count(["", "no json", '{"account": "12"}', '{"time": "soon"}'], NOW)
    assert writes.made == []


def test_days_hold_what_several_functions_wrote(dynamodb: "DynamoDBClient") -> None:
    store = EventCountStore(dynamodb, "state")
    store.add({PAYMENTS: 2}, [10, 20], NOW)
    store.add({PAYMENTS: 1, SANDBOX: 5}, [60], NOW)
    store.add({SANDBOX: 7}, [], NOW + timedelta(days=1))
    assert store.days(["2026-11-19", "2026-11-20", "2026-11-21"]) == [
        DayOfEvents("2026-11-20", {PAYMENTS: 3, SANDBOX: 5}, 30.0),
        DayOfEvents("2026-11-21", {SANDBOX: 7}, None),
    ]


def test_more_accounts_than_an_expression_takes_are_counted_too(dynamodb: "DynamoDBClient") -> None:
    store = EventCountStore(dynamodb, "state")
    many = {f"{number:012}": number for number in range(1, 251)}
    store.add(many, [1], NOW)
    assert store.days(["2026-11-20"]) == [DayOfEvents("2026-11-20", many, 1.0)]
