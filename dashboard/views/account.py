"""One account: how bad, since when, its findings, its spokes, its tags."""

from datetime import datetime

import msgspec
import streamlit as st

from contract.agents import AgentState
from contract.finding import Finding, Severity
from contract.resource import short_name
from dashboard import charts, data
from dashboard.activity import Tallies
from dashboard.backups import kept
from dashboard.creations import WIDE, creations
from dashboard.filters import Filters, Order
from dashboard.instances import instances
from dashboard.links import finding_address, findings_address, page_address
from dashboard.listing import Listing
from dashboard.markup import (
    NOTHING,
    Html,
    ago,
    badge,
    breakable,
    card,
    chip,
    column,
    empty,
    facts,
    grid,
    joined,
    link,
    number,
    second_line,
    severity_tile,
    text,
)
from dashboard.organization import Organization
from dashboard.score import Score, score_of
from dashboard.trends import Trend
from dashboard.views import exporting, strip, tables
from dashboard.views.parts import part
from hub.store.spokes import Spoke

_LISTED = 15
_FINDINGS = "Its worst findings"


def show(account: str, organization: Organization, filters: Filters) -> None:
    """Show an account; one that nobody knows may have findings all the same."""
    now = data.present()
    part_of = organization.narrowed(filters)
    kept = Filters(region=filters.region, severity=filters.severity, days=filters.days)
    st.html(link(page_address("accounts", kept), text("← Accounts")))
    st.html(_head(account, organization))
    tallies = data.tallies(filters, organization)
    st.html(_tiles(account, tallies, score_of(part_of, tallies.open, now), filters))
    with part("Trend"):
        st.html(grid([_trend(data.trend(filters, organization)), _place(account, organization)], "wide"))
    with part(_FINDINGS):
        worst = msgspec.structs.replace(filters, order=Order.WORST)
        listing = data.listed(worst, organization).first(_LISTED)
        st.html(_findings(listing, worst, organization, now))
        exporting.show_all("account", listing, worst, organization)
    with part("Spokes and tags"):
        tags = strip.tags(creations(part_of, filters, WIDE))
        st.html(grid([column([_spokes(part_of.of_account(account), now)]), column([tags])]))
    with part("Instances and backups"):
        st.html(grid([_agents(part_of, filters, now), _backups(part_of, filters)]))


def _head(account: str, organization: Organization) -> Html:
    known = organization.accounts.get(account)
    labels = [chip(account, "code")]
    labels += [chip(known.status.capitalize(), "open" if known.status == "ACTIVE" else "")] if known else []
    labels += [chip("management account")] if known and known.is_management else []
    stranger = NOTHING if known else Html("<p>Organizations does not name this account (any more).</p>")
    title = text(organization.name(account))
    return Html(f'<div class="m-head"><h1>{title}</h1>{stranger}</div><div class="m-chips">{joined(labels)}</div>')


def _tiles(account: str, tallies: Tallies, score: Score | None, filters: Filters) -> Html:
    counts, accepted = tallies.open.get(account, {}), tallies.accepted.get(account, {})
    shown = [one for one in charts.WORST_FIRST if one in (filters.severity or charts.WORST_FIRST)]
    return grid(
        [_score(score), *(_tile(one, counts.get(one, 0), accepted.get(one, 0), filters) for one in shown)], "score"
    )


def _score(score: Score | None) -> Html:
    if score is None:
        return card("Score", empty("None", "Only active accounts have one, the management account with a spoke only."))
    value = Html(f'<p class="m-score"><strong>{score.points:.0f}</strong> of 100</p>')
    return card("Score", joined((value, charts.gauge(score.points, "Score"), second_line(score.gap))))


def _tile(severity: Severity, count: int, accepted: int, filters: Filters) -> Html:
    address = findings_address(msgspec.structs.replace(filters, severity=(severity,)))
    return severity_tile(severity, count, accepted, address)


