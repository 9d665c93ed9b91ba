"""Every read and action of the dashboard: rollups for numbers, pages for lists, each kept for a short while."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import msgspec
import streamlit as st
import urllib3
from botocore.config import Config
from botocore.exceptions import NoCredentialsError, NoRegionError

from contract.clock import iso, now
from contract.finding import Finding, Severity
from contract.names import Names
from contract.settings import Settings, read_settings
from dashboard import listing, session
from dashboard.acting import Acting
from dashboard.activity import Activity, Tallies, activity_of, glanced, tallied
from dashboard.deeds import Deed, Said
from dashboard.filters import LARGE_PAGE, Filters, Order
from dashboard.listing import Listing, ReadPage
from dashboard.narrowing import NOTHING, View, view_of
from dashboard.oldest import Oldest, oldest_of
from dashboard.organization import Organization
from dashboard.over_api import Api, NotAnsweredError
from dashboard.problems import ONLY_A_PART, DataError, explained, explaining
from dashboard.trends import Reach, Trend, of_accounts, of_organization, reach_of
from hub.store.accounts import AccountStore
from hub.store.findings import FindingStore
from hub.store.history import Entry, HistoryStore
from hub.store.outbox import Outbox
from hub.store.query import FindingQuery, Page
from hub.store.rollups import Count, Day, RollupStore, Summary
from hub.store.spokes import SpokeStore
from hub.store.troubles import Trouble, TroubleStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FRESH = timedelta(seconds=20)
_SERIOUS = (Severity.CRITICAL, Severity.HIGH)
_NEWEST = 8
_COUNTED_PAGES = 4
_PARALLEL = 8
_TEST = "Mend it, try it with muster notify test, then muster redrive brings what was given up."


class DashboardSettings(Settings, frozen=True, kw_only=True):
    """Of the dashboard; AWS's own variables (AWS_PROFILE, AWS_ENDPOINT_URL …) say where the tables are."""

    findings_table: str = Names().findings_table
    state_table: str = Names().state_table
    organization_id: str = ""
    # The hub's API in place of its tables.
    api_url: str = ""


def is_over_api() -> bool:
    """Return whether the data comes from the hub's API, which does not tell everything."""
    return bool(_settings().api_url)


def at_a_glance() -> Activity:
    """Return what is open and what is new, without what only the tables tell; for those who see everything."""
    with _reading():
        return glanced(_summary(), _page(FindingQuery(severities=_SERIOUS), None, _NEWEST).findings)


def organization() -> Organization:
    """Return accounts and spokes as they were at most 20 seconds ago. Raises `DataError`, as every read here.

    Whoever is at the page gets what they may see and no more: every read here goes through `_viewing`, or is for those
    who see the whole organization (`_reading`).
    """
    with _viewing() as view:
        return view.organization(_organization())


def tallies(filters: Filters, among: Organization) -> Tallies:
    """Return what is open and accepted now, by account: one read of counters. The API has none of them."""
    with _viewing() as view:
        if is_over_api():
            return Tallies()
        return tallied(view.counts(_open_counts()), filters, view.organization(among), is_whole=view.is_whole)


def activity(filters: Filters, among: Organization) -> Activity:
    """Return what is open and what is new: counters, a page of serious findings, and some more where filters ask."""
    asked = filters.of_every_page
    serious = tuple(one for one in asked.severity or _SERIOUS if one in _SERIOUS)
    newest = listed(msgspec.structs.replace(asked, severity=serious, shown=_NEWEST), among) if serious else Listing()
    now_open = tallies(asked, among)
    with _viewing() as view:
        found, looked_at = now_open.by_detection, None
        if found is None:
            found, looked_at = _detections_of(view, listing.queries(asked, view.organization(among), now()))
    return activity_of(now_open, trend(asked, among), newest.first(_NEWEST).findings, found, looked_at, asked)


def trend(filters: Filters, among: Organization) -> Trend:
    """Return the new findings day by day."""
    with _viewing() as view:
        visible = view.organization(among)
        if view.is_whole and not filters.names_accounts:
            reach = reach_of(filters, None, now())
            return of_organization(reach, _days(reach.days[0]), filters.severity)
        chosen = (visible.chosen(filters) or ()) if filters.names_accounts else tuple(visible.accounts)
        reach = reach_of(filters, tuple(one for one in chosen if view.has(one)), now())
        return of_accounts(reach, _counts_by_day(reach), filters.severity)


def oldest_critical(filters: Filters, among: Organization) -> Oldest:
    """Return since when each account has a critical finding open, as far as one page of the oldest ones says."""
    asked = msgspec.structs.replace(filters.of_every_page, severity=(Severity.CRITICAL,), order=Order.OLDEST, days=0)
    with _viewing() as view:
        read = _visible_page(view, _page)
        pages = [read(query, None, LARGE_PAGE) for query in listing.queries(asked, view.organization(among), now())]
    return oldest_of(pages[0]) if pages else Oldest()


