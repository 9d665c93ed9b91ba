"""Accounts that crowd the others out: what a flood of events costs is told while it lasts."""

import re
from collections import Counter
from collections.abc import Collection

from contract.names import CROWD

_SENDER = re.compile(r'"account":\s*"(\d{12})"')


def crowding(bodies: Collection[str]) -> dict[str, int]:
    """Return the accounts that fill half a full batch of EventBridge events, each with its number of them.

    Quiet accounts share batches; only who sends much is seen, so that nothing is counted on ordinary days.
    """
    if len(bodies) < CROWD:
        return {}
    senders = Counter(found[1] for body in bodies if (found := _SENDER.search(body)))
    return {account: number for account, number in senders.items() if number >= CROWD}
