"""What the detections that count have seen, without AWS: for recorded events, in bounded memory."""

from collections import OrderedDict

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
