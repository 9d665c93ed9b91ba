"""Brings what waits for a target to its channel: planned, marked, sent, noted, removed, in this order.

Killed between any two steps, the next run goes on: what was marked goes again under the same message id, so that only
a kill between a channel's taking and our noting it, or a channel's answer that is lost, sends anything twice,
recognisably (ADR 41).
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.clock import iso
from hub.channels.channel import Channel, ChannelError, PartlyToldError
from hub.notifier.notification import Notification
from hub.notifier.plan import Batch, Limits, plan
from hub.notifier.routing import Target
from hub.store.outbox import Lease, Outbox, Sent
from hub.store.outgoing import Pending, TargetState

# A finding's transitions are noted by id in the log; a storm's are counted.
_NAMED = 20
# What one message may take: compose, send (SMTP most of all), note.
_SECONDS_OF_A_MESSAGE = 75
# SQS delays a message by at most fifteen minutes; whoever wakes earlier goes to sleep again.
_LONGEST_WAKE = timedelta(minutes=15)
# Tried again after 1, 2, 4 … minutes, at last every four hours: a day's outage of a channel needs nobody's hand.
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=4)
ATTEMPTS = 13
# Whom a server refused for now (greylisting) is asked again then.
_LATER = timedelta(minutes=5)
_ENDLESS = "the function ended before the channel answered"


class Mouth(Protocol):
    """A target as the sender sees it: how much it hears, how a message is made for it, who takes it."""

    @property
    def limits(self) -> Limits:
        """How much the target hears."""

    def composed(self, batch: Batch) -> Notification | None:
        """Return the notification of a batch; None when nothing of it is still worth telling."""

    @property
    def channel(self) -> Channel:
        """The channel that takes it."""


class Queues(Protocol):
    """The queues of a channel."""

    def wake(self, target: str, after: timedelta) -> None:
        """Have somebody look after the target again, after at most fifteen minutes."""

    def bury(self, target: str, pending: Sequence[Pending]) -> None:
        """Put what failed to the end among the dead letters."""


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Looks after targets. `holder` names this run; `seconds_left` is the time that the function still has."""

    outbox: Outbox
    mouth: Callable[[Target], Mouth]
    queues: Queues
    holder: str
    clock: Callable[[], datetime]
    seconds_left: Callable[[], float]
    logger: Logger
    metrics: Metrics

    def look_after(self, target: str) -> None:
        """Send what a target should get now, and see to it that somebody comes for the rest."""
        lease = self.outbox.lease(target, self.holder, self.clock())
        while lease:
            state = self._sent(lease)
            lease = self.outbox.release(lease, state)

    def put_back(self, target: str, pending: Sequence[Pending]) -> None:
        """Take what comes back from the dead letters as if it had never been tried, each letter once.

        What was sent after all stays where it is: the sender died between burying and forgetting it.
        """
        sent = {one for one in {each.message for each in pending} if one and self.outbox.is_sent(one)}
        for one in pending:
            if one.message not in sent:
                fresh = msgspec.structs.replace(one, message="", kind="", attempts=0, not_before="")
                self.outbox.add(target, fresh, one.finding or one.key, f"redriven@{one.message}")

    def _sent(self, lease: Lease) -> TargetState:
        """Send what is due and return what is to be remembered."""
        now, mouth = self.clock(), self.mouth(Target.parsed(lease.target))
        waiting = self.outbox.waiting(lease.target)
        made = plan(lease.target, waiting, lease.state, mouth.limits, now)
        self.outbox.put(lease.target, [one for batch in made.batches for one in batch.marked if one.attempts == 0])
        self.outbox.save(lease, made.state)
        state, wake_at = made.state, made.wake_at
        for batch in made.batches:
            if self.seconds_left() < _SECONDS_OF_A_MESSAGE:
                return self._woken(lease.target, state, now)
            state, again = self._told(lease.target, mouth, batch, state)
            wake_at = min((one for one in (wake_at, again) if one), default=None)
            self.outbox.save(lease, state)
        return self._woken(lease.target, state, wake_at)

    def _told(self, target: str, mouth: Mouth, batch: Batch, state: TargetState) -> tuple[TargetState, datetime | None]:
        """Send a message; return what is to be remembered, and when to try again if it failed."""
        if batch.pending[0].attempts >= ATTEMPTS:
            return self._buried(target, batch, _failing(state, _ENDLESS, self.clock())), None
        try:
            if batch.is_again:
                self._try(target, batch)
            subject, refusal = self._delivered(target, mouth, batch)
        except Exception as error:  # noqa: BLE001 - the isolator of messages: one that fails silences no other
            return self._failed(target, batch, state, error)
        self.outbox.remove(target, batch.pending)
        if not subject:
            return state, None
        sent = msgspec.structs.replace(state, last_sent_at=iso(self.clock()))
        if refusal:
            return _failing(sent, refusal, self.clock()), None
        return msgspec.structs.replace(sent, failing_since="", failure=""), None

    def _try(self, target: str, batch: Batch) -> datetime:
        """Note another attempt before it is made: what kills the function each time must come to an end too.

        Returns when it may be tried after this one; until then it is in nobody's way.
        """
        attempts = batch.pending[0].attempts + 1
        wait: timedelta = min(_FIRST_WAIT * 2 ** (attempts - 1), _LONGEST_WAIT)
        again = self.clock() + wait
        tried = [msgspec.structs.replace(one, attempts=attempts, not_before=iso(again)) for one in batch.marked]
        self.outbox.put(target, tried)
        return again

    def _delivered(self, target: str, mouth: Mouth, batch: Batch) -> tuple[str, str]:
        """Send and note a message; return its subject, empty for nothing (any more) to tell, and who was refused."""
        is_sent = batch.is_again and self.outbox.is_sent(batch.id)
        notification = None if is_sent else mouth.composed(batch)
        if notification is None:
            self.logger.info("Nothing of a message is news any more", target=target, batch=batch.id)
            return "", ""
        refusal = self._handed_over(mouth.channel, notification, target, batch)
        self.outbox.log(_note(target, batch, notification, self.clock()))
        self.metrics.add_metric(name="NotificationsSent", unit=MetricUnit.Count, value=1)
        return notification.subject, refusal

    def _handed_over(self, channel: Channel, notification: Notification, target: str, batch: Batch) -> str:
        """Send; return who was refused, in words. Sent to all again, those who have it would have it twice."""
        whole = Target.parsed(target)
        try:
            channel.send(notification, whole.to)
        except PartlyToldError as error:
            self.logger.exception("A channel did not tell everybody", target=target)
            self.metrics.add_metric(name="NotificationsFailed", unit=MetricUnit.Count, value=1)
            for address in error.later:
                self._leave(str(Target(whole.channel, address)), batch)
            return str(error)
        return ""

    def _leave(self, target: str, batch: Batch) -> None:
        """Have one address of a channel be told alone, later."""
        later = iso(self.clock() + _LATER)
        alone = [
            msgspec.structs.replace(one, message="", kind="", attempts=0, not_before=later) for one in batch.pending
        ]
        self.outbox.put(target, alone)
        self.queues.wake(target, _LATER)

    def _failed(
        self, target: str, batch: Batch, state: TargetState, error: Exception
    ) -> tuple[TargetState, datetime | None]:
        """Have a message tried again, later each time, and to the end; then it is a dead letter."""
        now = self.clock()
        why = str(error) if isinstance(error, ChannelError) else f"{type(error).__name__}: {error}"
        attempts = batch.pending[0].attempts + 1
        self.logger.error("A channel could not be told", exc_info=error, target=target, attempts=attempts)
        self.metrics.add_metric(name="NotificationsFailed", unit=MetricUnit.Count, value=1)
        failing = _failing(state, why, now)
        if attempts >= ATTEMPTS:
            return self._buried(target, batch, failing), None
        return failing, self._try(target, batch)

    def _buried(self, target: str, batch: Batch, state: TargetState) -> TargetState:
        """Put a message among the dead letters; return the state."""
        self.queues.bury(target, batch.marked)
        self.outbox.remove(target, batch.pending)
        return state

    def _woken(self, target: str, state: TargetState, at: datetime | None) -> TargetState:
        """Send a wake-up, unless one that comes early enough is on its way."""
        now = self.clock()
        is_coming = iso(now) < state.wake_at
        if at is None or (is_coming and state.wake_at <= iso(at)):
            return state
        wait = min(max(at - now, timedelta()), _LONGEST_WAKE)
        self.queues.wake(target, wait)
        return msgspec.structs.replace(state, wake_at=iso(now + wait))


def _failing(state: TargetState, why: str, now: datetime) -> TargetState:
    return msgspec.structs.replace(state, failing_since=state.failing_since or iso(now), failure=why[:500])


def _note(target: str, batch: Batch, notification: Notification, now: datetime) -> Sent:
    return Sent(
        id=batch.id,
        target=target,
        at=iso(now),
        kind=notification.kind.value,
        subject=notification.subject,
        count=notification.count,
        findings=tuple(one.finding for one in batch.pending[:_NAMED] if one.finding),
    )
