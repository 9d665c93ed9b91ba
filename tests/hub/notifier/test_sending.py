"""Nothing is lost between queue, outbox, channel and log, wherever the sender dies; nothing is told twice unseen."""

import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools import Logger, Metrics

from contract.clock import iso
from contract.finding import Severity
from hub.channels.channel import ChannelError, PartlyToldError
from hub.notifier.notification import Kind, Notification
from hub.notifier.plan import Batch, Limits
from hub.notifier.routing import Target
from hub.notifier.sending import ATTEMPTS, Sender
from hub.store.outbox import LEASE, LostLeaseError, Outbox
from hub.store.outgoing import Pending

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class KilledError(BaseException):
    """The function is gone: no handler of ours runs any more."""


class World:
    """A clock, a channel, queues; it may kill whatever runs before a certain step."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self.now = NOW
        self.steps = 0
        self.kill_at = 0
        self.refusing: set[str] = set()
        self.partly: set[str] = set()
        self.later: tuple[str, ...] = ()
        self.deadly: set[str] = set()
        self.received: list[tuple[str, tuple[str, ...]]] = []
        self.wakes: list[datetime] = []
        self.dead: list[list[Pending]] = []
        self.stale: set[str] = set()
        self.seconds_left = 100.0
        self.limits = Limits(timedelta(minutes=15), 20)
        self.outbox = Outbox(_Watched(client, self.step), "state")  # type: ignore[arg-type]
        self.channel = self

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.kill_at:
            raise KilledError

    def composed(self, batch: Batch) -> Notification | None:
        names = tuple(one.finding for one in batch.pending if one.finding not in self.stale)
        return (
            Notification(id=batch.id, kind=Kind.ALERT, subject=",".join(names), title="", count=len(names))
            if names
            else None
        )

    def send(self, notification: Notification, _to: str = "") -> None:
        names = tuple(notification.subject.split(","))
        if self.deadly & {*names}:
            raise KilledError
        if self.refusing & {*names}:
            raise ChannelError("the webhook was revoked")
        self.step()
        self.received.append((notification.id, names))
        self.step()
        if self.partly & {*names}:
            raise PartlyToldError("one recipient is not known there", self.later)

    def wake(self, _target: str, after: timedelta) -> None:
        self.step()
        self.wakes.append(self.now + after)

    def bury(self, _target: str, pending: Sequence[Pending]) -> None:
        self.step()
        self.dead.append(list(pending))
        self.step()

    def run(self, holder: str = "one") -> None:
        Sender(
            outbox=self.outbox,
            mouth=lambda _: self,
            queues=self,
            holder=holder,
            clock=lambda: self.now,
            seconds_left=lambda: self.seconds_left,
            logger=Logger(service="test"),
            metrics=Metrics(namespace="test", service="test"),
        ).look_after("email")

    def add(self, *names: str, **changes: Any) -> None:
        for name in names:
            usual: dict[str, Any] = {"finding": name, "detection": "s3.bucket_public", "account": "111122223333"}
            one = Pending(key=f"{name}#opened", at=iso(self.now), **{"severity": Severity.HIGH, **usual, **changes})
            self.outbox.add("email", one, name, "opened")

    def run_to_the_end(self) -> None:
        """Run whenever a wake-up comes, until none does."""
        self.run()
        while self.wakes:
            self.now = max(self.now, min(self.wakes))
            self.wakes = [one for one in self.wakes if one > self.now]
            self.run()

    @property
    def told(self) -> Counter[str]:
        return Counter(name for _, names in self.received for name in names)


class _Watched:
    """A client that steps before and after each call."""

    def __init__(self, client: Any, step: Callable[[], None]) -> None:
        self._client = client
        self._step = step

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if not callable(found) or name in {"exceptions", "get_paginator"}:
            return found

        def called(**arguments: Any) -> Any:
            self._step()
            answer = found(**arguments)
            self._step()
            return answer

        return called


@pytest.fixture
def world(dynamodb: "DynamoDBClient") -> World:
    return World(dynamodb)


def test_what_is_put_in_twice_is_told_once(world: World) -> None:
    world.add("a", "a")
    world.run_to_the_end()
    world.add("a")
    world.run_to_the_end()
    assert world.told == {"a": 1}
    assert world.outbox.waiting("email") == []
    sent = world.outbox.sent("2026-11-20")
    assert [(one.target, one.subject, one.count, one.findings) for one in sent] == [("email", "a", 1, ("a",))]


def test_wherever_the_sender_dies_nothing_is_lost_and_what_comes_twice_has_the_same_id(
    dynamodb: "DynamoDBClient",
) -> None:
    clean = World(dynamodb)
    clean.add("clean-a")
    clean.add("clean-b", detection="iam.access_key_created")
    begun = clean.steps
    clean.run_to_the_end()
    total = clean.steps - begun
    twice = 0
    assert total > 20
    for place in range(1, total + 1):
        world = World(dynamodb)
        world.now = NOW + place * timedelta(hours=2)
        world.add(f"{place}-a")
        world.add(f"{place}-b", detection="iam.access_key_created")
        world.kill_at = world.steps + place
        with pytest.raises(KilledError):
            world.run_to_the_end()
        world.now += LEASE + SECOND
        world.run_to_the_end()
        assert set(world.told) == {f"{place}-a", f"{place}-b"}, place
        ids = {name: {known for known, names in world.received if name in names} for name in world.told}
        assert all(len(one) == 1 for one in ids.values()), place
        twice += max(world.told.values()) - 1
        assert world.outbox.waiting("email") == []
    # Each of the two messages: between the channel's taking and the note of it, before and after either call.
    assert twice == 4


def test_what_some_recipients_have_is_not_sent_again_for_those_who_were_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(Logger, "exception", lambda _, text, **facts: said.append(f"{facts['target']}: {text}"))
    world.partly = {"a"}
    world.add("a")
    world.run_to_the_end()
    assert world.told == {"a": 1}
    assert world.outbox.waiting("email") == []
    assert [one.findings for one in world.outbox.sent("2026-11-20")] == [("a",)]
    assert said == ["email: A channel did not tell everybody"]


def test_what_a_channel_refuses_is_tried_later_and_later_and_then_a_dead_letter(world: World) -> None:
    world.refusing = {"poison"}
    world.add("poison")
    world.add("good", detection="iam.access_key_created")
    world.run_to_the_end()
    assert world.told == {"good": 1}
    assert [[one.finding for one in letter] for letter in world.dead] == [["poison"]]
    # Doubled from a minute to two hours, then every four: a channel may be away for most of a day.
    assert world.now == NOW + timedelta(minutes=sum(2**power for power in range(8)), hours=4 * 4)
    state = world.outbox.states()["email"]
    assert (state.failing_since, state.failure) == (iso(NOW), "the webhook was revoked")


def test_what_kills_the_sender_each_time_comes_to_an_end_and_blocks_nobody(world: World) -> None:
    world.deadly = {"poison"}
    world.add("poison", severity=Severity.CRITICAL)
    for place in range(ATTEMPTS + 3):
        world.add(f"good-{place}", detection=f"iam.detection_{place}")
        with contextlib.suppress(KilledError):
            world.run_to_the_end()
        world.now += timedelta(hours=5)
        world.wakes = []
    world.run_to_the_end()
    assert [[one.finding for one in letter] for letter in world.dead] == [["poison"]]
    assert set(world.told) == {f"good-{place}" for place in range(ATTEMPTS + 3)}
    assert world.outbox.waiting("email") == []


def test_who_was_refused_for_now_is_told_alone_later(world: World) -> None:
    world.partly = {"a"}
    world.later = ("greylisted@example.com",)
    world.add("a")
    world.run_to_the_end()
    (alone,) = world.outbox.waiting("email/greylisted@example.com")
    assert (alone.finding, alone.message, alone.not_before) == ("a", "", iso(NOW + timedelta(minutes=5)))
    assert world.outbox.states()["email"].failure == "one recipient is not known there"


def test_a_target_that_fails_is_forgiven_unless_somebody_looks_after_it(world: World) -> None:
    world.refusing = {"a"}
    world.add("a")
    world.run()
    held = world.outbox.lease("email", "other", world.now)
    assert held
    assert not world.outbox.forgive("email", "me", world.now)
    assert world.outbox.states()["email"].failing_since
    again = world.outbox.release(held, held.state)
    assert again, "somebody asked meanwhile"
    assert world.outbox.release(again, again.state) is None
    assert world.outbox.forgive("email", "me", world.now)
    assert not world.outbox.states()["email"].failing_since


def test_a_channel_that_recovers_is_well_again(world: World) -> None:
    world.refusing = {"a"}
    world.add("a")
    world.run()
    assert world.outbox.states()["email"].failing_since == iso(NOW)
    world.refusing = set()
    world.run_to_the_end()
    state = world.outbox.states()["email"]
    assert (world.told, state.failing_since, state.failure) == ({"a": 1}, "", "")
    assert state.last_sent_at == iso(NOW + timedelta(minutes=1))


def test_dead_letters_that_come_back_are_merged_and_told_unless_they_were(world: World) -> None:
    world.refusing = {"a", "b"}
    world.add("a")
    world.run_to_the_end()
    world.add("b")
    world.run_to_the_end()
    world.refusing = set()
    letters = [one for letter in world.dead for one in letter]
    for _ in range(2):
        world.now += timedelta(hours=1)
        _put_back(world, letters)
        world.run_to_the_end()
    assert [names for _, names in world.received] == [("a", "b")]


def test_a_letter_of_what_was_sent_after_all_is_dropped(world: World) -> None:
    world.add("a")
    world.run_to_the_end()
    [sent] = world.outbox.sent("2026-11-20")
    letter = Pending(key="a#opened", finding="a", at=iso(NOW), message=sent.id)
    _put_back(world, [letter])
    world.run_to_the_end()
    assert world.told == {"a": 1}


def test_what_is_no_news_any_more_is_not_told(world: World) -> None:
    world.stale = {"a"}
    world.add("a")
    world.run_to_the_end()
    assert (world.told, world.outbox.waiting("email")) == ({}, [])


def test_two_at_once_do_not_tell_twice_and_what_comes_meanwhile_is_told_at_the_end(world: World) -> None:
    world.add("a")
    lease = world.outbox.lease("email", "other", world.now)
    assert lease
    world.run("second")
    assert world.told == {}
    held = world.outbox.release(lease, lease.state)
    assert held is not None, "somebody asked meanwhile: the holder has to look once more"
    assert world.outbox.release(held, held.state) is None
    world.run("second")
    assert world.told == {"a": 1}


def test_who_lost_the_lease_stops(world: World) -> None:
    lease = world.outbox.lease("email", "slow", world.now)
    assert lease
    world.now += LEASE + SECOND
    assert world.outbox.lease("email", "other", world.now)
    with pytest.raises(LostLeaseError):
        world.outbox.save(lease, lease.state)
    with pytest.raises(LostLeaseError):
        world.outbox.release(lease, lease.state)


def test_a_sender_without_time_leaves_the_rest_to_the_next(world: World) -> None:
    world.add("a")
    world.seconds_left = 20
    world.run()
    assert (world.told, world.wakes) == ({}, [NOW])
    world.seconds_left = 100
    world.run_to_the_end()
    assert world.told == {"a": 1}


def test_a_target_is_a_channel_or_one_address_of_it() -> None:
    assert Target.parsed(str(Target("email", "payments@example.com"))) == Target("email", "payments@example.com")
    assert Target.parsed("slack") == Target("slack")


def _put_back(world: World, pending: list[Pending]) -> None:
    Sender(
        outbox=world.outbox,
        mouth=lambda _: world,
        queues=world,
        holder="redrive",
        clock=lambda: world.now,
        seconds_left=lambda: 100.0,
        logger=Logger(service="test"),
        metrics=Metrics(namespace="test", service="test"),
    ).put_back("email", pending)
