"""Which spokes should have been heard of and were not."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from contract.clock import iso
from hub.store.accounts import Account
from hub.store.spokes import PATIENCE, Spoke


class Silence(msgspec.Struct, frozen=True):
    """A spoke that is silent, since when, and when it was last heard of (`contract.clock.iso` text; empty: never)."""

    account: str
    region: str
    since: str
    last: str


def silences(accounts: Iterable[Account], spokes: Iterable[Spoke], moment: datetime) -> Iterator[Silence]:
    """Yield a silence for each expected spoke that misses its heartbeats, by account and Region.

    One that came back into a target is waited for as a new one is, whatever was heard of it before.
    """
    # Of each only two times: there may be hundreds of thousands.
    heard = {(one.heartbeat.account, one.heartbeat.region): (one.seen_at, one.silent_from) for one in spokes}
    for account in sorted(accounts, key=lambda account: account.id):
        for region, expected in sorted(account.covered_since.items()):
            patient = datetime.fromisoformat(expected) + PATIENCE
            last, silent_from = heard.get((account.id, region), ("", patient))
            since = max(patient, silent_from)
            if moment > since:
                yield Silence(account.id, region, iso(since), last)
