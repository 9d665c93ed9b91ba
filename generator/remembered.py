"""What the detections that count have seen, without AWS: for recorded events, in bounded memory."""

from collections import OrderedDict

from generator.shown import duration
from hub.detections.window import EMPTY, Alert, Memory, Sighting, counted

# So many keys are remembered; the one not seen for longest is forgotten first.
_KEYS = 50_000


class RememberedWindows:
    """Counts as the hub's table keeps them, by the events' own time."""

    def __init__(self, keys: int = _KEYS) -> None:
        """Remember at most so many keys."""
        self._keys = keys
        self._memories: OrderedDict[tuple[str, str], Memory] = OrderedDict()

    def count(self, sighting: Sighting) -> Alert | None:
        """Remember a sighting; return the alert that it completed."""
        key = (sighting.detection, sighting.key)
        memory, alert = counted(self._memories.pop(key, EMPTY), sighting)
        self._memories[key] = memory
        if len(self._memories) > self._keys:
            self._memories.popitem(last=False)
        return alert

    def told(self, sighting: Sighting) -> str:
        """Return how far the count of a sighting's key is, or why it counts no more, as a person reads it."""
        memory = self._memories.get((sighting.detection, sighting.key), EMPTY)
        span = duration(sighting.seconds)
        if own := next((one for one in memory.alerts if one.event == sighting.event), None):
            return f"{len(own.things)} of {sighting.count} within {span} by {sighting.key}"
        if any(abs(sighting.at - one.at) < sighting.seconds for one in memory.alerts):
            return f"told already, less than {span} ago, for {sighting.key}"
        near = sum(abs(sighting.at - at) < sighting.seconds for at in memory.seen.values())
        return f"{near} of {sighting.count} within {span} by {sighting.key}"
