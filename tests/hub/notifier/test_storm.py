"""10,000 findings in a minute in 200 accounts: few messages, nothing lost, whoever dies and whatever comes twice."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from aws_lambda_powertools import Logger, Metrics

from contract.finding import Finding, Severity
from hub.channels.channel import ChannelError
from hub.channels.settings import ChannelSettings, Email, Sns
from hub.notifier import handler
from hub.notifier.handler import Notifier
from hub.notifier.notice import Notice
from hub.notifier.notification import Kind, Notification
from hub.notifier.plan import Batch, Limits
from hub.notifier.routing import Escalation, Route, Routing
from hub.notifier.sending import Sender
from hub.store.accounts import Account
from hub.store.outbox import Lease, Sent
from hub.store.outgoing import Pending, TargetState, Transition

BEGIN = datetime(2026, 11, 20, 9, tzinfo=UTC)
FINDINGS, ACCOUNTS, DETECTIONS = 10_000, 200, 12
LIMITS = Limits(timedelta(minutes=15), 20)
CHANNELS: dict[str, ChannelSettings] = {
    "email": Email(name="email", sender="m@example.com", recipients=("a@example.com",)),
    "critical-alerts": Sns(name="critical-alerts", topic_arn="arn", minimum_severity=Severity.INFORMATIONAL),
}
ROUTING = Routing(
    routes=(Route(name="all", channels=("email",)),), escalation=Escalation(channels=("critical-alerts",))
)


class KilledError(BaseException):
    """The function is gone."""


class MemoryOutbox:
    """As `hub.store.outbox.Outbox` (whose own tests run on a table), for thousands at once."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Pending]] = {}
        self.ledger: set[tuple[str, str, str]] = set()
        self.states: dict[str, TargetState] = {}
        self.sent: dict[str, Sent] = {}

    def add(self, target: str, pending: Pending, finding: str, occurrence: str) -> bool:
        if (finding, occurrence, target) in self.ledger:
            return False
        self.ledger.add((finding, occurrence, target))
        self.put(target, [pending])
        return True

    def put(self, target: str, pending: Iterable[Pending]) -> None:
        self.items.setdefault(target, {}).update({one.key: one for one in pending})

    def waiting(self, target: str) -> list[Pending]:
        return sorted(self.items.get(target, {}).values(), key=lambda one: one.key)

    def remove(self, target: str, pending: Sequence[Pending]) -> None:
        for one in pending:
            self.items.get(target, {}).pop(one.key, None)

    def lease(self, target: str, holder: str, _now: datetime) -> Lease:
        return Lease(target, holder, 0, self.states.get(target, TargetState()))

    def save(self, lease: Lease, state: TargetState) -> None:
        self.states[lease.target] = state

    def release(self, lease: Lease, state: TargetState) -> None:
        self.states[lease.target] = state

    def log(self, sent: Sent) -> None:
        self.sent[sent.id] = sent

    def is_sent(self, message: str) -> bool:
        return message in self.sent


