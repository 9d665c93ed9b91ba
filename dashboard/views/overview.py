"""Overview: how bad, what is new, where, and whether every account is really watched."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import streamlit as st

from contract.finding import Finding, Severity
from dashboard import charts, data
from dashboard.charts import Counts
from dashboard.filters import Filters
from dashboard.links import finding_address, findings_address
from dashboard.markup import NOTHING, Html, ago, badge, card, empty, facts, grid, joined, link, number, table, text
from dashboard.organization import Organization, Reporter

_LISTED = 8
_NAMED = 5
_NEXT_STEP = "Run make demo for a whole organization on this machine, or make deploy to roll out to yours."


def show() -> None:
    """Show the organization on one screen: numbers from rollups, one page of the newest critical findings."""
    organization = data.organization()
    now = data.present()
    st.html(_head(organization))
    st.html(_tiles(organization))
    st.html(grid([_trend(organization), _watched(organization, now)], "wide"))
    st.html(grid([_accounts(organization), _detections(organization)]))
    st.html(grid([_newest(organization, now), _tagging(organization)], "wide"))


def _head(organization: Organization) -> Html:
    return Html(f'<div class="m-head"><h1>Overview</h1><p>{text(_sentence(organization))}</p></div>')


def _sentence(organization: Organization) -> str:
    total = sum(organization.open.values())
    if not total:
        return "No open findings."
    worst = max(organization.by_account.items(), key=lambda pair: _weight(pair[1]), default=None)
    where = f"; {organization.name(worst[0])} has the most serious ones" if worst else ""
    return f"{total:,} open findings in {len(organization.by_account):,} accounts{where}."


def _weight(counts: Counts) -> tuple[int, ...]:
    return tuple(counts.get(severity, 0) for severity in charts.WORST_FIRST)


def _tiles(organization: Organization) -> Html:
    severities = [_severity_tile(one, organization.open.get(one, 0)) for one in charts.WORST_FIRST]
    return grid([*severities, _new_tile(organization)], "tiles")


def _severity_tile(severity: Severity, count: int) -> Html:
    zero = "" if count else " m-zero"
    address = findings_address(Filters(severity=(severity,)))
    return Html(
        f'<a class="m-tile m-{severity.lower()}{zero}" href="{text(address)}"><small>{text(severity.capitalize())}</small>'
        f"<strong>{number(count)}</strong><small>open</small></a>"
    )


def _new_tile(organization: Organization) -> Html:
    days = [sum(counts.values()) for _, counts in organization.days]
    return Html(
        f'<a class="m-tile" href="findings"><small>New since yesterday</small><strong>{number(sum(days[-2:]))}</strong>'
        f"<small>{number(sum(days[-7:]))} in 7 days {charts.sparkline(days[-7:], 'New findings a day')}</small></a>"
    )


def _trend(organization: Organization) -> Html:
    if not any(sum(counts.values()) for _, counts in organization.days):
        return card("New findings a day", empty("Nothing happened in 14 days", _NEXT_STEP))
    return card("New findings a day", charts.trend(organization.days, "New findings a day"), aside=charts.legend())


def _accounts(organization: Organization) -> Html:
    ranked = sorted(organization.by_account.items(), key=lambda pair: _weight(pair[1]), reverse=True)
    if not ranked:
        return card("Open findings by account", empty("No open findings", _NEXT_STEP))
    largest = max(sum(counts.values()) for _, counts in ranked)
    rows = [_account_row(organization, account, counts, largest) for account, counts in ranked[:_LISTED]]
    more = f"{len(ranked) - _LISTED} more accounts have open findings." if len(ranked) > _LISTED else ""
    return card("Open findings by account", table(("Account", "Open", "Severity"), rows, "Open findings by account"), more)


def _account_row(organization: Organization, account: str, counts: Counts, largest: int) -> tuple[Html, Html, Html]:
    name = link(findings_address(Filters(account=(account,))), text(organization.name(account)))
    place = Html(f'<span class="m-sub">{text(organization.path(account))}</span>')
    total = Html(f'<span class="m-number">{number(sum(counts.values()))}</span>')
    return joined((name, place)), total, charts.severity_bar(counts, largest)


def _detections(organization: Organization) -> Html:
    ranked = sorted(organization.by_detection.items(), key=lambda pair: pair[1], reverse=True)
    if not ranked:
        return card("Most frequent detections", empty("No detection has fired", _NEXT_STEP))
    rows = [_detection_row(detection, count) for detection, count in ranked[:_LISTED]]
    return card("Most frequent detections", table(("Detection", "Open"), rows, "Most frequent detections"))


def _detection_row(detection: str, count: int) -> tuple[Html, Html]:
    name = link(findings_address(Filters(detection=(detection,))), text(data.detection_title(detection)))
    identifier = Html(f'<span class="m-sub m-code">{text(detection)}</span>')
    return joined((name, identifier)), Html(f'<span class="m-number">{number(count)}</span>')


def _newest(organization: Organization, now: datetime) -> Html:
    title = "Newest critical and high findings"
    if not organization.newest:
        return card(title, empty("Nothing critical or high is open", "Medium and lower ones are under Findings."))
    rows = [_finding_row(organization, finding, now) for finding in organization.newest]
    every = link(findings_address(Filters(severity=(Severity.HIGH, Severity.CRITICAL))), text("All of them"))
    return card(title, table(("Severity", "Finding", "Account", "Seen"), rows, title), aside=every)


def _finding_row(organization: Organization, finding: Finding, now: datetime) -> tuple[Html, Html, Html, Html]:
    return (
        badge(finding.severity),
        link(finding_address(finding.id), text(finding.title)),
        text(organization.name(finding.account)),
        ago(finding.first_seen, now),
    )


def _watched(organization: Organization, now: datetime) -> Html:
    spokes, silent = organization.spokes, organization.silent(now)
    if not spokes:
        return card("Accounts and spokes", empty("No spoke has reported yet", _NEXT_STEP))
    reporting = len(spokes) - len(silent)
    headline = Html(f'<p><span class="m-number">{number(reporting)}</span> of {number(len(spokes))} spokes report</p>')
    parts = (headline, charts.share(reporting, len(spokes), "Spokes reporting"), *_missing(organization, silent, now))
    return card("Accounts and spokes", joined(parts), aside=text(f"{len(organization.accounts):,} accounts"))


def _missing(organization: Organization, silent: Sequence[Reporter], now: datetime) -> Iterable[Html]:
    absent = organization.never_joined()
    unwell = [spoke for spoke in organization.spokes if any(spoke.checks.values()) and spoke not in silent]
    yield _named("Silent", [_spoke(organization, spoke, ago(spoke.seen, now)) for spoke in silent])
    yield _named("Never reported", [text(organization.label(account)) for account in absent])
    yield _named("Reporting, but not well", [_spoke(organization, one, text(_complaints(one))) for one in unwell])
    if not (silent or absent or unwell):
        yield Html('<p class="m-good">Every account reports, and every check is well.</p>')


def _named(title: str, items: Sequence[Html]) -> Html:
    if not items:
        return NOTHING
    more = Html(f"<li>and {len(items) - _NAMED:,} more</li>") if len(items) > _NAMED else NOTHING
    lines = joined(Html(f"<li>{item}</li>") for item in items[:_NAMED])
    return Html(f'<h3>{text(title)} ({len(items):,})</h3><ul class="m-list">{lines}{more}</ul>')


def _spoke(organization: Organization, spoke: Reporter, remark: Html) -> Html:
    return Html(f'{text(organization.name(spoke.account))} <span class="m-hint">{text(spoke.region)} · {remark}</span>')


def _complaints(spoke: Reporter) -> str:
    return "; ".join(f"{check}: {complaint}" for check, complaint in spoke.checks.items() if complaint)


def _tagging(organization: Organization) -> Html:
    tagging = organization.tagging
    if tagging is None:
        return card("Creator tags", empty("No tagging report yet", "Create a resource in a member account, or run make demo."))
    pairs = (("Written", _count(tagging.written)), ("Failed", _count(tagging.failed, is_bad=tagging.failed > 0)))
    return card("Creator tags, last 7 days", facts(pairs))


def _count(value: int, *, is_bad: bool = False) -> Html:
    return Html(f'<span class="m-big{" m-silent" if is_bad else ""}">{number(value)}</span>')
