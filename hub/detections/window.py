"""Detections that count: many sights of one kind within a while are one finding."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Finding

# An event may come this many windows late, or early, and still be counted with those of its time.
_KEPT_WINDOWS = 2


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """`count` different things with one key within `seconds` are one finding; then the key is quiet for as long.

    `by` gives the keys of an event (each is counted for itself, an empty one not at all), `counting` what is counted:
    the events themselves unless it says otherwise. A count of 1 means "first seen".
    """

    by: Callable[[CloudTrailEvent], Sequence[str]]
    seconds: int
    count: int = 1
    counting: Callable[[CloudTrailEvent], Iterable[str]] | None = None

    def reaching(self, count: int | None) -> "Window":
        """Return the window with another count, or as it is."""
        return msgspec.structs.replace(self, count=count) if count else self

    def sighted(self, finding: Finding, event: CloudTrailEvent) -> list["Sighting"]:
        """Return what an event adds to the counts of its keys; `finding` is raised when one is complete."""
        things = tuple(dict.fromkeys(self.counting(event))) if self.counting else (event.id,)
        return [
            Sighting(
                detection=finding.detection,
                key=key,
                at=int(event.time.timestamp()),
                event=event.id,
                things=things,
                is_list_told=self.counting is not None,
                count=self.count,
                seconds=self.seconds,
                finding=finding,
            )
            for key in self.by(event)
            if key and things
        ]


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """An event that counts towards a finding: `finding` is what is raised if it is the one that completes the count.

    `at` is the event's time in whole seconds since the epoch.
    """

    detection: str
    key: str
    at: int
    event: str
    things: tuple[str, ...]
    is_list_told: bool = True
    count: int
    seconds: int
    finding: Finding


class Alert(msgspec.Struct, frozen=True):
    """A count that was completed: when, by which event, by which things. It covers a window before and after."""

    at: int
    event: str
    things: tuple[str, ...]


class Memory(msgspec.Struct, frozen=True):
    """What is remembered of one key: the last sight of each thing, and the last alerts."""

    seen: dict[str, int] = {}
    alerts: tuple[Alert, ...] = ()


EMPTY = Memory()


def counted(memory: Memory, sighting: Sighting) -> tuple[Memory, Alert | None]:
    """Return what is remembered after a sighting, and the alert that it completed.

    The same sighting again gives the same alert and changes nothing; a sighting in the time that an alert covers
    changes nothing either, so that what goes on for hours costs no writes.
    """
    for alert in memory.alerts:
        if alert.event == sighting.event:
            return memory, alert
        if abs(sighting.at - alert.at) < sighting.seconds:
            return memory, None
    kept = _kept(memory.seen, sighting)
    seen = kept | {thing: max(sighting.at, kept.get(thing, sighting.at)) for thing in sighting.things}
    together = _together(seen, sighting)
    if len(together) < sighting.count:
        return (memory if seen == memory.seen else msgspec.structs.replace(memory, seen=seen)), None
    alert = Alert(sighting.at, sighting.event, together)
    recent = [one for one in memory.alerts if _is_near(one.at, sighting)]
    return Memory({}, (*recent, alert)), alert


def _kept(seen: dict[str, int], sighting: Sighting) -> dict[str, int]:
    return {thing: at for thing, at in seen.items() if _is_near(at, sighting)}


def _is_near(at: int, sighting: Sighting) -> bool:
    return abs(sighting.at - at) <= _KEPT_WINDOWS * sighting.seconds


def _together(seen: dict[str, int], sighting: Sighting) -> tuple[str, ...]:
    """Return the most things that were seen within one window that holds the sighting."""
    times = sorted((at, thing) for thing, at in seen.items() if abs(at - sighting.at) < sighting.seconds)
    spans = [tuple(thing for at, thing in times if start <= at < start + sighting.seconds) for start, _ in times]
    holding = [span for span in spans if set(sighting.things) <= set(span)]
    return max(holding, key=len, default=())


def raised(sighting: Sighting, alert: Alert) -> Finding:
    """Return the finding of a completed count; its details say what was counted, but for plain events."""
    finding = sighting.finding
    told = {"count": len(alert.things), "within_seconds": sighting.seconds, "by": sighting.key}
    listed = {"counted": list(alert.things)} if sighting.is_list_told else {}
    return msgspec.structs.replace(finding, details={**finding.details, **told, **listed})
