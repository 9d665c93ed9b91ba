"""Images and snapshots: what is past its date and what it costs, from the spokes' last reports."""

from datetime import timedelta

import streamlit as st

from dashboard import data
from dashboard.filters import Filters
from dashboard.organization import Organization
from hub.store.retention import LastRun, RetentionStore
from hub.store.retention_overview import RetentionOverview, overview_of

_FRESH = timedelta(minutes=2)


def kept(among: Organization, filters: Filters) -> RetentionOverview:
    """Return what the accounts keep in the Regions that filters ask for. Raises `DataError`."""
    with data.state():
        runs = _runs()
    return overview_of((run for run in runs if _is_asked(run, among, filters)), data.present())


def _is_asked(run: LastRun, among: Organization, filters: Filters) -> bool:
    report = run.report
    return report.account in among.accounts and (not filters.region or report.region in filters.region)


@st.cache_data(ttl=_FRESH, max_entries=2, show_spinner=False)
def _runs() -> list[LastRun]:
    with data.state() as place:
        return list(RetentionStore(*place).each())
