"""What was created in a window and by whom, and what stayed untagged: read from the spokes' reports, within bounds."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import islice

import msgspec
import streamlit as st

from contract.clock import iso
from contract.spoke_events import TaggingResult
from dashboard import data
from dashboard.export import Row
from dashboard.filters import Filters
from dashboard.organization import Organization
from hub.store.coverage_of_tags import TagCoverage, coverage_of
from hub.store.tagging import KEPT, TaggingStore

_USUAL_DAYS = 7
_PARALLEL = 8
_FRESH = timedelta(minutes=2)
CREATED_COLUMNS = ("created_at", "created_by", "api_call", "account", "name", "region", "resources", "outcome")


class Bounds(msgspec.Struct, frozen=True):
    """Reports have no counters: of so many accounts, so many reports each are read, and the page says so.

    Of them the `newest` are kept.
    """

    accounts: int
    reports: int
    newest: int = 0


WIDE = Bounds(200, 2_000, newest=1_000)
AT_A_GLANCE = Bounds(25, 100)


class Creations(msgspec.Struct, frozen=True, kw_only=True):
    """What came of creations: of how many of the accounts it was read, and whether all their reports were.

    `newest` are the latest ones of them, the latest first.
    """

    days: int
    coverage: TagCoverage
    newest: tuple[TaggingResult, ...]
    accounts: int
    of: int
    is_whole: bool


def creations(among: Organization, filters: Filters, bounds: Bounds) -> Creations:
    """Return what was created in the days that filters ask for, in their accounts and Regions.

    Raises `DataError`, as every read does.
    """
    with data.state():
        return _creations(tuple(among.accounts), filters.region, days_of(filters), bounds)


def days_of(filters: Filters) -> int:
    """Return how many days back creations are told: those that filters ask for, as far as reports are kept."""
    return min(filters.days or _USUAL_DAYS, KEPT.days)


@st.cache_data(ttl=_FRESH, max_entries=20, show_spinner=False, hash_funcs={Bounds: msgspec.json.encode})
def _creations(accounts: tuple[str, ...], regions: tuple[str, ...], days: int, bounds: Bounds) -> Creations:
    since = data.present() - timedelta(days=days)
    looked_at = accounts[: bounds.accounts]
    with data.state() as (client, table), ThreadPoolExecutor(_PARALLEL) as pool:
        store = TaggingStore(client, table)
        found = list(pool.map(lambda one: list(islice(store.of(one, since), bounds.reports + 1)), looked_at))
    results = [one for some in found for one in some[: bounds.reports] if not regions or one.region in regions]
    return Creations(
        days=days,
        coverage=coverage_of(results, iso(since)),
        newest=_newest(results, iso(since), bounds.newest),
        accounts=len(looked_at),
        of=len(accounts),
        is_whole=len(looked_at) == len(accounts) and all(len(some) <= bounds.reports for some in found),
    )


def outcome(result: TaggingResult) -> str:
    """Return what came of a creation's tags, in words."""
    if result.failed:
        return result.failed[0].reason
    return "tagged" if result.tagged else "nothing to tag"


def created_row(result: TaggingResult, organization: Organization) -> Row:
    """Return a creation as a row of the file."""
    arns = (*result.tagged, *(one.arn for one in result.failed))
    return {
        "created_at": result.created_at,
        "created_by": result.created_by,
        "api_call": result.api_call,
        "account": result.account,
        "name": organization.name(result.account),
        "region": result.region,
        "resources": " ".join(filter(None, arns)),
        "outcome": outcome(result),
    }


def _newest(results: Iterable[TaggingResult], since: str, number: int) -> tuple[TaggingResult, ...]:
    known = (one for one in results if one.created_at >= since)
    return tuple(sorted(known, key=lambda one: one.created_at, reverse=True)[:number])
