"""Counters beside the findings: drift is found, told and mended, what is only on its way is left alone."""

import contextlib
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.finding import Finding, Severity, Workflow
from hub import recount as module
from hub.recount import Recount, by_counter, counter_of, recount_handler
from hub.rollups import count
from hub.store.findings import FindingStore
from hub.store.items import item_of
from hub.store.recount import Counted, OpenFindings
from hub.store.rollups import RollupStore, open_counter
from hub.store.schema import FINDINGS, STATE, definition
from hub.store.suspicions import SuspicionStore
from hub.streams import StreamRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Make = Callable[..., Finding]
NIGHT = datetime(2026, 11, 21, 2, tzinfo=UTC)
HALF_PAST = NIGHT + timedelta(minutes=30)
ACCOUNT = Counted(account="111122223333", severity="HIGH")
CONTROL = Counted(control="iam.access_key_created")


@pytest.fixture
def counters(dynamodb: "DynamoDBClient") -> RollupStore:
    return RollupStore(dynamodb, "state", sleep=lambda _: None)


@pytest.fixture
def recount(dynamodb: "DynamoDBClient", counters: RollupStore) -> Recount:
    return Recount(OpenFindings(dynamodb, "findings"), counters, SuspicionStore(dynamodb, "state"))


@pytest.fixture
def drift(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    told: list[float] = []

    def add(name: str, unit: Any, value: float) -> None:
        told.extend([value] * (name == "RollupDrift" and bool(unit)))

    monkeypatch.setattr(module.metrics, "add_metric", add)
    return told


def stored(store: FindingStore, *findings: Finding) -> list[StreamRecord]:
    """Store findings and return the records of the stream that tell of it."""
    return [
        StreamRecord(f"{int(change.after.id[1:]):04}", None, item_of(change.after, 1))
        for change in store.upsert(findings)
    ]


def said(counters: RollupStore, *counted: Counted) -> list[int]:
    return [counters.value(counter_of(one)) for one in counted]


def test_findings_are_counted_by_account_and_severity_and_by_control(
    dynamodb: "DynamoDBClient", store: FindingStore, finding: Make
) -> None:
    closed = {"workflow": Workflow.RESOLVED, "workflow_at": "2026-11-20T10:00:00.000000Z"}
    stored(store, *(finding(f"f{place}") for place in range(40)))
    stored(store, finding("f90", severity=Severity.LOW, account="444455556666"), finding("f91", **closed))
    findings = OpenFindings(dynamodb, "findings")
    expected = {ACCOUNT: 40, Counted(account="444455556666", severity="LOW"): 1, CONTROL: 41}
    assert findings.count_all() == expected
    assert {one: findings.count(one) for one in expected} == expected


def test_counters_that_are_right_are_left_alone(
    store: FindingStore, counters: RollupStore, recount: Recount, finding: Make, drift: list[float]
) -> None:
    count(stored(store, finding("f1"), finding("f2")), "s", counters, NIGHT)
    assert recount.run(NIGHT) == recount.run(HALF_PAST) == {"mended": 0, "suspect": 0}
    assert drift == [0, 0]


def test_what_differs_twice_is_mended_and_told(
    store: FindingStore, counters: RollupStore, recount: Recount, finding: Make, drift: list[float]
) -> None:
    count(stored(store, finding("f1")), "s", counters, NIGHT)
    stored(store, finding("f2"))
    assert recount.run(NIGHT) == {"mended": 0, "suspect": 2}
    assert recount.run(HALF_PAST) == {"mended": 2, "suspect": 0}
    assert said(counters, ACCOUNT, CONTROL) == [2, 2]
    assert counters.summary(NIGHT).open["HIGH"] == 2
    assert drift == [0, 3]


def test_what_the_stream_brings_between_two_runs_was_no_drift(
    store: FindingStore, counters: RollupStore, recount: Recount, finding: Make, drift: list[float]
) -> None:
    late = stored(store, finding("f1"))
    assert recount.run(NIGHT)["suspect"] == 2
    count(late, "s", counters, NIGHT)
    assert recount.run(HALF_PAST) == {"mended": 0, "suspect": 0}
    assert said(counters, ACCOUNT, CONTROL) == [1, 1]
    assert drift == [0, 0]


def test_two_runs_close_to_each_other_are_one(
    store: FindingStore, counters: RollupStore, recount: Recount, finding: Make, drift: list[float]
) -> None:
    stored(store, finding("f1"))
    for minutes in (0, 5, 10):
        assert recount.run(NIGHT + timedelta(minutes=minutes)) == {"mended": 0, "suspect": 2}
    assert recount.run(HALF_PAST)["mended"] == 2
    assert said(counters, ACCOUNT) == [1]
    assert drift == [0, 0, 0, 3]


def test_a_counter_of_findings_that_are_gone_goes_back_to_zero(
    counters: RollupStore, recount: Recount, finding: Make
) -> None:
    count([StreamRecord("1", None, item_of(finding("f1"), 1))], "s", counters, NIGHT)
    recount.run(NIGHT)
    recount.run(HALF_PAST)
    assert by_counter(counters.counts()) == {}
    assert counters.open_now()["HIGH"] == 0


def test_a_counter_that_moves_while_it_is_counted_is_left_to_the_next_night(
    dynamodb: "DynamoDBClient", store: FindingStore, counters: RollupStore, finding: Make
) -> None:
    class Moving(OpenFindings):
        def count(self, what: Counted) -> int:
            counter, now = counter_of(what), counters.value(counter_of(what))
            assert counters.is_corrected(counter, now, now + 1)
            return super().count(what)

    stored(store, finding("f1"))
    moving = Recount(Moving(dynamodb, "findings"), counters, SuspicionStore(dynamodb, "state"))
    assert moving.run(NIGHT) == {"mended": 0, "suspect": 0}


def test_the_organizations_counter_follows_the_accounts(
    store: FindingStore, counters: RollupStore, recount: Recount, finding: Make, drift: list[float]
) -> None:
    count(stored(store, finding("f1")), "s", counters, NIGHT)
    assert counters.is_corrected(open_counter("HIGH"), 1, 5)
    recount.run(NIGHT)
    assert counters.open_now()["HIGH"] == 1
    assert drift == [4]


def test_the_handler_reads_its_environment(
    store: FindingStore, finding: Make, monkeypatch: pytest.MonkeyPatch, aws: Callable[[str], Any]
) -> None:
    monkeypatch.setenv("FINDINGS_TABLE", "findings")
    monkeypatch.setenv("STATE_TABLE", "state")
    monkeypatch.setattr(module, "aws_client", aws)
    stored(store, finding("f1"))
    assert recount_handler({}, None) == {"mended": 0, "suspect": 2}


class KilledError(Exception):
    """The function's time is over."""


class Dying:
    """A client whose caller is killed, by chance, right before or right after a transaction."""

    def __init__(self, client: "DynamoDBClient", chance: random.Random) -> None:
        self._client = client
        self._chance = chance

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **request: Any) -> None:
        moment = self._chance.choice(["before", "after", "never", "never"])
        if moment == "before":
            raise KilledError
        self._client.transact_write_items(**request)
        if moment == "after":
            raise KilledError


