"""What was created in a window and by whom, and what stayed untagged: read from the spokes' reports, within bounds."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import islice

import msgspec
import streamlit as st

from contract.clock import iso
from contract.spoke_events import TaggingResult
from dashboard import data
from dashboard.filters import Filters
from dashboard.organization import Organization
from hub.store.coverage_of_tags import TagCoverage, coverage_of
from hub.store.tagging import KEPT, TaggingStore

USUAL_DAYS = 7
# Reports have no counters: so many accounts, so many reports of each are read, and the page says so.
_MOST_ACCOUNTS = 200
_MOST_RESULTS = 2_000
_PARALLEL = 8
_FRESH = timedelta(minutes=2)


class Creations(msgspec.Struct, frozen=True, kw_only=True):
    """What came of creations: of how many of the accounts it was read, and whether all their reports were.

    `newest` are the latest ones of them, the latest first.
    """

    coverage: TagCoverage
    newest: tuple[TaggingResult, ...]
    accounts: int
    of: int
    is_whole: bool


def creations(among: Organization, filters: Filters) -> Creations:
    """Return what was created in the days that filters ask for, in their accounts and Regions.

    Raises `DataError`, as every read does.
    """
    days = min(filters.days or USUAL_DAYS, KEPT.days)
    with data.state():
        return _creations(tuple(among.accounts), filters.region, days)


@st.cache_data(ttl=_FRESH, max_entries=20, show_spinner=False)
def _creations(accounts: tuple[str, ...], regions: tuple[str, ...], days: int) -> Creations:
    since = data.present() - timedelta(days=days)
    looked_at = accounts[:_MOST_ACCOUNTS]
    with data.state() as (client, table), ThreadPoolExecutor(_PARALLEL) as pool:
        store = TaggingStore(client, table)
        found = list(pool.map(lambda one: list(islice(store.of(one, since), _MOST_RESULTS + 1)), looked_at))
    results = [one for some in found for one in some[:_MOST_RESULTS] if not regions or one.region in regions]
    return Creations(
        coverage=coverage_of(results, iso(since)),
        newest=_newest(results, iso(since)),
        accounts=len(looked_at),
        of=len(accounts),
        is_whole=len(looked_at) == len(accounts) and all(len(some) <= _MOST_RESULTS for some in found),
    )


def _newest(results: Iterable[TaggingResult], since: str, number: int = 15) -> tuple[TaggingResult, ...]:
    known: Sequence[TaggingResult] = [one for one in results if one.created_at >= since]
    return tuple(sorted(known, key=lambda one: one.created_at, reverse=True)[:number])
