"""Every read and action of the dashboard: rollups for numbers, pages for lists, each kept for a short while."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import boto3
import msgspec
import streamlit as st
import urllib3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from contract.clock import iso, now
from contract.finding import Finding, Severity
from contract.names import Names
from contract.settings import Settings, read_settings
from dashboard import listing, session
from dashboard.activity import TREND_DAYS, Activity, Tagging, activity_of
from dashboard.deeds import Deed
from dashboard.filters import LARGE_PAGE, Filters
from dashboard.listing import MOST_LOOKED_AT, Listing, ReadPage
from dashboard.narrowing import NOTHING, View, summary_of, view_of
from dashboard.organization import Organization
from dashboard.over_api import Api, NotAnsweredError
from dashboard.problems import GONE, NO_OPERATOR, ONLY_A_PART, RACED, DataError, explained
from hub.store.accounts import AccountStore
from hub.store.findings import FindingNotFoundError, FindingStore, LostRaceError
from hub.store.history import Entry, HistoryStore
from hub.store.outbox import Outbox
from hub.store.query import FindingQuery, Page
from hub.store.rollups import Count, RollupStore, Summary
from hub.store.spokes import SpokeStore
from hub.store.tagging import TaggingStore
from hub.store.troubles import Trouble, TroubleStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FRESH = timedelta(seconds=20)
_SETTLED = timedelta(minutes=1)
_SERIOUS = FindingQuery(severities=(Severity.CRITICAL, Severity.HIGH))
_NEWEST = 8
_COUNTED_PAGES = 20
_TEST = "Mend it, try it with muster notify test, then muster redrive brings what was given up."
# Tagging results have no counters: of so many accounts, so many results each are read, and the page says so.
_TAGGED_ACCOUNTS = 25
_TAGGED_RESULTS = 100


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
        return activity_of(_summary(), [], _page(_SERIOUS, None, _NEWEST).findings)


def organization() -> Organization:
    """Return accounts and spokes as they were at most 20 seconds ago. Raises `DataError`, as every read here.

    Whoever is at the page gets what they may see and no more: every read here goes through `_viewing`, or is for those
    who see the whole organization (`_reading`).
    """
    with _viewing() as view:
        return view.organization(_organization())


def activity() -> Activity:
    """Return what is open and what is new: reads of counters and one page."""
    with _viewing() as view:
        newest = _visible_page(view)(_SERIOUS, None, _NEWEST).findings
        tagging = _tagging(tuple(view.organization(_organization()).accounts))
        if view.is_whole:
            return activity_of(_summary(), _open_counts(), newest, tagging)
        counts = view.counts(_open_counts())
        # Whole days in UTC, as the counters have them.
        days = [(now() - timedelta(days=back)).date().isoformat() for back in range(TREND_DAYS)]
        summary = summary_of(counts, {day: view.counts(_counts_of(day)) for day in reversed(days)})
        found, looked_at = _detections_of(view)
        controls = [Count("", "", control, findings) for control, findings in found.items()]
        return msgspec.structs.replace(
            activity_of(summary, [*counts, *controls], newest, tagging), detections_of=looked_at
        )


def detections() -> list[str]:
    """Return the detections and controls that have open findings."""
    with _viewing() as view:
        if not view.is_whole or is_over_api():
            return sorted(_detections_of(view)[0])
        return sorted(count.control for count in _open_counts() if count.control and count.findings)


def listed(filters: Filters, among: Organization) -> Listing:
    """Return the first findings of a view."""
    with _viewing() as view:
        return listing.listed(_visible_page(view), filters, view.organization(among), now())


def finding(chosen: str) -> Finding | None:
    """Return a whole finding, read now; None when the store has none of that id, or none that may be shown."""
    with _viewing() as view:
        if api := _api():
            return view.finding(api.get(chosen))
        return view.finding(FindingStore(_client(), _settings().findings_table).get(chosen))


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


def act(chosen: str, deed: Deed, by: str, note: str, until: date | None = None) -> None:
    """Store what somebody does about a finding, in the name under which they signed in.

    Raises `DataError` when it was not stored.
    """
    by = person() or by
    about = finding(chosen)
    if about is None:
        raise DataError(f"finding {chosen} is gone", GONE)
    if not may_act(about):
        raise DataError(f"{by} may read finding {chosen}, and not act on it", NO_OPERATOR)
    api = _api()
    try:
        with _viewing():
            store = api or FindingStore(_client(), _settings().findings_table)
            after = store.decide(chosen, deed.decision(by, note, iso(now()), until))
    except FindingNotFoundError as error:
        raise DataError(f"finding {chosen} is gone", GONE) from error
    except LostRaceError as error:
        raise DataError(f"finding {chosen} kept changing", RACED) from error
    done = (after.workflow, after.workflow_by, after.note)
    if done[0] != deed.workflow or (not api and done != (deed.workflow, by, note)):
        raise DataError(f"{after.workflow_by or 'somebody'} acted on finding {chosen} later", RACED)
    for kept in (_page, _summary, _open_counts):
        kept.clear()


def troubles() -> list[Trouble]:
    """Return what keeps people from being told: channels that fail, and what was seen to be wrong with them.

    Channels are the whole organization's; who sees a part of it is not shown them.
    """
    with _viewing() as view:
        return _troubles() if view.is_whole and not is_over_api() else []


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
    with _explaining():
        yield view_of(access, Organization(id="", read_at="") if access.is_whole else _organization())


@contextmanager
def _reading() -> Iterator[None]:
    """Read what is of the whole organization, for those who see all of it."""
    with _viewing() as view:
        if not view.is_whole:
            raise DataError("this is of the whole organization", ONLY_A_PART)
        yield


@contextmanager
def _explaining() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise explained(error) from error


def _visible_page(view: View) -> ReadPage:
    """Return how to read pages of what somebody may see."""

    def read(query: FindingQuery, cursor: str | None, limit: int) -> Page:
        asked = view.narrowed(query)
        return view.page(_page(asked, cursor, limit)) if asked else NOTHING

    return read


def _detections_of(view: View) -> tuple[Counter[str], int | None]:
    """Count the visible open findings by detection, one by one: the counters of detections add up all accounts.

    Returns also how many were looked at when there may be more; None when that is all.
    """
    read, found, cursor = _visible_page(view), Counter[str](), None
    # Of accounts among many others pages are short.
    for _ in range(_COUNTED_PAGES):
        page = read(FindingQuery(), cursor, LARGE_PAGE)
        found.update(one.detection for one in page.findings)
        cursor = page.cursor
        if cursor is None:
            return found, None
        if found.total() >= MOST_LOOKED_AT:
            break
    return found, found.total()


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
    if is_over_api():
        raise NotAnsweredError("what this page shows")
    # boto3 itself reads AWS_DEFAULT_REGION only; Lambda and the CLI's users set AWS_REGION.
    config = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "max_attempts": 3})
    return boto3.client("dynamodb", region_name=os.environ.get("AWS_REGION") or None, config=config)


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


# Past days change when something is found late.
@st.cache_data(ttl=_SETTLED, max_entries=2 * TREND_DAYS, show_spinner=False)
def _counts_of(day: str) -> list[Count]:
    return RollupStore(_client(), _settings().state_table).counts(day)


@st.cache_data(ttl=_FRESH, max_entries=500, show_spinner=False, hash_funcs={FindingQuery: msgspec.json.encode})
def _page(query: FindingQuery, cursor: str | None, limit: int) -> Page:
    if api := _api():
        return api.page(query, cursor, limit)
    return FindingStore(_client(), _settings().findings_table).page(query, cursor, limit)


@st.cache_data(ttl=_FRESH, max_entries=20, show_spinner=False)
def _tagging(accounts: tuple[str, ...]) -> Tagging:
    store = TaggingStore(_client(), _settings().state_table)
    found = [list(islice(store.of(account), _TAGGED_RESULTS + 1)) for account in accounts[:_TAGGED_ACCOUNTS]]
    return Tagging(
        results=tuple(result for results in found for result in results[:_TAGGED_RESULTS]),
        accounts=len(found),
        has_more=len(accounts) > len(found) or any(len(results) > _TAGGED_RESULTS for results in found),
    )