class Storm:
    """The notifier, the sender, their queues and a clock; it kills, and brings things twice, by a seed."""

    def __init__(self, seed: int, finding: Callable[..., Finding]) -> None:
        self.random = random.Random(seed)
        self.now = BEGIN
        self.outbox = MemoryOutbox()
        self.wakes: list[tuple[datetime, str]] = []
        self.messages: list[tuple[datetime, str, Notification, Batch]] = []
        self.dead: list[Pending] = []
        self.kills = 0
        self.limits = LIMITS
        self.channel = self
        self.batch: Batch | None = None
        self.target = ""
        made = [
            finding(
                f"{number:05}",
                account=f"{number % ACCOUNTS:012}",
                detection=f"detection.{number % DETECTIONS}",
                severity=Severity.CRITICAL if number % 500 == 7 else Severity.HIGH,
            )
            for number in range(FINDINGS)
        ]
        twice = self.random.sample(made, 1_000)
        self.notices = [Notice(one, Transition.OPENED) for one in [*made, *twice]]
        self.random.shuffle(self.notices)
        self.notifier = Notifier(
            self.outbox,  # type: ignore[arg-type]
            ROUTING,
            CHANNELS,
            lambda account: Account(id=account, name=account),
            clock=lambda: self.now,
            has_predecessor=lambda _: False,
            is_accepted=lambda _: False,
        )

    def composed(self, batch: Batch) -> Notification:
        self.batch = batch
        return Notification(id=batch.id, kind=batch.kind, subject=str(len(batch.pending)), title="")

    def send(self, notification: Notification, _to: str = "") -> None:
        self._perhaps_dies()
        if self.random.random() < 0.05:
            raise ChannelError("a moment of trouble")
        assert self.batch
        self.messages.append((self.now, self.target, notification, self.batch))
        self._perhaps_dies()

    def wake(self, target: str, after: timedelta) -> None:
        self.wakes.append((self.now + after, target))

    def bury(self, _target: str, pending: Sequence[Pending]) -> None:
        self.dead += pending

    def _perhaps_dies(self) -> None:
        if self.random.random() < 0.03:
            self.kills += 1
            raise KilledError

    def look_after(self, target: str) -> None:
        self.target = target
        try:
            Sender(
                outbox=self.outbox,  # type: ignore[arg-type]
                mouth=lambda _: self,
                queues=self,
                holder="one",
                clock=lambda: self.now,
                seconds_left=lambda: 100.0,
                logger=Logger(service="test", level="CRITICAL"),
                metrics=Metrics(namespace="test", service="test"),
            ).look_after(target)
        except KilledError:
            self.wakes.append((self.now + timedelta(minutes=12), target))

    def run(self) -> None:
        """Let all findings come within a minute, then everything that follows from them."""
        for number, notice in enumerate(self.notices):
            self.now = BEGIN + timedelta(minutes=1) * number / len(self.notices)
            woken = self.notifier.notify(notice)
            handler.metrics.clear_metrics()
            if number % 100 == 0:
                for target in woken:
                    self.look_after(str(target))
        for target in ("email", "critical-alerts"):
            self.wake(target, timedelta())
        while self.wakes:
            self.wakes.sort()
            at, target = self.wakes.pop(0)
            self.now = max(self.now, at)
            self.wakes = [one for one in self.wakes if one != (at, target)]
            self.look_after(target)
            assert self.now < BEGIN + timedelta(days=1)


@pytest.mark.parametrize("seed", [1, 2])
def test_ten_thousand_findings_in_a_minute_are_few_messages_and_none_is_lost(
    seed: int, finding: Callable[..., Finding]
) -> None:
    storm = Storm(seed, finding)
    storm.run()
    assert storm.kills > 0
    assert storm.dead == []
    by_id = {notification.id: batch for _, target, notification, batch in storm.messages if target == "email"}
    told = Counter(one.finding for batch in by_id.values() for one in batch.pending)
    assert len(told) == FINDINGS
    assert set(told.values()) == {1}
    # What was sent again after a kill has the id of the first time, so that it is known as the same.
    for start, target, _, _ in storm.messages:
        hour = {
            one.id for at, to, one, _ in storm.messages if to == target and start <= at < start + timedelta(hours=1)
        }
        assert len(hour) <= LIMITS.cap + storm.kills
    kinds = Counter(batch.kind for batch in by_id.values())
    assert kinds[Kind.SUMMARY] >= 1
    assert sum(kinds.values()) <= 3 * LIMITS.cap
    summary = max(by_id.values(), key=lambda one: len(one.pending))
    assert len(summary.pending) > FINDINGS * 0.9


def test_the_worst_escalate_once_and_are_told_beside_the_storm(finding: Callable[..., Finding]) -> None:
    storm = Storm(3, finding)
    storm.run()
    critical = {notice.finding.id for notice in storm.notices if notice.finding.severity is Severity.CRITICAL}
    batches = {one.id: batch for _, target, one, batch in storm.messages if target == "critical-alerts"}
    told = Counter((one.finding, one.transition) for batch in batches.values() for one in batch.pending)
    assert set(told) == {(one, kind) for one in critical for kind in (Transition.OPENED, Transition.ESCALATED)}
    assert set(told.values()) == {1}
