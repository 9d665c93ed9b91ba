"""Since when accounts have had a finding open, from one look at the oldest ones. Pure."""

from collections.abc import Mapping

import msgspec

from contract.clock import EPOCH
from hub.store.query import Page


class Oldest(msgspec.Struct, frozen=True, kw_only=True):
    """Since when each account has one (`contract.clock.iso` text); of all others it is not older than `seen_until`.

    An empty `seen_until`: all were looked at; `EPOCH`: nothing is known.
    """

    since: Mapping[str, str] = {}
    seen_until: str = ""


def oldest_of(page: Page) -> Oldest:
    """Return the oldest of each account of a page that begins with the oldest."""
    since: dict[str, str] = {}
    for one in page.findings:
        since.setdefault(one.account, one.first_seen)
    last = page.findings[-1].first_seen if page.findings else EPOCH
    return Oldest(since=since, seen_until=last if page.cursor else "")
