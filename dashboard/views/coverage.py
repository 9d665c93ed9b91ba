"""Coverage: whether each account is watched in each Region, and each instance has the agent; and if not, why."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from dashboard import data, filtering
from dashboard.filtering import SPOKES
from dashboard.filters import Filters
from dashboard.links import account_address
from dashboard.markup import Html, ago, card, empty, grid, joined, link, number, second_line, text, tile
from dashboard.organization import Organization
from dashboard.views import agents, exporting, tables
from dashboard.views.parts import part
from dashboard.watched import COLUMNS, State, Watched, watched, watched_row

_LISTED = 50
_NO_SPOKE = "muster deploy rolls spokes out; each reports within an hour."
_ALL, _EVERY = "Every spoke, also those that report", "every"


def show() -> None:
    """Show the spokes that are missing or not well, then the instances and who lacks the agent."""
    whole, filters, now = data.organization(), filtering.current().of_every_page, data.present()
    organization = whole.narrowed(filters)
    words = "Whether each account is watched in each Region, and each instance has the security agent."
    words += filtering.without_effect(filters, ("severity", "days"))
    st.html(Html(f'<div class="m-head"><h1>Coverage</h1><p>{text(words)}</p></div>'))
    with part("Instance"):
        agents.show_chosen(organization, filters, now)
    st.html('<h2 class="m-part">Spokes</h2>')
    with part("Spokes"):
        _show_spokes(watched(organization, now), organization, filters, now)
    st.html('<h2 class="m-part">Security agent</h2>')
    with part("Security agent"):
        agents.show(organization, filters, now)


def _show_spokes(rows: list[Watched], organization: Organization, filters: Filters, now: datetime) -> None:
    if not rows:
        st.html(card("Spokes", empty("No account is known that matches", _NO_SPOKE)))
        return
    counts = {state: sum(one.state is state for one in rows) for state in State}
    expected = len(rows) - counts[State.WITHOUT]
    tiles = [
        tile("Spokes that report", number(counts[State.WELL] + counts[State.UNWELL]), f"of {expected:,}"),
        tile("Silent", number(counts[State.SILENT]), "heartbeats stopped"),
        tile("Never heard of", number(counts[State.NEVER]), "a spoke should be there"),
        tile("Not well", number(counts[State.UNWELL]), "they say what is wrong"),
        tile("Accounts not watched", number(counts[State.WITHOUT]), "left out, and why"),
    ]
    st.html(grid(tiles, "tiles"))
    is_every = _is_every()
    shown = rows if is_every else [one for one in rows if one.state is not State.WELL]
    st.html(_spokes(shown, organization, filters, now, is_every=is_every))
    if shown:
        exporting.show("spokes", COLUMNS, [watched_row(one, organization) for one in shown])


def _is_every() -> bool:
    """Return whether those that are well are listed too: the address is the truth, the switch follows it."""
    st.session_state[_ALL] = st.query_params.get(SPOKES) == _EVERY
    return st.toggle(_ALL, key=_ALL, on_change=_choose)


def _choose() -> None:
    if st.session_state[_ALL]:
        st.query_params[SPOKES] = _EVERY
    else:
        st.query_params.pop(SPOKES, None)


def _spokes(
    shown: Sequence[Watched], organization: Organization, filters: Filters, now: datetime, *, is_every: bool
) -> Html:
    title = "Spokes, the worst first" if is_every else "What is not watched, and why"
    if not shown:
        return card(title, Html('<p class="m-good">Every spoke reports, and every check is well.</p>'))

    def row(one: Watched) -> tuple[Html, ...]:
        account = link(account_address(one.account, filters), text(organization.name(one.account)))
        state = text(one.state.value)
        return (
            joined((account, second_line(one.region or organization.path(one.account)))),
            state if one.state is State.WELL else Html(f'<span class="m-silent">{state}</span>'),
            text(one.why),
            text(one.version),
            ago(one.seen_at, now) if one.seen_at else text("never"),
        )

    columns = ("Account", "State", "Why", "Version", "Last heartbeat")
    return tables.listed(title, columns, shown, row, most=_LISTED, name="spokes")
