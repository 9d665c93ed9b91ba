"""Findings: a filtered list that its address reproduces; one finding when the address names it."""

from datetime import datetime

import msgspec
import streamlit as st

from contract.finding import Finding
from contract.links import finding_address
from contract.resource import short_name
from dashboard import data, descriptions, export, filtering
from dashboard.charts import severity_bar
from dashboard.filters import MOST_SHOWN, Filters, Group
from dashboard.grouping import Grouped, grouped
from dashboard.links import findings_address
from dashboard.listing import CLOSED_DAYS, Listing
from dashboard.markup import (
    NOTHING,
    Html,
    ago,
    badge,
    card,
    chip,
    empty,
    joined,
    link,
    number,
    second_line,
    table,
    text,
)
from dashboard.organization import Organization
from dashboard.views import finding as detail

_COLUMNS = ("Severity", "Finding", "Account", "Resource", "Actor", "First seen")
_GROUP_COLUMNS = ("Findings", "Severity", "Accounts", "Resources", "Newest")


def show() -> None:
    """Show the list, or the finding that `?finding=<id>` names."""
    organization = data.organization()
    chosen = st.query_params.get("finding")
    if chosen:
        detail.show(chosen, organization)
        return
    st.html('<div class="m-head"><h1>Findings</h1></div>')
    filters = filtering.show(organization, data.detections())
    listing = data.listed(filters, organization)
    st.html(_list(listing, filters, organization))
    _show_foot(listing, filters, organization)


def _list(listing: Listing, filters: Filters, organization: Organization) -> Html:
    if not listing.findings:
        return card("No findings", _nothing(filters))
    now = data.present()
    if filters.group is Group.NONE:
        rows = [_row(finding, filters, organization, now) for finding in listing.findings]
        return card(_count(listing), table(_COLUMNS, rows, _count(listing)), aside=_clear(filters))
    rows = [_group_row(group, filters, organization, now) for group in grouped(listing.findings, filters.group)]
    title = f"{_count(listing)} in {len(rows):,} groups"
    return card(title, table((filters.group.capitalize(), *_GROUP_COLUMNS), rows, title), aside=_clear(filters))


def _count(listing: Listing) -> str:
    count = len(listing.findings)
    if listing.has_more:
        return f"The first {count:,} findings"
    return "1 finding" if count == 1 else f"{count:,} findings"


def _clear(filters: Filters) -> Html:
    return link("findings", text("Clear all filters")) if filters != Filters(shown=filters.shown) else NOTHING


def _nothing(filters: Filters) -> Html:
    if filters == Filters():
        return empty(
            "No findings yet",
            "Run make demo for a whole organization on this machine, or make deploy to roll out to yours.",
        )
    return joined(
        (empty("Nothing matches these filters", "Take one away."), link("findings", text("Clear all filters")))
    )


def _row(finding: Finding, filters: Filters, organization: Organization, now: datetime) -> tuple[Html, ...]:
    title = link(finding_address(finding.id), text(organization.title(finding)))
    place = joined((text(organization.name(finding.account)), second_line(finding.region)))
    resource = Html(f'<span title="{text(finding.resource)}">{text(short_name(finding.resource))}</span>')
    return (
        joined((badge(finding.severity), _status(finding, filters))),
        joined((title, second_line(finding.detection))),
        place,
        resource,
        text(finding.actor),
        ago(finding.first_seen, now),
    )


def _status(finding: Finding, filters: Filters) -> Html:
    if not filters.status.is_closed:
        return NOTHING
    # The index does not say why a provider closed a finding; the finding itself does.
    return chip("Closed" if finding.is_open else finding.status.capitalize())


def _group_row(group: Grouped, filters: Filters, organization: Organization, now: datetime) -> tuple[Html, ...]:
    return (
        link(
            findings_address(_narrowed(group.key, filters)), text(_group_name(group.key, filters.group, organization))
        ),
        number(len(group.findings)),
        severity_bar(group.counts, len(group.findings)),
        number(group.accounts),
        number(group.resources),
        ago(group.newest, now),
    )


def _narrowed(key: str, filters: Filters) -> Filters:
    flat = msgspec.structs.replace(filters, group=Group.NONE)
    if filters.group is Group.RESOURCE:
        return msgspec.structs.replace(flat, resource=key)
    return msgspec.structs.replace(flat, **{filters.group.value: (key,)})


def _group_name(key: str, by: Group, organization: Organization) -> str:
    if by is Group.ACCOUNT:
        return organization.label(key)
    return descriptions.title(key) if by is Group.DETECTION else key


def _show_foot(listing: Listing, filters: Filters, organization: Organization) -> None:
    if not listing.findings:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if _may_grow(listing, filters) and st.button("Load more"):
            filtering.write_address(
                msgspec.structs.replace(filters, shown=min(filters.wanted + filters.page, MOST_SHOWN))
            )
            st.rerun()
        names = {account: organization.name(account) for account in organization.accounts}
        st.download_button(
            "Export as CSV",
            export.as_csv(listing.findings, names),
            "findings.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        st.caption(_extent(listing, filters))


def _may_grow(listing: Listing, filters: Filters) -> bool:
    return listing.has_more and filters.wanted == len(listing.findings) < MOST_SHOWN


def _extent(listing: Listing, filters: Filters) -> str:
    if listing.has_more:
        return f"Looked at {listing.looked_at:,} findings; more may match. Load them, or narrow the filters."
    return f"That is all of the last {CLOSED_DAYS} days." if filters.status.is_closed else "That is all."
