"""The list of findings by what they share; one group opens in its place."""

from collections.abc import Mapping
from datetime import datetime

import streamlit as st

from contract.finding import Finding
from contract.resource import short_name
from dashboard import compliance, data, descriptions
from dashboard.charts import severity_bar
from dashboard.filters import Filters, Group
from dashboard.grouping import Grouped, counted, grouped, is_counted, narrowed
from dashboard.links import finding_address, findings_address
from dashboard.listing import Listing
from dashboard.markup import (
    ABSENT,
    NOTHING,
    Html,
    age,
    ago,
    badge,
    joined,
    link,
    number,
    second_line,
    text,
)
from dashboard.organization import Organization
from dashboard.views import tables
from hub.store.compliance import Standing

_COLUMNS = ("Findings", "Severity", "Accounts", "Resources", "Failing for", "Newest")
_OPEN = "open"
_MEMBERS = 8
_MOST_GROUPS = 200
_PARTIAL = "≥ and - : of the {read:,} newest findings that were read; the numbers of findings are of all."
_SAMPLE = "Groups of the first {read:,} findings: what these filters ask, no counter knows. Narrow them for the others."


def show(listing: Listing, filters: Filters, organization: Organization) -> None:
    """Show the groups of a view."""
    known = counted(filters, data.tallies(filters, organization), organization) if listing.has_more else {}
    groups = grouped(listing, filters.group, organization, known)
    judged = _judged(filters, organization)
    total = sum(group.number for group in groups)
    title = f"{'The first ' if listing.has_more and not known else ''}{total:,} findings in {len(groups):,} groups"
    opened = st.query_params.get(_OPEN)

    def row(group: Grouped) -> tuple[Html, ...]:
        resources = _resources(group, judged.get(group.key))
        return _row(group, resources, filters, organization, is_open=group.key == opened)

    def below(group: Grouped) -> Html | None:
        return _members(group, filters, organization) if group.key == opened else None

    st.html(
        tables.listed(
            title,
            (filters.group.capitalize(), *_COLUMNS),
            groups,
            row,
            below=below,
            hint=_hint(listing, bool(known)),
            most=_MOST_GROUPS,
            rest="narrow the filters for the others",
            name="groups",
        )
    )


def _hint(listing: Listing, is_counted: bool) -> str:
    if not listing.has_more:
        return ""
    return (_PARTIAL if is_counted else _SAMPLE).format(read=len(listing.findings))


def _judged(filters: Filters, organization: Organization) -> Mapping[str, Standing]:
    """Return how each control of Security Hub stands, where its counters answer the view."""
    if filters.group is not Group.DETECTION or not is_counted(filters) or data.is_over_api():
        return {}
    found = compliance.by_control(organization.narrowed(filters), filters) or []
    return {one.name: one for one in found}


def _resources(group: Grouped, standing: Standing | None) -> Html:
    if standing is None or not standing.judged:
        return _at_least(group.resources, group)
    words = f"{standing.failed:,} fail of {standing.judged:,} that the control judged"
    return Html(f'<span title="{text(words)}">{standing.failed:,} of {standing.judged:,}</span>')


def _row(
    group: Grouped, resources: Html, filters: Filters, organization: Organization, *, is_open: bool
) -> tuple[Html, ...]:
    now = data.present()
    return (
        _name(group, filters, organization, is_open=is_open),
        Html(f'<span class="m-number">{number(group.number)}</span>'),
        severity_bar(group.counts, sum(group.counts.values())),
        _at_least(group.accounts, group),
        resources,
        _failing_for(group, now),
        ago(group.newest, now) if group.newest else ABSENT,
    )


def _name(group: Grouped, filters: Filters, organization: Organization, *, is_open: bool) -> Html:
    opened = {} if is_open else {_OPEN: group.key}
    words = "Close" if is_open else "Open"
    label = Html(f'<span aria-label="{words} this group" title="{words}">{"▾" if is_open else "▸"}</span>')
    toggle = Html(f'<span class="m-toggle">{link(findings_address(filters, **opened), label)}</span>')
    title = _title(group, filters, organization)
    whole = link(findings_address(narrowed(group.key, filters, organization)), text(title))
    below = second_line(group.key) if filters.group is Group.DETECTION and title != group.key else NOTHING
    return Html(f'<div class="m-group">{toggle}<div>{whole}{below}</div></div>')


def _title(group: Grouped, filters: Filters, organization: Organization) -> str:
    key = group.key
    if filters.group is Group.ACCOUNT:
        return organization.label(key)
    if filters.group is Group.OWNER:
        return key or "No owner"
    if filters.group is Group.DETECTION:
        described = descriptions.title(key)
        return group.findings[0].title if described == key and group.findings else described
    return key


def _failing_for(group: Grouped, now: datetime) -> Html:
    if not group.oldest:
        return ABSENT
    since = age(group.oldest, now)
    return joined((text("≥ "), since)) if group.is_partial else since


def _at_least(count: int, group: Grouped) -> Html:
    if not count:
        return ABSENT
    return joined((text("≥ "), number(count))) if group.is_partial else number(count)


def _members(group: Grouped, filters: Filters, organization: Organization) -> Html:
    """Return the first findings of a group, asked of the store: those that were read may be none of them."""
    view = narrowed(group.key, filters, organization)
    listing = data.listed(view, organization).first(_MEMBERS)
    now = data.present()
    items = joined(_member(one, view, organization, now) for one in listing.findings)
    every = link(findings_address(view), text("All of them")) if listing.has_more else NOTHING
    return Html(f'<ul class="m-members">{items}</ul>{every}')


def _member(finding: Finding, view: Filters, organization: Organization, now: datetime) -> Html:
    title = link(finding_address(finding.id, view), text(organization.title(finding)))
    place = f"{organization.name(finding.account)} · {finding.region} · {short_name(finding.resource)}"
    hint = Html(f'<span class="m-hint">{text(place)} · {ago(finding.first_seen, now)}</span>')
    return Html(f"<li>{badge(finding.severity)} {title} {hint}</li>")
