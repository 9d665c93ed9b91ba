"""Overview: how well, how bad, what is new, where, and whether every account is really watched."""

from datetime import datetime

import msgspec
import streamlit as st

from contract.finding import Finding, Severity
from dashboard import charts, data, descriptions, filtering
from dashboard.activity import Activity
from dashboard.charts import Counts
from dashboard.creations import AT_A_GLANCE, creations
from dashboard.filters import Filters
from dashboard.links import account_address, finding_address, findings_address, page_address
from dashboard.markup import (
    NOTHING,
    Html,
    ago,
    badge,
    card,
    column,
    empty,
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
from dashboard.views import strip, tables
from dashboard.views.parts import part

_LISTED = 8
_DETECTIONS = 8
# What is new is new since then, unless the filters say another time.
_NEW_DAYS = 7
_TREND_DAYS = (7, 30, 90, 365)
_BY_ACCOUNT = "Accounts with most that is serious"
_BY_DETECTION = "Most frequent detections"
_SAMPLED = "Of {count:,} findings that were looked at; there may be more."
_QUIET = "If that surprises you, muster status says whether every account still reports."
_NEXT_STEP = "Run make demo for a whole organization on this machine, or make deploy to roll out to yours."
_SCORE = "100: nothing is open. Findings count by severity, accepted ones do not; an account that nobody watches has 0."


def show() -> None:
    """Show the organization on one screen: numbers from rollups, one page of the newest serious findings."""
    whole, filters, now = data.organization(), filtering.current().of_every_page, data.present()
    organization = whole.narrowed(filters)
    with st.spinner("Adding up", show_time=True):
        activity = data.activity(filters, whole)
    st.html(_head(whole, activity, filters))
    if not (whole.accounts or whole.spokes or activity.tallies.open or any(activity.trend.new(_NEW_DAYS).values())):
        st.html(card("Welcome to Muster", empty("No account reports to this hub yet", _NEXT_STEP)))
        return
    score = score_of(organization, activity.tallies.open, now)
    st.html(_first_row(score, activity, filters))
    with part("Coverage"):
        created = creations(organization, filters, AT_A_GLANCE)
        watched = column((strip.spokes(organization, now), strip.tags(created)))
        st.html(grid([trend(activity.trend, filters), watched], "wide"))
    st.html(newest(whole, activity, filters, now))
    st.html(grid([_accounts(whole, activity, filters), _detections(activity, filters)]))


def _head(organization: Organization, activity: Activity, filters: Filters) -> Html:
    words = f"{sentence(organization, activity)} {activity.remark}"
    clear = link("overview", text("Clear all filters")) if filters != Filters() else NOTHING
    return Html(f'<div class="m-head"><h1>Overview</h1><p>{text(words)}</p>{clear}</div>')


def sentence(organization: Organization, activity: Activity) -> str:
    """Return how bad it is, in words."""
    total = sum(activity.tallies.open_in_all.values())
    if not total:
        return "No open findings."
    worst = max(activity.tallies.open.items(), key=lambda pair: _weight(pair[1]), default=None)
    where = f" {organization.name(worst[0])} is hit worst." if worst and worst[0] else ""
    return f"{total:,} open finding{'s' if total > 1 else ''}.{where}"


def _weight(counts: Counts) -> tuple[int, ...]:
    return tuple(counts.get(severity, 0) for severity in charts.WORST_FIRST)


def _first_row(score: Score | None, activity: Activity, filters: Filters) -> Html:
    return grid([_score_card(score, activity, filters), *tiles(activity, filters)], "score")


def tiles(activity: Activity, filters: Filters) -> list[Html]:
    """Return a number for each severity, with the new ones."""
    shown = filters.severity or tuple(Severity)
    return [_severity_tile(one, activity, filters) for one in charts.WORST_FIRST if one in shown]


def _score_card(score: Score | None, activity: Activity, filters: Filters) -> Html:
    if score is None:
        return card("Score", empty("No active account", "The filters leave none, or the inventory has not run yet."))
    accepted = sum(activity.tallies.accepted_in_all.values())
    gauge = charts.gauge(score.points, "Score")
    value = Html(f'<p class="m-score" title="{text(_SCORE)}"><strong>{score.points:.0f}</strong> of 100{gauge}</p>')
    beside = f"{accepted:,} accepted finding{'s are' if accepted != 1 else ' is'} not counted." if accepted else ""
    note = Html(f'<p class="m-sub">{text(beside)}</p>') if beside else NOTHING
    return card("Score", joined((value, _gap(score, filters), note)))


def _gap(score: Score, filters: Filters) -> Html:
    if not score.gap:
        return Html('<p class="m-good">No gap worth naming.</p>')
    words = f"{score.gap}. Without that: {score.if_mended:.0f}."
    address = page_address("coverage", filters)
    if score.severity:
        address = findings_address(msgspec.structs.replace(filters, severity=(score.severity,)))
    return Html(f"<p><b>Biggest gap:</b> {link(address, text(words))}</p>")


def _severity_tile(severity: Severity, activity: Activity, filters: Filters) -> Html:
    count = activity.tallies.open_in_all.get(severity, 0)
    accepted = activity.tallies.accepted_in_all.get(severity, 0)
    days = min(filters.days or _NEW_DAYS, len(activity.trend.days))
    new = activity.trend.new(days).get(severity, 0)
    address = findings_address(msgspec.structs.replace(filters, severity=(severity,)))
    since = "today (UTC)" if days == 1 else f"in {days} days"
    lately = Html(f'<small class="{"m-new" if new else ""}">{f"+{new:,}" if new else "none"} new {since}</small>')
    return severity_tile(severity, count, accepted, address, lately)


def trend(trend: Trend, filters: Filters) -> Html:
    """Return the new findings of each day."""
    title = f"New findings, {len(trend.days)} days"
    if not any(counts for _, counts in trend.days):
        return card(
            title, empty(f"Nothing new in {len(trend.days)} days", _QUIET), trend.remark, _periods(trend, filters)
        )
    new = sum(trend.new(len(trend.days)).values())
    closed = "" if trend.closed is None else f", {sum(trend.closed.values()):,} closed or accepted"
    below = Html(f'<p class="m-sub">{number(new)} new{closed}.</p>')
    drawn = joined((charts.trend(trend.days, "New findings"), below, charts.legend()))
    return card(title, drawn, trend.remark, _periods(trend, filters))


def _periods(trend: Trend, filters: Filters) -> Html:
    """Return the times that a trend is shown for, each a link."""
    labels = []
    for days in _TREND_DAYS:
        address = page_address("overview", msgspec.structs.replace(filters, days=days))
        shown = Html(f"<b>{days} d</b>") if days == len(trend.days) else link(address, text(f"{days} d"))
        labels.append(shown)
    return Html(f'<nav class="m-periods" aria-label="Time">{joined(labels)}</nav>')


def _accounts(organization: Organization, activity: Activity, filters: Filters) -> Html:
    ranked = sorted(activity.tallies.open.items(), key=lambda pair: _weight(pair[1]), reverse=True)
    if not ranked:
        return card(_BY_ACCOUNT, empty("No open findings", _QUIET))
    largest = max(sum(counts.values()) for _, counts in ranked[:_LISTED])
    every = link(page_address("accounts", filters), text("All of them"))

    def row(ranked: tuple[str, Counts]) -> tuple[Html, ...]:
        return _account_row(organization, *ranked, largest, filters)

    columns, rest = ("Account", "Open", "Severity"), "the page Accounts has them all"
    return tables.listed(_BY_ACCOUNT, columns, ranked, row, aside=every, most=_LISTED, rest=rest)


def _account_row(
    organization: Organization, account: str, counts: Counts, largest: int, filters: Filters
) -> tuple[Html, Html, Html]:
    name = link(account_address(account, filters), text(organization.name(account)))
    place = second_line(organization.path(account))
    total = Html(f'<span class="m-number">{number(sum(counts.values()))}</span>')
    return joined((name, place)), total, charts.severity_bar(counts, largest)


def _detections(activity: Activity, filters: Filters) -> Html:
    ranked = sorted(activity.by_detection.items(), key=lambda pair: pair[1], reverse=True)
    if not ranked:
        return card(_BY_DETECTION, empty("No detection has fired", _QUIET))
    every = link(findings_address(filters, group="detection"), text("All of them"))
    some = activity.detections_of
    extent = _SAMPLED.format(count=some) if some is not None else ""
    columns, rest = ("Detection", "Open"), "Findings, grouped by detection, has them all"

    def row(ranked: tuple[str, int]) -> tuple[Html, ...]:
        return _detection_row(*ranked, filters)

    return tables.listed(_BY_DETECTION, columns, ranked, row, hint=extent, aside=every, most=_DETECTIONS, rest=rest)


def _detection_row(detection: str, count: int, filters: Filters) -> tuple[Html, Html]:
    address = findings_address(msgspec.structs.replace(filters, detection=(detection,)))
    title = descriptions.title(detection)
    identifier = Html(f'<span class="m-sub m-code">{text(detection)}</span>') if title != detection else NOTHING
    return joined((link(address, text(title)), identifier)), Html(f'<span class="m-number">{number(count)}</span>')


def newest(organization: Organization, activity: Activity, filters: Filters, now: datetime) -> Html:
    """Return the newest serious findings."""
    title = "Newest critical and high findings"
    if not activity.newest:
        return card(title, empty("Nothing critical or high is open", "Whatever else is open is under Findings."))
    serious = tuple(one for one in (Severity.HIGH, Severity.CRITICAL) if one in (filters.severity or Severity))
    every = link(findings_address(msgspec.structs.replace(filters, severity=serious)), text("All of them"))
    columns = ("Severity", "Finding", "Account", "Seen")
    return tables.listed(
        title, columns, activity.newest, lambda one: _finding_row(organization, one, filters, now), aside=every
    )


def _finding_row(
    organization: Organization, finding: Finding, filters: Filters, now: datetime
) -> tuple[Html, Html, Html, Html]:
    return (
        badge(finding.severity),
        link(finding_address(finding.id, filters), text(organization.title(finding))),
        link(account_address(finding.account, filters), text(organization.name(finding.account))),
        ago(finding.first_seen, now),
    )
