"""What the detections that count have seen, without AWS: for recorded events, in bounded memory."""

from collections import OrderedDict

import msgspec

from generator.shown import duration
from hub.detections.window import EMPTY, Alert, Memory, Sighting, counted

# So many keys and alerts are remembered; the key not seen for longest is forgotten first.
_REMEMBERED = 200_000


class RememberedWindows:
    """Counts as the hub's table keeps them, by the events' own time, in whichever order they come.

    A history begins anew with every Region: of a key, all alerts are remembered, not only those of the last days.
    """

    def __init__(self, most: int = _REMEMBERED) -> None:
        """Remember at most so many keys and alerts together."""
        self._most = most
        self._held = 0
        self._memories: OrderedDict[tuple[str, str], Memory] = OrderedDict()

    def count(self, sighting: Sighting) -> Alert | None:
        """Remember a sighting; return the alert that it completed."""
        key = (sighting.detection, sighting.key)
        before = self._memories.pop(key, None)
        after, alert = counted(before or EMPTY, sighting)
        if alert and before and after is not before:
            after = msgspec.structs.replace(after, alerts=(*before.alerts, alert))
        self._memories[key] = after
        self._held += len(after.alerts) - len(before.alerts) if before else 1 + len(after.alerts)
        while self._held > self._most:
            _, forgotten = self._memories.popitem(last=False)
            self._held -= 1 + len(forgotten.alerts)
        return alert

    def told(self, sighting: Sighting) -> str:
        """Return how far the count of a sighting's key is, or why it counts no more, as a person reads it."""
        memory = self._memories.get((sighting.detection, sighting.key), EMPTY)
        if any(abs(sighting.at - one.at) < sighting.seconds for one in memory.alerts):
            return f"{sighting.key} was told of less than {duration(sighting.seconds)} ago"
        near = sum(abs(sighting.at - at) < sighting.seconds for at in memory.seen.values())
        return f"{near} of {sighting.count} within {duration(sighting.seconds)} by {sighting.key}"
