"""Accounts: the organization's tree with what is open in it, and a heat map; one account when the filters name one."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import streamlit as st

from contract.clock import EPOCH
from contract.finding import Severity
from dashboard import charts, data, filtering
from dashboard.account_rows import COLUMNS, place_row, places
from dashboard.filters import Filters
from dashboard.links import account_address, findings_address, page_address
from dashboard.markup import (
    ABSENT,
    NOTHING,
    Html,
    age,
    ago,
    card,
    chip,
    counted,
    empty,
    joined,
    link,
    number,
    second_line,
    text,
)
from dashboard.tree import UNIT_COLUMNS, Place, Unit, unit_row, units
from dashboard.views import account, exporting, tables
from hub.store.accounts import ACTIVE

_UNITS = 60
_NEXT_STEP = "The inventory reads the organization every hour; muster status says whether it does."
_NO_REGIONS = "Counters know no Region: findings are of all Regions, spokes of those chosen."


def show() -> None:
    """Show every account that the filters ask for; the one account when they name one."""
    whole, filters, now = data.organization(), filtering.current(), data.present()
    asked = filters.of_every_page
    if len(asked.account) == 1:
        account.show(asked.account[0], whole, asked)
        return
    organization = whole.narrowed(asked)
    hint = _NO_REGIONS if asked.region else ""
    st.html(Html(f'<div class="m-head"><h1>Accounts</h1><p>{text(hint)}</p>{_clear(asked)}</div>'))
    if not organization.accounts:
        st.html(card("No accounts", _nothing(asked)))
        return
    tallies = data.tallies(asked, whole)
    found = units(organization, tallies.open, now)
    st.html(_tree(found, asked))
    exporting.show("units", UNIT_COLUMNS, [unit_row(one) for one in found], label="Units")
    with st.spinner("Looking for the oldest critical findings", show_time=True):
        oldest = data.oldest_critical(asked, whole)
    rows = places(organization, tallies, oldest, now)
    st.html(_heat_map(rows, filters, now))
    _show_foot(rows, filters)


def _clear(filters: Filters) -> Html:
    return link("accounts", text("Clear all filters")) if filters != Filters() else NOTHING


def _nothing(filters: Filters) -> Html:
    if filters == Filters():
        return empty("No account is known yet", _NEXT_STEP)
    return joined((empty("No account matches these filters", "Take one away."), _clear(filters)))


def _tree(found: Sequence[Unit], filters: Filters) -> Html:
    title = "Organizational units, each with all below it"
    if not found:
        return card(title, empty("No unit is known yet", _NEXT_STEP))
    largest = max(sum(unit.open.values()) for unit in found)
    columns = ("Unit", "Score", "Accounts", "Open", "Severity")
    rest = "choose a unit for those below it"
    return tables.listed(
        title, columns, found, lambda unit: _unit_row(unit, filters, largest), most=_UNITS, rest=rest, name="units"
    )


def _unit_row(unit: Unit, filters: Filters, largest: int) -> tuple[Html, ...]:
    address = page_address("accounts", msgspec.structs.replace(filters, ou=(unit.path,)))
    name = Html(f'<span class="m-indent" style="--m-depth:{unit.depth}">{link(address, text(unit.name))}</span>')
    unwatched = Html(f'<span class="m-silent">{unit.unwatched:,} not watched</span>') if unit.unwatched else NOTHING
    score = Html(f"{unit.score.points:.0f}{charts.gauge(unit.score.points, 'Score')}") if unit.score else ABSENT
    findings = link(
        findings_address(msgspec.structs.replace(filters, ou=(unit.path,))), number(sum(unit.open.values()))
    )
    return (
        name,
        score,
        joined((number(unit.accounts), text(" "), unwatched)),
        findings,
        charts.severity_bar(unit.open, largest),
    )


def _heat_map(rows: Sequence[Place], filters: Filters, now: datetime) -> Html:
    severities = [one for one in charts.WORST_FIRST if one in (filters.severity or charts.WORST_FIRST)]
    largest = max((count for row in rows for count in row.open.values()), default=0)

    def row(one: Place) -> tuple[Html, ...]:
        return (
            _named(one, filters),
            *(_cell(one, severity, largest, filters) for severity in severities),
            _oldest(one, now),
            text(one.owner),
            _seen(one, now),
            text(", ".join(one.versions)),
        )

    columns = (
        "Account",
        *(one.capitalize() for one in severities),
        "Oldest critical",
        "Owner",
        "Last heartbeat",
        "Version",
    )
    hint = "The worst first; denser is more, by orders of magnitude."
    title = counted(len(rows), "account")
    return tables.listed(title, columns, rows, row, hint=hint, most=filters.shown, name="accounts")


def _named(row: Place, filters: Filters) -> Html:
    name = link(account_address(row.id, filters), text(row.name))
    status = chip(row.status.capitalize()) if row.status != ACTIVE else NOTHING
    return joined((name, text(" "), status, second_line(f"{row.id} · {row.path}" if row.path else row.id)))


def _cell(row: Place, severity: Severity, largest: int, filters: Filters) -> Html:
    count = row.open.get(severity, 0)
    drawn = charts.heat(severity, count, largest)
    if not count:
        return drawn
    view = Filters(account=(row.id,), severity=(severity,), region=filters.region)
    return link(findings_address(view), drawn)


def _oldest(row: Place, now: datetime) -> Html:
    if row.oldest in {"", EPOCH}:
        return ABSENT
    since = age(row.oldest, now)
    return joined((text("less than "), since)) if row.oldest_is_later else since


def _seen(row: Place, now: datetime) -> Html:
    if row.status != ACTIVE:
        return ABSENT
    seen = ago(row.seen_at, now)
    return Html(f'<span class="m-silent">{seen}</span>') if row.is_silent or not row.seen_at else seen


def _show_foot(rows: Sequence[Place], filters: Filters) -> None:
    if len(rows) > filters.shown and st.button("Show more accounts"):
        filtering.write_address(msgspec.structs.replace(filters, shown=filters.shown * 4), **filtering.kept())
        st.rerun()
    exporting.show("accounts", COLUMNS, [place_row(one) for one in rows])
