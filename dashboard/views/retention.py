"""The retention half of the Tagging page: images and snapshots past their date, and what they cost."""

from collections.abc import Callable, Iterator, Sequence

import msgspec
import streamlit as st

from contract.spoke_events import MOST_EXAMPLES, DueBackup
from dashboard import data
from dashboard.backups import kept
from dashboard.filters import Filters
from dashboard.links import account_address
from dashboard.markup import (
    NOTHING,
    Html,
    ago,
    card,
    counted,
    empty,
    grid,
    joined,
    link,
    number,
    second_line,
    text,
    tile,
)
from dashboard.organization import Organization
from dashboard.views import exporting, tables
from dashboard.views.parts import part
from hub.store.retention_overview import Kept, RetentionOverview

_LISTED = 15
_TITLE = "Images and snapshots"
_NONE_YET = "A spoke's first run comes within a day; backup.enabled in muster.toml says whether there are runs."
# Nothing speaks against deleting it.
_NOT_KEPT = {"": "the expiry is off", "report": "the expiry only reports"}
_PAST_FILE = ("account", "name", "region", "id", "delete_on", "gib", "kept")
_COLUMNS = ("Account", "Kept", "Past their date", "Dollars a month", "Expiry", "Last run")
_FILE = (
    *("account", "name", "region", "images", "snapshots", "due", "due_gib", "due_cost"),
    *("mode", "is_whole", "marked", "deleted", "saved", "unreadable", "failed", "last_run"),
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
        every = ((one, backup) for one in found.regions for backup in one.examples)
        if past := sorted(every, key=lambda pair: (pair[1].delete_on, pair[1].id)):
            st.html(_past(past, organization))
            exporting.show("past-date", _PAST_FILE, [_past_row(one, backup, organization) for one, backup in past])
        if wrong := list(_wrong(found)):
            title = "What could not be done, and what stays although it is past its date"
            st.html(tables.listed(title, ("Account", "What", "Why"), wrong, _wrong_row(organization)))
            columns = ("account", "name", "region", "what", "why")
            exporting.show("retention-stays", columns, [one.row(organization) for one in wrong])


def _numbers(found: RetentionOverview) -> Html:
    tiles = [
        tile("Images and snapshots", number(found.images + found.snapshots), counted(found.images, "image")),
        tile("Past their date", number(found.due), f"{found.due_gib:,.0f} GiB at most"),
        tile("They cost", text(_dollars(found.due_cost)), "a month at most"),
        tile("Deleted by the last runs", number(found.deleted), f"saves {_dollars(found.saved)} a month at most"),
    ]
    return grid(tiles, "tiles")


def _dollars(value: float) -> str:
    return f"${value:,.2f}"


def _places(found: RetentionOverview, organization: Organization) -> Html:
    now = data.present()

    def row(one: Kept) -> tuple[Html, ...]:
        return (
            _place(one, organization),
            joined((number(one.images + one.snapshots), second_line(counted(one.images, "image")))),
            joined((number(one.due), second_line(f"{one.due_gib:,.0f} GiB"))),
            text(_dollars(one.due_cost)),
            joined((text(one.mode or "off"), NOTHING if one.is_whole else second_line("of a part: its time was up"))),
            ago(one.last_run, now),
        )

    hint = "muster tags retention says the same in a terminal."
    return tables.listed(f"{_TITLE}, by account", _COLUMNS, found.regions, row, hint=hint, most=_LISTED)


def _past(past: Sequence[tuple[Kept, DueBackup]], organization: Organization) -> Html:
    def row(pair: tuple[Kept, DueBackup]) -> tuple[Html, ...]:
        one, backup = pair
        return (
            text(backup.id),
            _place(one, organization),
            text(backup.delete_on),
            text(f"{backup.gib:,.0f}"),
            text(backup.kept or _NOT_KEPT.get(one.mode, "it is its turn soon")),
        )

    hint = f"Up to {MOST_EXAMPLES} of each account and Region, the oldest date first."
    columns = ("Id", "Account", "Was to go on", "GiB", "Why it stays")
    return tables.listed("Past their date", columns, past, row, hint=hint)


def _past_row(one: Kept, backup: DueBackup, organization: Organization) -> dict[str, object]:
    place = {"account": one.account, "name": organization.name(one.account), "region": one.region}
    return {**place, **msgspec.structs.asdict(backup)}


def _place(one: Kept, organization: Organization) -> Html:
    account = link(account_address(one.account, Filters()), text(organization.name(one.account)))
    return joined((account, second_line(one.region)))


class _Wrong(msgspec.Struct, frozen=True):
    """What could not be done in an account's Region, or stays there, and why."""

    place: Kept
    what: str
    why: str

    def row(self, organization: Organization) -> dict[str, object]:
        """Return a row of the file."""
        place = {"account": self.place.account, "region": self.place.region}
        return {**place, "name": organization.name(self.place.account), "what": self.what, "why": self.why}


def _wrong(found: RetentionOverview) -> Iterator[_Wrong]:
    for one in found.regions:
        yield from (_Wrong(one, "the last run", error) for error in one.errors)
        yield from (_Wrong(one, failure.id, failure.reason) for failure in one.failures)
        if one.unreadable:
            yield _Wrong(one, f"{one.unreadable:,} of them", "have a Retention that nobody understands")
        yield from (_Wrong(one, f"{count:,} stay", reason) for reason, count in sorted(one.kept.items()))


def _wrong_row(organization: Organization) -> Callable[[_Wrong], tuple[Html, ...]]:
    return lambda one: (_place(one.place, organization), text(one.what), text(one.why))


def _row(one: Kept, organization: Organization) -> dict[str, object]:
    return {**{name: getattr(one, name, "") for name in _FILE}, "name": organization.name(one.account)}
