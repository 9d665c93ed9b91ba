"""The Overview where the data comes from the hub's API: what the API tells, and plainly what it does not."""

import streamlit as st

from dashboard import data
from dashboard.filters import Filters
from dashboard.markup import card, grid, problem, text
from dashboard.views import overview

_ALL = Filters()
_NOT_TOLD = (
    "numbers of what filters ask, by account and by detection, spokes and their heartbeats, creator tags, "
    "and channels that fail"
)
_MEND = "Start the dashboard without --api to read them from the hub's tables."


def show() -> None:
    """Show open findings and new ones, the newest serious ones, and what is missing."""
    organization, activity = data.organization(), data.at_a_glance()
    st.html(f'<div class="m-head"><h1>Overview</h1><p>{text(overview.sentence(organization, activity))}</p></div>')
    st.html(grid(overview.tiles(activity, _ALL), "tiles"))
    missing = card("Not told by the API", problem(_NOT_TOLD, _MEND))
    st.html(grid([overview.trend(activity.trend, _ALL), missing], "wide"))
    st.html(overview.newest(organization, activity, _ALL, data.present()))
