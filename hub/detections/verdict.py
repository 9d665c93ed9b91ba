"""What the catalogue says about an event."""

from collections.abc import Callable

import msgspec

from contract.finding import Finding
from hub.detections.findings import fold
from hub.detections.window import Alert, Sighting, raised


class Failure(msgspec.Struct, frozen=True):
    """A detection that raised on an event: never silence, never the end of the others."""

    detection: str
    reason: str


class Excluded(msgspec.Struct, frozen=True):
    """A finding that an exclusion left out, and the exclusion's reason."""

    detection: str
    reason: str


class Verdict(msgspec.Struct, frozen=True):
    """What the catalogue says about one event; a sighting is a finding once its count is reached."""

    findings: tuple[Finding, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    failures: tuple[Failure, ...] = ()

    def settled(self, count: Callable[[Sighting], Alert | None]) -> list[Finding]:
        """Return the findings, those of the counts too that `count` says are complete."""
        alerts = [raised(one, alert) for one in self.sightings if (alert := count(one))]
        return fold([*self.findings, *alerts]) if alerts else list(self.findings)


NOTHING = Verdict()
