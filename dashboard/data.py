"""Every read and action of the dashboard: rollups for numbers, pages for lists, each kept for a short while."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import boto3
import msgspec
import streamlit as st
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from contract.clock import iso, now
from contract.finding import Finding, Severity
from contract.names import Names
from contract.settings import Settings, read_settings
from dashboard import listing
from dashboard.activity import Activity, Tagging, Tallies, activity_of, tallied
from dashboard.deeds import Deed, Said
from dashboard.filters import LARGE_PAGE, Filters, Group, Order
from dashboard.listing import Listing
from dashboard.oldest import Oldest, oldest_of
from dashboard.organization import Organization
from dashboard.problems import GONE, DataError, explained
from dashboard.trends import Reach, Trend, of_accounts, of_organization, reach_of
from hub.store.accounts import AccountStore
from hub.store.decisions import Decision
from hub.store.findings import FindingNotFoundError, FindingStore, LostRaceError
from hub.store.history import Entry, HistoryStore
from hub.store.outbox import Outbox
from hub.store.query import FindingQuery, Page
from hub.store.rollups import Count, Day, RollupStore
from hub.store.spokes import SpokeStore
from hub.store.tagging import TaggingStore
from hub.store.troubles import Trouble, TroubleStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FRESH = timedelta(seconds=20)
_SERIOUS = (Severity.CRITICAL, Severity.HIGH)
_NEWEST = 8
_PARALLEL = 8
_CHANGED = "Others changed it at the same moment. Look at what it says now, then act again if that is still right."
_TEST = "Mend it, try it with muster notify test, then muster redrive brings what was given up."
# Tagging results have no counters: of so many accounts, so many results each are read, and the page says so.
_TAGGED_ACCOUNTS = 25
_TAGGED_RESULTS = 100


class DashboardSettings(Settings, frozen=True, kw_only=True):
    """Of the dashboard; AWS's own variables (AWS_PROFILE, AWS_ENDPOINT_URL …) say where the tables are."""

    findings_table: str = Names().findings_table
    state_table: str = Names().state_table
    organization_id: str = ""


def organization() -> Organization:
    """Return accounts and spokes as they were at most 20 seconds ago. Raises `DataError`, as every read here."""
    with _reading():
        return _organization()


def tallies(filters: Filters, among: Organization) -> Tallies:
    """Return what is open and accepted now, by account: one read of counters."""
    with _reading():
        return tallied(_open_counts(), filters, among)


def activity(filters: Filters, among: Organization) -> Activity:
    """Return what is open and what is new: counters, a page of serious findings, and one more where filters ask."""
    asked = filters.of_every_page
    serious = [one for one in asked.severity or _SERIOUS if one in _SERIOUS]
    kept = msgspec.structs.replace(asked, severity=tuple(serious), shown=_NEWEST)
    newest = listed(kept, among) if serious else Listing()
    now_open = tallies(asked, among)
    is_sampled = now_open.by_detection is None
    sample = listed(msgspec.structs.replace(asked, group=Group.DETECTION), among) if is_sampled else None
    return activity_of(now_open, trend(asked, among), newest.first(_NEWEST), sample, asked)


def trend(filters: Filters, among: Organization) -> Trend:
    """Return the new findings day by day."""
    reach = reach_of(filters, among.chosen(filters) or (), now())
    with _reading():
        if not filters.names_accounts:
            return of_organization(reach, _days(reach.days[0]), filters.severity)
        return of_accounts(reach, _counts_by_day(reach), filters.severity)


def tagging(among: Organization) -> Tagging:
    """Return what the creator taggers of the first accounts reported lately."""
    with _reading():
        return _tagging(tuple(among.accounts))


def oldest_critical(filters: Filters, among: Organization) -> Oldest:
    """Return since when each account has a critical finding open, as far as one page of the oldest ones says."""
    asked = msgspec.structs.replace(filters.of_every_page, severity=(Severity.CRITICAL,), order=Order.OLDEST, days=0)
    with _reading():
        pages = [_page(query, None, LARGE_PAGE) for query in listing.queries(asked, among, now())]
    return oldest_of(pages[0]) if pages else Oldest()


def detections() -> list[str]:
    """Return the detections and controls that have open findings."""
    with _reading():
        return sorted(count.control for count in _open_counts() if count.control and count.findings > 0)


def listed(filters: Filters, among: Organization) -> Listing:
    """Return the first findings of a view."""
    with _reading():
        return listing.listed(_page, filters, among, now())


def every(filters: Filters, among: Organization) -> Iterator[tuple[list[Finding], int]]:
    """Yield all findings of a view, page by page, and how many were looked at: nothing of it is kept."""
    with _reading():
        yield from listing.every(_read_page, filters, among, now())


def finding(chosen: str) -> Finding | None:
    """Return a whole finding, read now; None when the store has none of that id."""
    with _reading():
        return FindingStore(_client(), _settings().findings_table).get(chosen)


def history(chosen: str) -> list[Entry]:
    """Return what became of a finding since it was found, oldest first."""
    with _reading():
        return HistoryStore(_client(), _settings().state_table).of(chosen)


def act(chosen: str, deed: Deed, said: Said) -> None:
    """Store what somebody does about a finding. Raises `DataError` when it was not stored."""
    _decide(FindingStore(_client(), _settings().findings_table), chosen, deed, said)
    _forget_findings()


