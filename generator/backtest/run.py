"""Reads a history and counts what the catalogue makes of it."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from contract.clock import iso, now
from contract.cloudtrail import CloudTrailEvent, MalformedEventError
from generator.backtest.history import File, Period, ReadError
from generator.backtest.repeats import Repeats
from generator.backtest.tally import Tally
from generator.deployment import Deployment
from generator.explain import envelope_of
from generator.forwarder import Forwarder
from generator.reading import Item, at, items_of
from generator.remembered import RememberedWindows

_MOST_NAMED = 100


class Damage(msgspec.Struct, frozen=True):
    """A file that could not be read to its end, and why."""

    file: str
    reason: str


class Progress(msgspec.Struct):
    """How far a run is.

    `skipped` files are no logs or of other days; `repeated` events were read before, those `outside` are not of the
    period, `other` items are no records of CloudTrail's.
    """

    files: int = 0
    skipped: int = 0
    damaged: int = 0
    events: int = 0
    repeated: int = 0
    outside: int = 0
    other: int = 0


class Run:
    """One pass over a history."""

    def __init__(self, deployment: Deployment, period: Period, key: str | None = None) -> None:
        """Judge as a deployment does, what happened in a period; `key` takes the event from that key of each item."""
        self.progress = Progress()
        self.tally = Tally()
        self.damages: list[Damage] = []
        self.repeats = Repeats()
        self._deployment = deployment
        self._period = period
        self._key = key
        self._windows = RememberedWindows()
        self._forwarder = Forwarder(deployment.rules)
        self._observed_at = iso(now())

    @property
    def knows_organization(self) -> bool:
        """Whether the organization's accounts are told from strangers'."""
        return bool(self._deployment.settings.organization_accounts)

    def read(self, history: Iterable[File]) -> Iterator[Progress]:
        """Read every file; yield how far it is, often enough to show."""
        for file in history:
            if not file.is_log or not self._period.may_hold(file.name):
                self.progress.skipped += 1
                continue
            reason = ""
            for item in _items(file):
                reason = reason or item.error
                if not item.error:
                    self._take(at(item, self._key))
                yield self.progress
            self.progress.files += 1
            if reason:
                self._damaged(Damage(file.name, reason))
            yield self.progress

    def _damaged(self, damage: Damage) -> None:
        self.progress.damaged += 1
        if len(self.damages) < _MOST_NAMED:
            self.damages.append(damage)

    def _take(self, item: Item) -> None:
        try:
            envelope = envelope_of(item.value)
            event = CloudTrailEvent(envelope)
        except MalformedEventError:
            self.progress.other += 1
            return
        if not self._period.holds(event.time):
            self.progress.outside += 1
        elif self.repeats.has(event.id):
            self.progress.repeated += 1
        else:
            self.progress.events += 1
            self._judge(event, envelope)

    def _judge(self, event: CloudTrailEvent, envelope: dict[str, Any]) -> None:
        verdict = self._deployment.engine.judge(envelope, self._observed_at)
        rule = self._forwarder.rule_for(envelope)
        self.tally.add(event, verdict.settled(self._windows.count), is_forwarded=rule is not None)
        for one in verdict.excluded:
            self.tally.exclude(one.detection)


def _items(file: File) -> Iterator[Item]:
    """Yield what a file holds; one that cannot be read is an error, as damaged data are."""
    try:
        with file.open() as stream:
            yield from items_of(stream)
    except (OSError, ReadError, BotoCoreError, ClientError) as error:
        yield Item(error=str(error))
