"""Who sends how many events: a flood is told while it lasts, everybody's are counted by day."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from contract.cloudtrail import timestamp
from contract.names import CROWD

_SENDER = re.compile(r'"account":\s*"(\d{12})"')
_SENT = re.compile(r'"time":\s*"([0-9T:.Z+-]{1,40})"')
# How long a write is waited for, for each of its units: a large organization's item costs more, and is written seldom.
_PATIENCE = timedelta(seconds=3)

# Writes counts, and the seconds from call to hub of some events; returns the units that it took.
Write = Callable[[Mapping[str, int], Sequence[int], datetime], float]


def crowding(bodies: Collection[str]) -> dict[str, int]:
    """Return the accounts that fill half a full batch of EventBridge events, each with its number of them.

    Quiet accounts share batches; only who sends much is seen, so that nothing is counted on ordinary days.
    """
    if len(bodies) < CROWD:
        return {}
    senders = Counter(found[1] for body in bodies if (found := _SENDER.search(body)))
    return {account: number for account, number in senders.items() if number >= CROWD}


class Tally:
    """Events by account, and how late they came: written together, the more seldom the more a write costs.

    What a function has not written when it ends is lost, and what the queue repeats is counted again: these are
    numbers to look at, and not worth a write for each event.
    """

    def __init__(self, write: Write) -> None:
        """Take what writes."""
        self._write = write
        self._counts: Counter[str] = Counter()
        self._late: list[int] = []
        self._due: datetime | None = None

    def count(self, bodies: Collection[str], moment: datetime) -> None:
        """Count EventBridge events; write when it is time. What cannot be written waits, and raises."""
        self._counts.update(found[1] for body in bodies if (found := _SENDER.search(body)))
        first = next((found[1] for body in bodies if (found := _SENT.search(body))), "")
        if sent := timestamp(first):
            self._late.append(max(int((moment - sent).total_seconds()), 0))
        if self._counts and (self._due is None or moment >= self._due):
            # Also after a failure: the next try comes when some time has passed.
            self._due = moment + _PATIENCE
            units = self._write(self._counts, self._late, moment)
            self._due = moment + max(units, 1) * _PATIENCE
            self._counts, self._late = Counter(), []