def act_on_many(chosen: Sequence[str], deed: Deed, said: Said) -> Iterator[tuple[str, DataError | None]]:
    """Do the same to many findings; yield each as it is done, with what kept it from being stored."""
    store = FindingStore(_client(), _settings().findings_table)

    def attempt(one: str) -> tuple[str, DataError | None]:
        try:
            _decide(store, one, deed, said)
        except DataError as error:
            return one, error
        return one, None

    try:
        with ThreadPoolExecutor(_PARALLEL) as pool:
            yield from pool.map(attempt, chosen)
    finally:
        _forget_findings()


def _decide(store: FindingStore, chosen: str, deed: Deed, said: Said) -> None:
    decision = deed.decision(said, iso(now()))
    try:
        with _reading():
            stored = store.decide(chosen, decision)
    except FindingNotFoundError as error:
        raise DataError(f"finding {chosen} is gone", GONE) from error
    except LostRaceError as error:
        raise DataError(f"finding {chosen} kept changing", _CHANGED) from error
    if not _says(stored, decision):
        raise DataError(f"{stored.workflow_by or 'somebody'} acted on finding {chosen} later", _CHANGED)


def _says(stored: Finding, decision: Decision) -> bool:
    """Whether a finding says what was decided, rather than what somebody decided later."""
    wanted = (decision.by, decision.workflow, decision.note, decision.assignee)
    said = (stored.workflow_by, stored.workflow, stored.note, stored.assignee)
    return all(one is None or one == there for one, there in zip(wanted, said, strict=True))


def _forget_findings() -> None:
    for kept in (_page, _open_counts):
        kept.clear()


def troubles() -> list[Trouble]:
    """Return what keeps people from being told: channels that fail, and what was seen to be wrong with them."""
    with _reading():
        return _troubles()


def present() -> datetime:
    """Return the present moment, UTC."""
    return now()


def source() -> str:
    """Return where the data comes from, in words."""
    with _reading():
        return f"{_settings().findings_table} at {_client().meta.endpoint_url.partition('://')[2]}"


def forget() -> None:
    """Drop what was kept, so that the next read asks AWS again."""
    st.cache_data.clear()
    st.cache_resource.clear()


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise explained(error) from error


def _settings() -> DashboardSettings:
    return read_settings(DashboardSettings, os.environ)


@st.cache_resource(show_spinner=False)
def _client() -> "DynamoDBClient":
    # boto3 itself reads AWS_DEFAULT_REGION only; Lambda and the CLI's users set AWS_REGION.
    config = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "max_attempts": 3})
    return boto3.client("dynamodb", region_name=os.environ.get("AWS_REGION") or None, config=config)


@st.cache_data(ttl=_FRESH, max_entries=2, show_spinner=False)
def _organization() -> Organization:
    settings, client = _settings(), _client()
    accounts = AccountStore(client, settings.state_table).all()
    return Organization(
        id=settings.organization_id,
        read_at=iso(now()),
        accounts={account.id: account for account in accounts},
        spokes=tuple(SpokeStore(client, settings.state_table).all()),
    )


@st.cache_data(ttl=_FRESH, max_entries=2, show_spinner=False)
def _troubles() -> list[Trouble]:
    client, table = _client(), _settings().state_table
    states = Outbox(client, table).states()
    failing = [
        Trouble(name, f"it fails since {one.failing_since[:16].replace('T', ' ')} UTC: {one.failure}", _TEST)
        for name, one in states.items()
        if one.failing_since
    ]
    return [*failing, *TroubleStore(client, table).all()]


@st.cache_data(ttl=_FRESH, max_entries=2, show_spinner=False)
def _open_counts() -> list[Count]:
    return RollupStore(_client(), _settings().state_table).counts()


@st.cache_data(ttl=_FRESH, max_entries=4, show_spinner=False)
def _days(since: str) -> list[Day]:
    return RollupStore(_client(), _settings().state_table).days(since)


def _counts_by_day(reach: Reach) -> dict[str, list[Count]]:
    store = RollupStore(_client(), _settings().state_table)
    with ThreadPoolExecutor(_PARALLEL) as pool:
        if reach.is_by_account:
            asked = [(day, account) for day in reach.days for account in reach.accounts]
            found: dict[str, list[Count]] = {}
            for (day, _), counts in zip(asked, pool.map(lambda one: store.of_account(*one), asked), strict=True):
                found.setdefault(day, []).extend(counts)
            return found
        return dict(zip(reach.days, pool.map(store.counts, reach.days), strict=True))


def _read_page(query: FindingQuery, cursor: str | None, limit: int) -> Page:
    return FindingStore(_client(), _settings().findings_table).page(query, cursor, limit)


@st.cache_data(ttl=_FRESH, max_entries=100, show_spinner=False, hash_funcs={FindingQuery: msgspec.json.encode})
def _page(query: FindingQuery, cursor: str | None, limit: int) -> Page:
    return _read_page(query, cursor, limit)


@st.cache_data(ttl=_FRESH, max_entries=8, show_spinner=False)
def _tagging(accounts: tuple[str, ...]) -> Tagging:
    store = TaggingStore(_client(), _settings().state_table)
    found = [list(islice(store.of(account), _TAGGED_RESULTS + 1)) for account in accounts[:_TAGGED_ACCOUNTS]]
    return Tagging(
        results=tuple(result for results in found for result in results[:_TAGGED_RESULTS]),
        accounts=len(found),
        has_more=len(accounts) > len(found) or any(len(results) > _TAGGED_RESULTS for results in found),
    )
