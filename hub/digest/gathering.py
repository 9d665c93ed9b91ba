"""Reads what all digests of a period need, once."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import msgspec

from contract.clock import iso
from contract.finding import Finding, Severity
from hub.digest.due import Period
from hub.silence import Silence
from hub.store.accounts import ACTIVE, Account
from hub.store.agent_coverage import AgentCoverage
from hub.store.findings import FindingQuery, FindingStore
from hub.store.rollups import Count, RollupStore

# Days of the chart.
DAYS = 30
# So many of the oldest findings of a severity are read; beside them there may be more.
MOST_OLD = 5_000
_DETECTIONS = 5
_PAGE = 500


class Tally(msgspec.Struct, frozen=True):
    """What is known of an account, counts by severity: `new` by day, `closed` in the period, `open` now.

    `old` are open findings: critical ones, and what is open for longer than agreed.
    """

    new: dict[str, Counter[str]]
    closed: Counter[str]
    open: Counter[str]
    old: list[Finding]
    silences: list[Silence]


class Gathered(msgspec.Struct, frozen=True):
    """What was read for all digests of a period.

    `tallies` are of every account of which there is something to tell, also of one that left; `accounts` are those that
    are in the organization. `latest` says by severity when the youngest finding that is overdue was first seen
    (`contract.clock.iso` text). Of the severities in `cut` not all old findings were read. `agents` says of accounts
    with instances how many have the agent, and how many lack it.
    """

    period: Period
    tallies: Mapping[str, Tally]
    accounts: Mapping[str, Account]
    names: Mapping[str, str]
    detections: list[tuple[str, int]]
    sla_days: Mapping[Severity, int]
    latest: Mapping[Severity, str]
    cut: frozenset[Severity]
    agents: Mapping[str, tuple[int, int]]


def gather(  # noqa: PLR0913, PLR0917 - what is read is this list
    period: Period,
    rollups: RollupStore,
    findings: FindingStore,
    accounts: Iterable[Account],
    silences: Iterable[Silence],
    sla_days: Mapping[Severity, int],
    agents: Iterable[AgentCoverage] = (),
) -> Gathered:
    """Read what all digests of a period need; `accounts` are all that are or were of the organization.

    For 1,000 accounts with new findings of two severities and 300 controls every day: 31 queries of counters (700 read
    units), and at most 160 queries (600 read units) for each severity with 5,000 old findings; 25 MB are kept.
    """
    known = list(accounts)
    until = datetime.fromisoformat(f"{period.until}T00:00:00+00:00")
    latest = {severity: iso(until - timedelta(days=days)) for severity, days in sla_days.items()}
    tallies: dict[str, Tally] = {}
    detections: Counter[str] = Counter()
    for back in range(1, max(DAYS, 2 * period.days) + 1):
        day, is_within = period.day(back), back <= period.days
        for one in rollups.counts(day):
            if one.account:
                _count_day(_tally(tallies, one.account), day, one, is_within=is_within)
            elif is_within and one.findings:
                detections[one.control] += one.findings
    for one in rollups.counts():
        if one.account and one.findings:
            _tally(tallies, one.account).open[one.severity] += one.findings
    for silence in silences:
        _tally(tallies, silence.account).silences.append(silence)
    return Gathered(
        period,
        tallies,
        {one.id: one for one in known if one.status == ACTIVE},
        {one.id: one.name for one in known if one.name},
        detections.most_common(_DETECTIONS),
        sla_days,
        latest,
        frozenset(_read_old(findings, tallies, latest)),
        {one.account: (one.installed, one.lacking) for one in agents if one.installed or one.lacking},
    )


def _tally(tallies: dict[str, Tally], account: str) -> Tally:
    if account not in tallies:
        tallies[account] = Tally({}, Counter(), Counter(), [], [])
    return tallies[account]


def _count_day(tally: Tally, day: str, count: Count, *, is_within: bool) -> None:
    if count.findings:
        tally.new.setdefault(day, Counter())[count.severity] += count.findings
    if count.closed and is_within:
        tally.closed[count.severity] += count.closed


def _read_old(findings: FindingStore, tallies: dict[str, Tally], latest: Mapping[Severity, str]) -> Iterator[Severity]:
    """Put old findings to their accounts and yield the severities of which there may be more that are overdue."""
    for severity in {Severity.CRITICAL, *latest}:
        # All critical ones: the oldest are shown, overdue or not.
        until = "" if severity is Severity.CRITICAL else latest[severity]
        last, count = "", 0
        for finding in _open(findings, severity, until):
            _tally(tallies, finding.account).old.append(finding)
            last, count = finding.first_seen, count + 1
        if count >= MOST_OLD and last <= latest.get(severity, ""):
            yield severity


def _open(findings: FindingStore, severity: Severity, until: str) -> Iterator[Finding]:
    """Yield open findings of a severity first seen until then, the oldest first, up to a number of them."""
    query, cursor, count = FindingQuery(severities=(severity,), until=until, oldest_first=True), None, 0
    while count < MOST_OLD:
        page = findings.page(query, cursor, _PAGE)
        count += len(page.findings)
        yield from page.findings
        cursor = page.cursor
        if not cursor:
            return