def open_by_detection() -> dict[str, int]:
    """Return how many findings of each detection and control are open in the whole organization."""
    with _reading():
        return {one.control: one.findings for one in _open_counts() if one.control and one.findings > 0}


def detections() -> list[str]:
    """Return the detections and controls that have open findings."""
    with _viewing() as view:
        if not view.is_whole or is_over_api():
            return sorted(_detections_of(view, [FindingQuery()])[0])
        return sorted(count.control for count in _open_counts() if count.control and count.findings > 0)


def listed(filters: Filters, among: Organization) -> Listing:
    """Return the first findings of a view."""
    with _viewing() as view:
        return listing.listed(_visible_page(view, _page), filters, view.organization(among), now())


def every(filters: Filters, among: Organization) -> Iterator[tuple[list[Finding], int]]:
    """Yield all findings of a view, page by page, and how many were looked at: nothing of it is kept."""
    with _viewing() as view:
        yield from listing.every(_visible_page(view, _read_page), filters, view.organization(among), now())


def finding(chosen: str) -> Finding | None:
    """Return a whole finding, read now; None when the store has none of that id, or none that may be shown."""
    with _viewing() as view:
        if api := _api():
            return view.finding(api.get(chosen))
        return view.finding(FindingStore(_client(), _settings().findings_table).get(chosen))


def in_full(rows: Sequence[Finding]) -> list[Finding]:
    """Return whole findings in the place of rows of a list, with what people said; the API has rows only."""
    if is_over_api():
        return list(rows)
    with _viewing() as view:
        found = _whole(tuple(one.id for one in rows))
        return [view.finding(found.get(one.id)) or one for one in rows]


def history(chosen: str) -> list[Entry]:
    """Return what became of a finding since it was found, oldest first."""
    if finding(chosen) is None:
        return []
    with _viewing():
        if api := _api():
            return api.history(chosen)
        return HistoryStore(_client(), _settings().state_table).of(chosen)


def person() -> str:
    """Return who signed in; empty where nobody has to."""
    return session.access().person


def may_act(about: Finding) -> bool:
    """Return whether whoever is at the page may do something about a finding."""
    with _viewing() as view:
        return view.access.acts_on(_organization().accounts.get(about.account))


def may_act_at_all() -> bool:
    """Return whether whoever is at the page may do something about some findings."""
    with _viewing() as view:
        return view.access.is_operator


def act(chosen: str, deed: Deed, said: Said) -> None:
    """Store what somebody does about a finding, in the name under which they signed in.

    Raises `DataError` when it was not stored.
    """
    with _viewing() as view:
        _acting(view).act(chosen, deed, said)
    _forget_findings()


def act_on_many(chosen: Sequence[str], deed: Deed, said: Said) -> Iterator[tuple[str, DataError | None]]:
    """Do the same to many findings; yield each as it is done, with what kept it from being stored."""
    with _viewing() as view:
        acting = _acting(view)

    def attempt(one: str) -> tuple[str, DataError | None]:
        try:
            acting.act(one, deed, said)
        except DataError as error:
            return one, error
        return one, None

    try:
        with ThreadPoolExecutor(_PARALLEL) as pool:
            yield from pool.map(attempt, chosen)
    finally:
        _forget_findings()


def _acting(view: View) -> Acting:
    """Return the decisions of whoever is at the page. Threads do not know who that is: it is asked here."""
    store = _api() or FindingStore(_client(), _settings().findings_table)
    return Acting(view, _organization().accounts, store)


def _forget_findings() -> None:
    for kept in (_page, _summary, _open_counts, _whole):
        kept.clear()


def troubles() -> list[Trouble]:
    """Return what keeps people from being told: channels that fail, and what was seen to be wrong with them.

    Channels are the whole organization's; who sees a part of it is not shown them.
    """
    with _viewing() as view:
        return _troubles() if view.is_whole and not is_over_api() else []


@contextmanager
def state() -> Iterator[tuple["DynamoDBClient", str]]:
    """Yield how to read the state table, for pages that read about accounts which `organization` has."""
    with _viewing():
        yield _client(), _settings().state_table


@contextmanager
def whole() -> Iterator[tuple["DynamoDBClient", str]]:
    """Yield the same for what is of no account: channels, queues, settings, the archive."""
    with _reading():
        yield _client(), _settings().state_table


def sees_all() -> bool:
    """Return whether whoever is at the page may see numbers of the whole organization."""
    return session.access().is_whole


def may_operate() -> bool:
    """Return whether whoever is at the page may act on what is of no account."""
    return session.access().is_operator_of_all


def present() -> datetime:
    """Return the present moment, UTC."""
    return now()


def source() -> str:
    """Return where the data comes from, in words."""
    with _viewing():
        if api := _api():
            return f"API at {api.address.partition('://')[2]}"
        return f"{_settings().findings_table} at {_client().meta.endpoint_url.partition('://')[2]}"


def forget() -> None:
    """Drop what was kept, so that the next read asks AWS again."""
    st.cache_data.clear()
    st.cache_resource.clear()


