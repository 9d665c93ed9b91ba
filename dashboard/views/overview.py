"""Overview: how bad, what is new, where, and whether every account is really watched."""

from datetime import datetime

import streamlit as st

from contract.finding import Finding, Severity
from contract.links import finding_address
from dashboard import charts, data, descriptions
from dashboard.activity import TREND_DAYS, Activity
from dashboard.charts import Counts
from dashboard.filters import Filters
from dashboard.links import findings_address
from dashboard.markup import Html, ago, badge, card, column, empty, grid, joined, link, number, second_line, table, text
from dashboard.organization import Organization
from dashboard.views import coverage

_LISTED = 8
_DETECTIONS = 6
_BY_ACCOUNT = "Open findings by account"
_BY_DETECTION = "Most frequent detections"
_QUIET = "If that surprises you, muster status says whether every account still reports."
_NEXT_STEP = "Run make demo for a whole organization on this machine, or make deploy to roll out to yours."


def show() -> None:
    """Show the organization on one screen: numbers from rollups, one page of the newest critical findings."""
    organization, activity = data.organization(), data.activity()
    now = data.present()
    st.html(_head(organization, activity))
    if not (organization.accounts or organization.spokes or any(activity.new_by_day)):
        st.html(card("Welcome to Muster", empty("No account reports to this hub yet", _NEXT_STEP)))
        return
    st.html(tiles(activity))
    watched = column((coverage.spokes(organization, now), coverage.tags(activity)))
    st.html(grid([trend(activity), watched], "wide"))
    st.html(newest(organization, activity, now))
    st.html(grid([_accounts(organization, activity), _detections(activity)]))


def _head(organization: Organization, activity: Activity) -> Html:
    return Html(f'<div class="m-head"><h1>Overview</h1><p>{text(sentence(organization, activity))}</p></div>')


def sentence(organization: Organization, activity: Activity) -> str:
    """Return how bad it is, in words."""
    total = sum(activity.open.values())
    if not total:
        return "No open findings."
    worst = max(activity.by_account.items(), key=lambda pair: _weight(pair[1]), default=None)
    where = f" {organization.name(worst[0])} is hit worst." if worst else ""
    return f"{total:,} open finding{'s' if total > 1 else ''}.{where}"


def _weight(counts: Counts) -> tuple[int, ...]:
    return tuple(counts.get(severity, 0) for severity in charts.WORST_FIRST)


def tiles(activity: Activity) -> Html:
    """Return a number for each severity, and the new ones."""
    return grid([*(_severity_tile(one, activity) for one in charts.WORST_FIRST), _new_tile(activity)], "tiles")


def _severity_tile(severity: Severity, activity: Activity) -> Html:
    count, accepted = activity.open.get(severity, 0), activity.accepted.get(severity, 0)
    kind = f"m-tile m-{severity.lower()}" if count else "m-tile m-zero"
    address = findings_address(Filters(severity=(severity,)))
    beside = f"open, {number(accepted)} accepted" if accepted else "open"
    return Html(
        f'<a class="{kind}" href="{text(address)}"><small>{text(severity.capitalize())}</small>'
        f"<strong>{number(count)}</strong><small>{beside}</small></a>"
    )


def _new_tile(activity: Activity) -> Html:
    days = activity.new_by_day[-7:]
    return Html(
        f'<a class="m-tile" href="findings"><small>New today (UTC)</small>'
        f"<strong>{number(days[-1])} {charts.sparkline(days, 'New findings a day')}</strong>"
        f"<small>{number(sum(days))} in 7 days</small></a>"
    )


def trend(activity: Activity) -> Html:
    """Return the new findings of each day."""
    if not any(activity.new_by_day):
        return card("New findings a day", empty(f"Nothing new in {TREND_DAYS} days", _QUIET))
    return card("New findings a day", charts.trend(activity.days, "New findings a day"), aside=charts.legend())


def _accounts(organization: Organization, activity: Activity) -> Html:
    ranked = sorted(activity.by_account.items(), key=lambda pair: _weight(pair[1]), reverse=True)
    if not ranked:
        return card(_BY_ACCOUNT, empty("No open findings", _QUIET))
    largest = max(sum(counts.values()) for _, counts in ranked)
    rows = [_account_row(organization, account, counts, largest) for account, counts in ranked[:_LISTED]]
    extent = f"The {_LISTED} most serious of {len(ranked):,}." if len(ranked) > _LISTED else "The most serious first."
    return card(_BY_ACCOUNT, table(("Account", "Open", "Severity"), rows, _BY_ACCOUNT), extent)


def _account_row(organization: Organization, account: str, counts: Counts, largest: int) -> tuple[Html, Html, Html]:
    name = link(findings_address(Filters(account=(account,))), text(organization.name(account)))
    place = second_line(organization.path(account))
    total = Html(f'<span class="m-number">{number(sum(counts.values()))}</span>')
    return joined((name, place)), total, charts.severity_bar(counts, largest)


def _detections(activity: Activity) -> Html:
    ranked = sorted(activity.by_detection.items(), key=lambda pair: pair[1], reverse=True)
    some = activity.detections_of
    extent = f"Of {some:,} findings that were looked at; there may be more." if some is not None else ""
    if not ranked:
        return card(_BY_DETECTION, empty("No detection has fired", _QUIET), extent)
    rows = [_detection_row(detection, count) for detection, count in ranked[:_DETECTIONS]]
    return card(_BY_DETECTION, table(("Detection", "Open"), rows, _BY_DETECTION), extent)


def _detection_row(detection: str, count: int) -> tuple[Html, Html]:
    name = link(findings_address(Filters(detection=(detection,))), text(descriptions.title(detection)))
    identifier = Html(f'<span class="m-sub m-code">{text(detection)}</span>')
    return joined((name, identifier)), Html(f'<span class="m-number">{number(count)}</span>')


def newest(organization: Organization, activity: Activity, now: datetime) -> Html:
    """Return the newest serious findings."""
    title = "Newest critical and high findings"
    if not activity.newest:
        return card(title, empty("Nothing critical or high is open", "Whatever else is open is under Findings."))
    rows = [_finding_row(organization, finding, now) for finding in activity.newest]
    every = link(findings_address(Filters(severity=(Severity.HIGH, Severity.CRITICAL))), text("All of them"))
    return card(title, table(("Severity", "Finding", "Account", "Seen"), rows, title), aside=every)


def _finding_row(organization: Organization, finding: Finding, now: datetime) -> tuple[Html, Html, Html, Html]:
    return (
        badge(finding.severity),
        link(finding_address(finding.id), text(organization.title(finding))),
        text(organization.name(finding.account)),
        ago(finding.first_seen, now),
    )