def _trend(trend: Trend) -> Html:
    title = f"New findings, {len(trend.days)} days"
    if not any(counts for _, counts in trend.days):
        return card(title, empty(f"Nothing new in {len(trend.days)} days", "Choose a longer time above."))
    return card(title, charts.trend(trend.days, "New findings"), trend.remark, charts.legend())


def _place(account: str, organization: Organization) -> Html:
    known = organization.accounts.get(account)
    if known is None:
        return card("What is known", empty("Nothing", "The inventory reads the organization every hour."))
    tags = joined(chip(f"{name} = {value}") for name, value in sorted(known.tags.items()))
    pairs = (
        ("Unit", breakable(known.ou_path)),
        ("Owner", text(known.owner)),
        ("Email", breakable(known.email)),
        ("Joined", text(known.joined[:10])),
        ("Tags", Html(f'<div class="m-chips">{tags}</div>') if tags else NOTHING),
    )
    return card("What is known", facts(pairs))


def _findings(listing: Listing, filters: Filters, organization: Organization, now: datetime) -> Html:
    if not listing.findings:
        return card(_FINDINGS, empty("Nothing is open", "Closed findings are under Findings, by their status."))
    every = link(findings_address(filters), text("All of them"))
    columns = ("Severity", "Finding", "Resource", "Seen")
    return tables.listed(
        _FINDINGS, columns, listing.findings, lambda one: _row(one, filters, organization, now), aside=every
    )


def _row(finding: Finding, filters: Filters, organization: Organization, now: datetime) -> tuple[Html, ...]:
    title = link(finding_address(finding.id, filters), text(organization.title(finding)))
    resource = Html(f'<span class="m-any" title="{text(finding.resource)}">{text(short_name(finding.resource))}</span>')
    return (
        badge(finding.severity),
        title,
        joined((resource, second_line(finding.region))),
        ago(finding.first_seen, now),
    )


def _spokes(spokes: list[Spoke], now: datetime) -> Html:
    if not spokes:
        return card("Spokes", empty("No spoke has reported", "muster status says why this account has none."))

    def row(one: Spoke) -> tuple[Html, ...]:
        return (
            text(one.heartbeat.region),
            Html(f'<span class="{"m-silent" if one.is_silent(now) else "m-nowrap"}">{ago(one.seen_at, now)}</span>'),
            text(one.heartbeat.version),
            _checks(one),
        )

    columns = ("Region", "Last heartbeat", "Version", "Checks")
    return tables.listed("Spokes", columns, spokes, row, most=len(spokes))


def _agents(part_of: Organization, filters: Filters, now: datetime) -> Html:
    title, known = "Security agent", instances(part_of, is_all=False)
    every = link(page_address("coverage", filters), text("Its instances"))
    if not known.accounts:
        return card(title, empty("No instance was counted", "None runs, or agent.enabled is off."), aside=every)
    states = known.states
    pairs = (
        ("With the agent", number(states[AgentState.INSTALLED])),
        ("Lack it", number(known.lacking)),
        ("Left out", number(states[AgentState.EXCLUDED])),
        ("Removed", number(states[AgentState.REMOVED])),
        ("Counted", ago(known.counted_at, now)),
    )
    return card(title, facts(pairs), aside=every)


def _backups(part_of: Organization, filters: Filters) -> Html:
    title, found = "Images and snapshots", kept(part_of, filters)
    every = link(page_address("tagging", filters), text("What is past its date"))
    if not found.regions:
        return card(title, empty("No run over them was reported", "The first comes within a day."), aside=every)
    pairs = (
        ("Kept", number(found.images + found.snapshots)),
        ("Past their date", number(found.due)),
        ("They cost", text(f"${found.due_cost:,.2f} a month at most")),
    )
    return card(title, facts(pairs), aside=every)


def _checks(spoke: Spoke) -> Html:
    wrong = spoke.heartbeat.complaint
    return Html(f'<span class="m-silent">{text(wrong)}</span>') if wrong else text("well")
