"""Findings: a filtered list that its address reproduces; one finding when the address names it."""

from datetime import datetime

import msgspec
import streamlit as st

from contract.finding import Finding, Workflow
from contract.resource import short_name
from dashboard import data, filtering
from dashboard.filters import MOST_SHOWN, Filters, Group, Order, State
from dashboard.links import account_address, finding_address, findings_address
from dashboard.listing import CLOSED_DAYS, Listing
from dashboard.markup import (
    ABSENT,
    NOTHING,
    Html,
    age,
    ago,
    badge,
    breakable,
    card,
    chip,
    empty,
    headed_table,
    joined,
    link,
    second_line,
    text,
)
from dashboard.organization import Organization
from dashboard.views import bulk, exporting, groups
from dashboard.views import finding as detail

_COLUMNS = ("Severity", "Finding", "Account", "Resource", "Actor", "First seen")
_AGE, _ACCEPTED = "Open for", "Accepted"


def show() -> None:
    """Show the list, or the finding that `?finding=<id>` names."""
    organization = data.organization()
    chosen = st.query_params.get("finding")
    if chosen:
        detail.show(chosen, organization)
        return
    st.html('<div class="m-head"><h1>Findings</h1></div>')
    bulk.show_done()
    filters = filtering.show_more(data.detections())
    with st.spinner("Reading findings", show_time=True):
        listing = data.listed(filters, organization)
    if not listing.findings:
        st.html(card("No findings", _nothing(filters)))
        return
    if filters.group is not Group.NONE:
        groups.show(listing, filters, organization)
    if filters.group is Group.NONE and not bulk.show(listing, filters, organization):
        st.html(_list(listing, filters, organization))
    _show_foot(listing, filters, organization)


def _list(listing: Listing, filters: Filters, organization: Organization) -> Html:
    now, is_accepted = data.present(), filters.status is State.SUPPRESSED
    findings = data.in_full(listing.findings) if is_accepted else listing.findings
    rows = [_row(finding, filters, organization, now) for finding in findings]
    title = counted_words(listing)
    heads = [_head(words, filters) for words in (*_COLUMNS, _ACCEPTED if is_accepted else _AGE)]
    return card(title, headed_table(heads, rows, title), aside=clear(filters))


# The store sorts by these; it has no index of the others.
_ORDERS = {"Severity": (Order.WORST, Order.NEWEST), "First seen": (Order.NEWEST, Order.OLDEST)}


def _head(words: str, filters: Filters) -> Html:
    if words not in _ORDERS or filters.status.is_closed:
        return text(words)
    first, other = _ORDERS[words]
    order = other if filters.order is first else first
    return link(findings_address(msgspec.structs.replace(filters, order=order)), text(words))


def counted_words(listing: Listing) -> str:
    """Return how many findings a list shows."""
    count = len(listing.findings)
    if listing.has_more:
        return f"The first {count:,} findings"
    return "1 finding" if count == 1 else f"{count:,} findings"


def clear(filters: Filters) -> Html:
    """Return the link that clears the filters, if there are any."""
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
    title = link(finding_address(finding.id, filters), text(organization.title(finding)))
    account = link(account_address(finding.account, filters), text(organization.name(finding.account)))
    resource = Html(f'<span class="m-any" title="{text(finding.resource)}">{text(short_name(finding.resource))}</span>')
    return (
        joined((badge(finding.severity), _status(finding, filters))),
        joined((title, second_line(finding.detection))),
        joined((account, second_line(finding.region))),
        resource,
        text(finding.actor),
        ago(finding.first_seen, now),
        _accepted(finding) if filters.status is State.SUPPRESSED else _age(finding, filters, now),
    )


def _age(finding: Finding, filters: Filters, now: datetime) -> Html:
    return NOTHING if filters.status.is_closed else age(finding.first_seen, now)


def _accepted(finding: Finding) -> Html:
    """Return why, by whom and until when; a row of the API does not say it."""
    if not finding.workflow_by:
        return ABSENT
    until = f"until {finding.workflow_until[:10]}" if finding.workflow_until else "for good"
    return joined((breakable(finding.note), second_line(f"{until} by {finding.workflow_by}")))


def _status(finding: Finding, filters: Filters) -> Html:
    if not filters.status.is_closed:
        return chip("Acknowledged") if finding.workflow is Workflow.NOTIFIED else NOTHING
    # The index does not say why a provider closed a finding; the finding itself does.
    return chip("Closed" if finding.is_open else finding.status.capitalize())


def _show_foot(listing: Listing, filters: Filters, organization: Organization) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if _may_grow(listing, filters) and st.button("Load more"):
            grown = min(filters.wanted + filters.page, MOST_SHOWN)
            filtering.write_address(msgspec.structs.replace(filters, shown=grown))
            st.rerun()
        st.caption(_extent(listing, filters))
    exporting.show_all("findings", listing, filters, organization)


def _may_grow(listing: Listing, filters: Filters) -> bool:
    return listing.has_more and filters.wanted == len(listing.findings) < MOST_SHOWN


def _extent(listing: Listing, filters: Filters) -> str:
    if listing.has_more:
        return f"Looked at {listing.looked_at:,} findings; more may match. Load them, or narrow the filters."
    return f"That is all of the last {CLOSED_DAYS} days." if filters.status.is_closed else "That is all."
