"""Findings: a filtered list that its address reproduces; one finding when the address names it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import streamlit as st

from contract.finding import Finding
from contract.resource import short_name
from dashboard import data, descriptions, export, filtering
from dashboard.charts import severity_bar
from dashboard.filters import MOST_SHOWN, PAGE, Filters, Group
from dashboard.grouping import Grouped, grouped
from dashboard.links import finding_address, findings_address
from dashboard.listing import Listing
from dashboard.markup import Html, ago, badge, card, empty, joined, link, number, status_label, table, text
from dashboard.organization import Organization
from dashboard.views import finding as detail

_COLUMNS = ("Severity", "Finding", "Account", "Resource", "Actor", "First seen")
_GROUP_COLUMNS = ("Group", "Findings", "Severity", "Accounts", "Resources", "Newest")


def show() -> None:
    """Show the list, or the finding that `?finding=<id>` names."""
    organization = data.organization()
    chosen = st.query_params.get("finding")
    if chosen:
        detail.show(chosen, organization)
        return
    st.html('<div class="m-head"><h1>Findings</h1></div>')
    filters = filtering.show(organization, data.activity().by_detection)
    listing = data.listed(filters, organization)
    st.html(_list(listing.findings, filters, organization))
    _show_foot(listing, filters, organization)


def _list(findings: Sequence[Finding], filters: Filters, organization: Organization) -> Html:
    if not findings:
        return card("No findings", _nothing(filters))
    now = data.present()
    if filters.group is not Group.NONE:
        rows = [_group_row(group, filters, organization, now) for group in grouped(findings, filters.group)]
        title = f"{len(rows):,} groups"
        return card(title, table(_GROUP_COLUMNS, rows, title))
    title = "1 finding" if len(findings) == 1 else f"{len(findings):,} findings"
    return card(title, table(_COLUMNS, [_row(finding, organization, now) for finding in findings], title))


def _nothing(filters: Filters) -> Html:
    if filters == Filters():
        return empty(
            "No findings yet",
            "Run make demo for a whole organization on this machine, or make deploy to roll out to yours.",
        )
    return joined(
        (empty("Nothing matches these filters", "Take one away."), link("findings", text("Clear all filters")))
    )


def _row(finding: Finding, organization: Organization, now: datetime) -> tuple[Html, ...]:
    title = link(finding_address(finding.id), text(finding.title))
    place = joined((text(organization.name(finding.account)), _sub(finding.region)))
    labels = (
        badge(finding.severity) if finding.is_open else joined((badge(finding.severity), status_label(finding.status)))
    )
    resource = Html(f'<span title="{text(finding.resource)}">{text(short_name(finding.resource))}</span>')
    return (
        labels,
        joined((title, _sub(finding.detection))),
        place,
        resource,
        text(finding.actor),
        ago(finding.first_seen, now),
    )


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
        if listing.has_more and filters.shown < MOST_SHOWN and st.button("Load more"):
            filtering.write_address(msgspec.structs.replace(filters, shown=min(filters.shown + PAGE, MOST_SHOWN)))
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
        st.caption(_extent(listing))


def _extent(listing: Listing) -> str:
    return "More match; load them, or narrow the filters." if listing.has_more else "That is all."


def _sub(value: str) -> Html:
    return Html(f'<span class="m-sub">{text(value)}</span>')
