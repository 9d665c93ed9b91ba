"""Every read and action of the dashboard: rollups for numbers, pages for lists, each kept for a short while."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
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
from dashboard.activity import Activity, Tagging, activity_of
from dashboard.deeds import Deed
from dashboard.filters import Filters
from dashboard.listing import Listing
from dashboard.organization import Organization
from dashboard.problems import GONE, DataError, explained
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
_SERIOUS = FindingQuery(severities=(Severity.CRITICAL, Severity.HIGH))
_NEWEST = 8
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


def activity() -> Activity:
    """Return what is open and what is new: two reads of counters and one page."""
    with _reading():
        return activity_of(_summary(), _open_counts(), _page(_SERIOUS, None, _NEWEST).findings, _tagging())


def detections() -> list[str]:
    """Return the detections and controls that have open findings."""
    with _reading():
        return sorted(count.control for count in _open_counts() if count.control and count.findings)


def listed(filters: Filters, among: Organization) -> Listing:
    """Return the first findings of a view."""
    with _reading():
        return listing.listed(_page, filters, among, now())


def finding(chosen: str) -> Finding | None:
    """Return a whole finding, read now; None when the store has none of that id."""
    with _reading():
        return FindingStore(_client(), _settings().findings_table).get(chosen)


def history(chosen: str) -> list[Entry]:
    """Return what became of a finding since it was found, oldest first."""
    with _reading():
        return HistoryStore(_client(), _settings().state_table).of(chosen)


def act(chosen: str, deed: Deed, by: str, note: str, until: date | None = None) -> None:
    """Store what somebody does about a finding. Raises `DataError` when it was not stored."""
    store = FindingStore(_client(), _settings().findings_table)
    try:
        with _reading():
            after = store.decide(chosen, deed.decision(by, note, iso(now()), until))
    except FindingNotFoundError as error:
        raise DataError(f"finding {chosen} is gone", GONE) from error
    except LostRaceError as error:
        raise DataError(f"finding {chosen} kept changing", _CHANGED) from error
    if (after.workflow, after.workflow_by, after.note) != (deed.workflow, by, note):
        raise DataError(f"{after.workflow_by or 'somebody'} acted on finding {chosen} later", _CHANGED)
    for kept in (_page, _summary, _open_counts):
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
def _summary() -> Summary:
    return RollupStore(_client(), _settings().state_table).summary(now())


@st.cache_data(ttl=_FRESH, max_entries=2, show_spinner=False)
def _open_counts() -> list[Count]:
    return RollupStore(_client(), _settings().state_table).counts()


@st.cache_data(ttl=_FRESH, max_entries=500, show_spinner=False, hash_funcs={FindingQuery: msgspec.json.encode})
def _page(query: FindingQuery, cursor: str | None, limit: int) -> Page:
    return FindingStore(_client(), _settings().findings_table).page(query, cursor, limit)


@st.cache_data(ttl=_FRESH, max_entries=2, show_spinner=False)
def _tagging() -> Tagging:
    store, accounts = TaggingStore(_client(), _settings().state_table), list(_organization().accounts)
    found = [list(islice(store.of(account), _TAGGED_RESULTS + 1)) for account in accounts[:_TAGGED_ACCOUNTS]]
    return Tagging(
        results=tuple(result for results in found for result in results[:_TAGGED_RESULTS]),
        accounts=len(found),
        has_more=len(accounts) > len(found) or any(len(results) > _TAGGED_RESULTS for results in found),
    )
