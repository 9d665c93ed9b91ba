"""What the detections that count have seen in one run over recorded events, in memory."""

from contract.finding import Finding
from hub.detections.engine import Verdict
from hub.detections.findings import fold
from hub.detections.window import EMPTY, Alert, Memory, Sighting, counted, raised

# Keys (callers, addresses) that are remembered; the ones that were not seen for longest are forgotten.
_MOST = 50_000


class Windows:
    """Counts by event time, as the hub keeps them; one run's own."""

    def __init__(self, most: int = _MOST) -> None:
        """Remember the `most` keys that were seen last."""
        self._most = most
        self._held: dict[tuple[str, str], Memory] = {}

    def findings(self, verdict: Verdict) -> list[Finding]:
        """Return the findings of an event, with those whose count it completed."""
        alerts = [raised(one, alert) for one in verdict.sightings if (alert := self._count(one))]
        return fold([*verdict.findings, *alerts])

    def counts(self, sighting: Sighting) -> int:
        """Return how many things are remembered of a sighting's key; none after the count was completed."""
        return len(self._held.get(_key(sighting), EMPTY).seen)

    def _count(self, sighting: Sighting) -> Alert | None:
        memory, alert = counted(self._held.pop(_key(sighting), EMPTY), sighting)
        self._held[_key(sighting)] = memory
        if len(self._held) > self._most:
            del self._held[next(iter(self._held))]
        return alert


def _key(sighting: Sighting) -> tuple[str, str]:
    return sighting.detection, sighting.key