@contextmanager
def _viewing() -> Iterator[View]:
    """Read for whoever is at the page: the view says what of it they may see. What is kept here is everybody's."""
    access = session.access()
    with explaining():
        yield view_of(access, Organization(id="", read_at="") if access.is_whole else _organization())


@contextmanager
def _reading() -> Iterator[None]:
    """Read what is of the whole organization, for those who see all of it."""
    with _viewing() as view:
        if not view.is_whole:
            raise DataError("this is of the whole organization", ONLY_A_PART)
        yield


def _visible_page(view: View, read_page: ReadPage) -> ReadPage:
    """Return how to read pages of what somebody may see."""

    def read(query: FindingQuery, cursor: str | None, limit: int) -> Page:
        asked = view.narrowed(query)
        return view.page(read_page(asked, cursor, limit)) if asked else NOTHING

    return read


def _detections_of(view: View, queries: Sequence[FindingQuery]) -> tuple[Counter[str], int | None]:
    """Count the visible findings of queries by detection, one by one: counters of detections add up all accounts.

    Returns also how many were looked at when there may be more; None when that is all.
    """
    read, found, pages = _visible_page(view, _page), Counter[str](), 0
    for query in queries:
        cursor: str | None = None
        while True:
            page = read(query, cursor, LARGE_PAGE)
            found.update(one.detection for one in page.findings)
            cursor, pages = page.cursor, pages + 1
            if cursor is None:
                break
            # Of accounts among many others pages are short.
            if pages >= _COUNTED_PAGES:
                return found, found.total()
    return found, None


def _settings() -> DashboardSettings:
    return read_settings(DashboardSettings, os.environ)


@st.cache_resource(show_spinner=False)
def _api() -> Api | None:
    address = _settings().api_url
    if not address:
        return None
    found = boto3.Session()
    credentials, region = found.get_credentials(), os.environ.get("AWS_REGION") or found.region_name
    if credentials is None:
        raise explained(NoCredentialsError())
    if region is None:
        raise explained(NoRegionError())
    return Api(address, region, credentials, urllib3.PoolManager(retries=urllib3.Retry(2, backoff_factor=0.2)))


@st.cache_resource(show_spinner=False)
def _client() -> "DynamoDBClient":
    client: DynamoDBClient = aws_client("dynamodb")
    return client


def aws_client(service: str) -> Any:
    """Return a client of the hub's account and Region; whoever asks keeps it."""
    if is_over_api():
        raise NotAnsweredError("what this page shows")
    # boto3 itself reads AWS_DEFAULT_REGION only; Lambda and the CLI's users set AWS_REGION.
    config = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "max_attempts": 3})
    return boto3.client(service, region_name=os.environ.get("AWS_REGION") or None, config=config)  # type: ignore[call-overload]


@st.cache_data(ttl=_FRESH, max_entries=2, show_spinner=False)
def _organization() -> Organization:
    settings, api = _settings(), _api()
    accounts = api.accounts() if api else AccountStore(_client(), settings.state_table).all()
    return Organization(
        id=settings.organization_id,
        read_at=iso(now()),
        accounts={account.id: account for account in accounts},
        spokes=() if api else tuple(SpokeStore(_client(), settings.state_table).all()),
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
def _summary() -> Summary:
    if api := _api():
        return api.summary()
    return RollupStore(_client(), _settings().state_table).summary(now())


@st.cache_data(ttl=_FRESH, max_entries=2, show_spinner=False)
def _open_counts() -> list[Count]:
    return RollupStore(_client(), _settings().state_table).counts()


@st.cache_data(ttl=_FRESH, max_entries=4, show_spinner=False)
def _days(since: str) -> list[Day]:
    return RollupStore(_client(), _settings().state_table).days(since)


def _counts_by_day(reach: Reach) -> dict[str, list[Count]]:
    store, found = RollupStore(_client(), _settings().state_table), dict[str, list[Count]]()
    with ThreadPoolExecutor(_PARALLEL) as pool:
        if not reach.is_by_account:
            return dict(zip(reach.days, pool.map(store.counts, reach.days), strict=True))
        asked = [(day, account) for day in reach.days for account in reach.accounts]
        for (day, _), counts in zip(asked, pool.map(lambda one: store.of_account(*one), asked), strict=True):
            found.setdefault(day, []).extend(counts)
    return found


@st.cache_data(ttl=_FRESH, max_entries=4, show_spinner=False)
def _whole(ids: tuple[str, ...]) -> dict[str, Finding]:
    return FindingStore(_client(), _settings().findings_table).read(ids)


def _read_page(query: FindingQuery, cursor: str | None, limit: int) -> Page:
    if api := _api():
        return api.page(query, cursor, limit)
    return FindingStore(_client(), _settings().findings_table).page(query, cursor, limit)


@st.cache_data(ttl=_FRESH, max_entries=30, show_spinner=False, hash_funcs={FindingQuery: msgspec.json.encode})
def _page(query: FindingQuery, cursor: str | None, limit: int) -> Page:
    return _read_page(query, cursor, limit)
