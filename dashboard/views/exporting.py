"""The buttons below a table by which it becomes a file."""

from collections.abc import Sequence

import msgspec
import streamlit as st

from contract.finding import Finding
from dashboard import data
from dashboard.export import FINDING_COLUMNS, SUPPRESSED_COLUMNS, Export, Form, Row, exported, finding_row
from dashboard.filters import Filters, State, parameters
from dashboard.listing import Listing
from dashboard.organization import Organization

# Text of some 20 MB. The archive holds all, and takes SQL.
MOST_EXPORTED = 50_000
_MOST_LOOKED_AT = 500_000
_KEPT = "export"
_CUT = "Only the first {count:,}: narrow the filters for the others, or ask the archive."


class Prepared(msgspec.Struct, frozen=True):
    """A file that was read from the store for a view, how many findings it holds and whether that is all."""

    view: str
    form: Form
    text: str
    count: int
    is_whole: bool


def show(name: str, columns: Sequence[str], rows: Sequence[Row], *, label: str = "") -> None:
    """Show how to get a table that is all in hand; `name` is the file's, and unique on the page.

    `label` says which table it is, where that is not the one above.
    """
    with st.container(horizontal=True, vertical_alignment="center", key=f"export-{name}"):
        if label:
            st.caption(label, width="content")
        for form in Form:
            _button(name, form, exported(form, columns, rows), len(rows))


def show_all(name: str, listing: Listing, filters: Filters, organization: Organization) -> None:
    """Show how to get every finding of a view, also those that the page does not show."""
    if not listing.has_more:
        show(name, _columns(filters), _rows(listing.findings, filters, organization))
        return
    kept = st.session_state.get(_KEPT)
    with st.container(horizontal=True, vertical_alignment="center", key=f"export-{name}"):
        for form in Form:
            if st.button(f"Export all as {form.upper()}", icon=":material/download:", key=f"prepare-{name}-{form}"):
                kept = st.session_state[_KEPT] = _prepared(form, filters, organization)
        if kept and kept.view == _view(filters):
            _button(name, kept.form, kept.text, kept.count)
            if not kept.is_whole:
                st.caption(_CUT.format(count=kept.count))


def _columns(filters: Filters) -> tuple[str, ...]:
    return SUPPRESSED_COLUMNS if filters.status is State.SUPPRESSED else FINDING_COLUMNS


def _rows(findings: Sequence[Finding], filters: Filters, organization: Organization) -> list[Row]:
    whole = data.in_full(findings) if filters.status is State.SUPPRESSED else findings
    return [finding_row(one, organization) for one in whole]


def _button(name: str, form: Form, text: str, count: int) -> None:
    label = f"Save {form.upper()} ({count:,} row{'s' if count != 1 else ''})"
    st.download_button(
        label,
        text,
        f"muster-{name}.{form}",
        form.mime,
        key=f"save-{name}-{form}",
        icon=":material/download:",
        on_click="ignore",
    )


def _prepared(form: Form, filters: Filters, organization: Organization) -> Prepared:
    export, looked_at, is_whole = Export(form, _columns(filters)), 0, True
    expected = _expected(filters, organization)
    with st.container():
        bar = st.progress(0.0, "Reading findings")
        for page, looked_at in data.every(filters, organization):
            export.add(_rows(page[: MOST_EXPORTED - export.count], filters, organization))
            bar.progress(
                min(looked_at / max(expected, 1), 1.0), f"{export.count:,} findings of {looked_at:,} looked at"
            )
            if export.count >= MOST_EXPORTED or looked_at >= _MOST_LOOKED_AT:
                is_whole = False
                break
        bar.empty()
    return Prepared(_view(filters), form, export.text(), export.count, is_whole)


def _expected(filters: Filters, organization: Organization) -> int:
    """Return how many findings will be looked at, as far as counters know; otherwise the most that are."""
    if filters.status is not State.OPEN:
        return MOST_EXPORTED
    return sum(data.tallies(filters, organization).open_in_all.values()) or MOST_EXPORTED


def _view(filters: Filters) -> str:
    return repr(parameters(msgspec.structs.replace(filters, shown=Filters().shown)))