DEEDS = st.tuples(st.integers(1, 6), st.sampled_from(["open", "resolve", "worsen", "expire"]))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(DEEDS, min_size=1, max_size=25), st.integers(0, 9_999))
def test_counters_equal_a_recount_after_any_kills_and_redeliveries(
    aws: Callable[[str], Any], finding: Make, deeds: list[tuple[int, str]], seed: int
) -> None:
    client, chance = aws("dynamodb"), random.Random(seed)
    for name, table in (("f", FINDINGS), ("s", STATE)):
        client.create_table(TableName=name, **definition(table))
    try:
        shards: tuple[list[StreamRecord], ...] = ([], [])
        for place, (number, deed) in enumerate(deeds):
            shards[number % 2].extend(done(client, finding, number, deed, place))
        dying = RollupStore(Dying(client, chance), "s", sleep=lambda _: None)  # type: ignore[arg-type] # a fake
        for name, records in zip("ab", shards, strict=True):
            deliver(records, name, dying, chance)
        assert by_counter(RollupStore(client, "s").counts()) == OpenFindings(client, "f").count_all()
    finally:
        for name in "fs":
            client.delete_table(TableName=name)


def done(client: "DynamoDBClient", finding: Make, number: int, deed: str, place: int) -> list[StreamRecord]:
    """Do something to a finding; return the record of the stream, if anything changed."""
    stored, at = FindingStore(client, "f"), f"2026-11-20T10:00:{place:02}.000000Z"
    before = stored.get(f"f{number}")
    if deed == "expire":
        client.delete_item(TableName="f", Key={"id": {"S": f"f{number}"}})
        after = None
    else:
        workflow = {"workflow": Workflow.RESOLVED, "workflow_at": at} if deed == "resolve" else {}
        severity = Severity.CRITICAL if deed == "worsen" else Severity.HIGH
        stored.upsert([finding(f"f{number}", severity=severity, updated_at=at, **workflow)])
        after = stored.get(f"f{number}")
    if before == after:
        return []
    return [StreamRecord(f"{place:04}", before and item_of(before, 1), after and item_of(after, 2))]


def deliver(records: list[StreamRecord], shard: str, counters: RollupStore, chance: random.Random) -> None:
    """Deliver records as Lambda does: in batches, each again until it succeeds, and at times once more."""
    while records:
        size = chance.randint(1, 4)
        batch, records = records[:size], records[size:]
        is_done = False
        while not is_done or chance.random() < 0.3:
            with contextlib.suppress(KilledError):
                count(batch, shard, counters, NIGHT)
                is_done = True
