"""Which messages a target gets: the first at once, the rest merged, storms as one summary, never more than the cap."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.clock import iso
from contract.finding import Severity
from hub.notifier.notification import Kind
from hub.notifier.plan import Limits, Plan, plan
from hub.store.outgoing import Pending, TargetState

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
LIMITS = Limits(timedelta(minutes=15), 20)
MINUTE = timedelta(minutes=1)


def pending(
    key: str, account: str = "111122223333", severity: Severity = Severity.HIGH, at: datetime = NOW, **changes: object
) -> Pending:
    usual = {"finding": key, "detection": "s3.bucket_public", "account": account, "severity": severity, "at": iso(at)}
    return Pending(key=f"{key}#opened", **{**usual, **changes})  # type: ignore[arg-type]


def planned(waiting: list[Pending], state: TargetState | None = None, at: datetime = NOW) -> Plan:
    return plan("email", waiting, state or TargetState(), LIMITS, at)


def told(made: Plan) -> list[list[str]]:
    return [[one.finding for one in batch.pending] for batch in made.batches]


def test_the_first_goes_at_once_and_the_next_ones_together_when_the_window_ends() -> None:
    first = planned([pending("a")])
    assert told(first) == [["a"]]
    followers = [pending("b", at=NOW + MINUTE), pending("c", at=NOW + 2 * MINUTE)]
    held = planned(followers, first.state, NOW + 3 * MINUTE)
    assert told(held) == []
    assert held.wake_at == NOW + 15 * MINUTE
    merged = planned(followers, held.state, NOW + 15 * MINUTE)
    assert told(merged) == [["b", "c"]]
    again = planned([pending("d")], merged.state, NOW + 16 * MINUTE)
    assert told(again) == []


def test_another_account_or_detection_waits_for_nobody() -> None:
    first = planned([pending("a")])
    others = [pending("b", account="444455556666"), pending("c", detection="iam.access_key_created")]
    assert told(planned(others, first.state, NOW + MINUTE)) == [["b"], ["c"]]


def test_a_worse_finding_of_the_same_kind_goes_at_once() -> None:
    first = planned([pending("a", severity=Severity.MEDIUM)])
    worse = planned([pending("b", severity=Severity.CRITICAL)], first.state, NOW + MINUTE)
    assert told(worse) == [["b"]]
    assert told(planned([pending("c")], worse.state, NOW + 2 * MINUTE)) == []


def test_a_storm_gives_the_worst_alerts_and_one_summary_of_the_rest() -> None:
    accounts = [f"{number:012}" for number in range(200)]
    storm = [
        pending(f"{account}-{number}", account, Severity.CRITICAL if account == accounts[7] else Severity.HIGH)
        for account in accounts
        for number in range(50)
    ]
    first = planned(storm)
    assert len(first.batches) == LIMITS.alerts == 16
    assert first.batches[0].pending[0].severity is Severity.CRITICAL
    assert first.wake_at == NOW + LIMITS.window
    rest = [one for one in storm if all(one not in batch.pending for batch in first.batches)]
    summary = planned(rest, first.state, NOW + LIMITS.window)
    assert [batch.kind for batch in summary.batches] == [Kind.SUMMARY]
    assert sorted(told(summary)[0]) == sorted(one.finding for one in rest)
    assert summary.state.overflow_since == ""


def test_what_was_taken_up_goes_again_as_it_was_and_takes_its_place_in_the_hour() -> None:
    made = planned([pending("a"), pending("b")])
    marked = [msgspec.structs.replace(one, message=made.batches[0].id) for one in made.batches[0].pending]
    again = planned([*marked, pending("c")], TargetState(), NOW + MINUTE)
    assert told(again) == [["a", "b"]]
    assert again.batches[0].id == made.batches[0].id
    assert again.batches[0].is_again
    assert [one.id for one in again.state.posts] == [made.batches[0].id]
    assert again.wake_at == NOW + MINUTE + LIMITS.window


def test_what_is_to_wait_waits() -> None:
    late = pending("a", not_before=iso(NOW + timedelta(minutes=30)))
    assert told(planned([late])) == []
    assert planned([late]).wake_at == NOW + timedelta(minutes=30)
    assert told(planned([late], at=NOW + timedelta(minutes=30))) == [["a"]]


def test_digests_take_no_place_of_alerts() -> None:
    digest = Pending(key="digest#all#2026-11-20", at=iso(NOW), digest={"new": 3})
    made = planned([digest, pending("a")])
    assert [batch.kind for batch in made.batches] == [Kind.DIGEST, Kind.ALERT]
    assert len(made.state.posts) == 1


def test_a_channel_for_programs_hears_of_all_at_once() -> None:
    limits = Limits(timedelta(minutes=15), 10, is_merging=False)
    made = plan("bus", [pending(str(number)) for number in range(25)], TargetState(), limits, NOW)
    assert [len(batch.pending) for batch in made.batches] == [10, 10, 5]
    assert (made.state, made.wake_at) == (TargetState(), None)


@pytest.mark.parametrize("minutes", [1, 7, 60])
def test_alerts_leave_room_for_a_summary_at_the_end_of_every_window(minutes: int) -> None:
    limits = Limits(timedelta(minutes=minutes), 20)
    assert limits.alerts == max(10, 20 - -(-60 // minutes))


ARRIVALS = st.lists(
    st.tuples(st.integers(0, 240), st.integers(0, 30), st.sampled_from(Severity)), min_size=1, max_size=200
)


@settings(max_examples=60, deadline=None)
@given(ARRIVALS, st.integers(1, 60), st.integers(5, 30))
def test_every_finding_is_told_once_and_no_hour_has_more_messages_than_the_cap(
    arrivals: list[tuple[int, int, Severity]], minutes: int, cap: int
) -> None:
    limits = Limits(timedelta(minutes=minutes), cap)
    moments = {NOW + minute * MINUTE for minute, _, _ in arrivals}
    coming = [
        pending(str(number), f"{account:012}", severity, NOW + minute * MINUTE)
        for number, (minute, account, severity) in enumerate(arrivals)
    ]
    state, waiting, sent, at = TargetState(), list[Pending](), list[tuple[datetime, list[str]]](), NOW
    while moments:
        at = min(moments)
        moments.discard(at)
        waiting += [one for one in coming if one.at == iso(at)]
        made = plan("email", waiting, state, limits, at)
        state = made.state
        for batch in made.batches:
            sent.append((at, [one.finding for one in batch.pending]))
            waiting = [one for one in waiting if one not in batch.pending]
        moments |= {made.wake_at} if made.wake_at else set()
        assert not waiting or made.wake_at is None or made.wake_at > at
    assert sorted(one for _, names in sent for one in names) == sorted(one.finding for one in coming)
    for moment, _ in sent:
        hour = [one for one, _ in sent if moment <= one < moment + timedelta(hours=1)]
        assert len(hour) <= cap
