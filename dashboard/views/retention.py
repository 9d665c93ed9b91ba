"""The retention half of the Tagging page: images and snapshots past their date, and what they cost."""

from collections.abc import Iterator

import streamlit as st

from dashboard import data
from dashboard.backups import kept
from dashboard.filters import Filters
from dashboard.markup import Html, ago, card, empty, grid, joined, number, second_line, table, text, tile
from dashboard.organization import Organization
from dashboard.views import exporting
from dashboard.views.parts import part
from hub.store.retention_overview import Kept, RetentionOverview

_LISTED = 15
_TITLE = "Images and snapshots"
_NONE_YET = "A spoke's first run comes within a day; backup.enabled in muster.toml says whether there are runs."
_COLUMNS = ("Account", "Kept", "Past their date", "Dollars a month", "Expiry", "Last run")
_FILE = (
    *("account", "name", "region", "images", "snapshots", "due", "due_gib", "due_cost"),
    *("mode", "marked", "deleted", "saved", "unreadable", "failed", "last_run"),
)


def show(organization: Organization, filters: Filters) -> None:
    """Show what is kept, in all and by account and Region, the dearest first."""
    with part(_TITLE):
        found = kept(organization, filters)
        if not found.regions:
            st.html(card(_TITLE, empty("No run over images and snapshots was reported", _NONE_YET)))
            return
        st.html(_numbers(found))
        st.html(_places(found, organization))
        exporting.show("retention", _FILE, [_row(one, organization) for one in found.regions])
        if wrong := list(_wrong(found, organization)):
            title = "What could not be done, and what stays although it is past its date"
            st.html(card(title, table(("Account", "What", "Why"), wrong[:_LISTED], title)))


def _numbers(found: RetentionOverview) -> Html:
    tiles = [
        tile("Images and snapshots", number(found.images + found.snapshots), f"{found.images:,} images"),
        tile("Past their date", number(found.due), f"{found.due_gib:,.0f} GiB at most"),
        tile("They cost", text(_dollars(found.due_cost)), "a month at most"),
        tile("Deleted by the last runs", number(found.deleted), f"saves {_dollars(found.saved)} a month at most"),
    ]
    return grid(tiles, "tiles")


def _dollars(value: float) -> str:
    return f"${value:,.2f}"


def _places(found: RetentionOverview, organization: Organization) -> Html:
    now = data.present()
    rows = [
        (
            joined((text(organization.name(one.account)), second_line(one.region))),
            joined((number(one.images + one.snapshots), second_line(f"{one.images:,} images"))),
            joined((number(one.due), second_line(f"{one.due_gib:,.0f} GiB"))),
            text(_dollars(one.due_cost)),
            text(one.mode or "off"),
            ago(one.last_run, now),
        )
        for one in found.regions[:_LISTED]
    ]
    hint = "muster tags retention says the same in a terminal."
    if len(found.regions) > _LISTED:
        hint = f"The {_LISTED} dearest of {len(found.regions):,}; the file has them all."
    return card(f"{_TITLE} past their date", table(_COLUMNS, rows, _TITLE), hint)


def _wrong(found: RetentionOverview, organization: Organization) -> Iterator[tuple[Html, Html, Html]]:
    for one in found.regions:
        where = joined((text(organization.name(one.account)), second_line(one.region)))
        for error in one.errors:
            yield where, Html('<span class="m-silent">the last run</span>'), text(error)
        for failure in one.failures:
            yield where, text(failure.id), text(failure.reason)
        if one.unreadable:
            yield where, text(f"{one.unreadable:,} of them"), text("have a Retention that nobody understands")
        for reason, count in sorted(one.kept.items()):
            yield where, text(f"{count:,} stay"), text(reason)


def _row(one: Kept, organization: Organization) -> dict[str, object]:
    return {**{name: getattr(one, name, "") for name in _FILE}, "name": organization.name(one.account)}
