"""The numbers of a digest: of all accounts, or of some. Read once for all digests of a period."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from contract.clock import iso
from contract.finding import Finding, Severity
from hub.digest.due import Period
from hub.silence import Silence
from hub.store.accounts import Account
from hub.store.findings import FindingQuery, FindingStore
from hub.store.rollups import Count, RollupStore

# Days of the chart.
DAYS = 30
_TOP = 5
_OLDEST = 10
_NAMED_SPOKES = 10
# Of the findings that are older than agreed, so many of a severity are read; what is more is "at least".
_OVERDUE = 5_000
_PAGE = 500


class Old(msgspec.Struct, frozen=True):
    """A finding that has been open for long; `account` is its account's name."""

    id: str
    title: str
    severity: Severity
    account: str
    region: str
    resource: str
    first_seen: str


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """A digest in numbers; counts are by severity. `before` is the period before this one.

    `days` are the last 30, the oldest first: day and new findings by severity. `overdue` counts what is open for longer
    than agreed, up to some thousands (`is_cut`). `accounts` and `detections` are names with their counts, the most
    first; `detections` are of the whole organization, so those of some accounts have none. `silent` are spokes.
    """

    route: str
    period: str
    until: str
    accounts_in_scope: int
    new: dict[str, int]
    new_before: dict[str, int]
    closed: dict[str, int]
    open: dict[str, int]
    days: list[tuple[str, dict[str, int]]]
    overdue: dict[str, int]
    is_cut: bool = False
    oldest: list[Old] = []
    accounts: list[tuple[str, int]] = []
    detections: list[tuple[str, int]] = []
    silent: list[tuple[str, str, str]] = []
    silent_count: int = 0


class Gathered(msgspec.Struct, frozen=True):
    """What was read for all digests of a period."""

    period: Period
    days: Mapping[str, list[Count]]
    now: list[Count]
    overdue: Mapping[Severity, list[Finding]]
    critical: list[Finding]
    silences: list[Silence]
    accounts: Mapping[str, Account]
    sla_days: Mapping[Severity, int]


def gather(  # noqa: PLR0913, PLR0917 - what is read is this list
    period: Period,
    rollups: RollupStore,
    findings: FindingStore,
    accounts: Iterable[Account],
    silences: Iterable[Silence],
    sla_days: Mapping[Severity, int],
) -> Gathered:
    """Read what all digests of a period need.

    For 1,000 accounts with new findings of two severities every day: a day's counters are 0.3 MB, so that 30 days cost
    about 1,200 read units; old findings at most 2 MB a severity, 250 units each.
    """
    until = datetime.fromisoformat(f"{period.until}T00:00:00+00:00")
    return Gathered(
        period,
        {period.day(back): rollups.counts(period.day(back)) for back in range(1, max(DAYS, 2 * period.days) + 1)},
        rollups.counts(),
        {
            severity: list(_open(findings, severity, iso(until - timedelta(days=days))))
            for severity, days in sla_days.items()
        },
        list(_open(findings, Severity.CRITICAL, "")),
        list(silences),
        {one.id: one for one in accounts},
        sla_days,
    )


def figures(gathered: Gathered, route: str, scope: Collection[str] | None) -> Figures:
    """Return the digest of some accounts; None: of all."""
    period = gathered.period
    span = [period.day(back) for back in range(1, period.days + 1)]
    before = [period.day(back) for back in range(period.days + 1, 2 * period.days + 1)]
    shown = [period.day(back) for back in range(DAYS, 0, -1)]

    def is_in(account: str) -> bool:
        return bool(account) and (scope is None or account in scope)

    def new_on(day: str) -> Counter[str]:
        return _summed(gathered.days.get(day, []), is_in, lambda one: one.findings)

    overdue = {severity: [one for one in found if is_in(one.account)] for severity, found in gathered.overdue.items()}
    oldest = sorted((one for one in gathered.critical if is_in(one.account)), key=lambda one: one.first_seen)
    silent = [one for one in gathered.silences if is_in(one.account)]
    by_account: Counter[str] = Counter()
    for one in gathered.now:
        if is_in(one.account):
            by_account[one.account] += one.findings
    return Figures(
        route=route,
        period=period.name,
        until=period.until,
        accounts_in_scope=sum(is_in(one) for one in gathered.accounts),
        new=dict(sum((new_on(day) for day in span), Counter())),
        new_before=dict(sum((new_on(day) for day in before), Counter())),
        closed=dict(
            sum((_summed(gathered.days.get(day, []), is_in, lambda one: one.closed) for day in span), Counter())
        ),
        open=dict(_summed(gathered.now, is_in, lambda one: one.findings)),
        days=[(day, dict(new_on(day))) for day in shown],
        overdue={severity.value: len(found) for severity, found in overdue.items() if found},
        is_cut=any(len(found) >= _OVERDUE for found in gathered.overdue.values()),
        oldest=[_old(one, _name(gathered, one.account)) for one in oldest[:_OLDEST]],
        accounts=[(_name(gathered, one), count) for one, count in by_account.most_common(_TOP) if count],
        detections=_detections(gathered, span) if scope is None else [],
        silent=[(_name(gathered, one.account), one.region, one.since) for one in silent[:_NAMED_SPOKES]],
        silent_count=len(silent),
    )


def _open(findings: FindingStore, severity: Severity, until: str) -> Iterable[Finding]:
    """Yield open findings of a severity first seen before `until`, newest first, up to a number of them."""
    query, cursor, count = FindingQuery(severities=(severity,), until=until), None, 0
    while count < _OVERDUE:
        page = findings.page(query, cursor, _PAGE)
        count += len(page.findings)
        yield from page.findings
        cursor = page.cursor
        if not cursor:
            return


def _summed(counts: Iterable[Count], is_in: Callable[[str], bool], of: Callable[[Count], int]) -> Counter[str]:
    summed: Counter[str] = Counter()
    for one in counts:
        if is_in(one.account) and of(one):
            summed[one.severity] += of(one)
    return summed


def _detections(gathered: Gathered, span: Iterable[str]) -> list[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for day in span:
        for one in gathered.days.get(day, []):
            if one.control:
                counts[one.control] += one.findings
    return [(name, count) for name, count in counts.most_common(_TOP) if count]


def _old(finding: Finding, account: str) -> Old:
    return Old(
        finding.id,
        finding.title,
        finding.severity,
        account,
        finding.region,
        finding.resource,
        finding.first_seen,
    )


def _name(gathered: Gathered, account: str) -> str:
    known = gathered.accounts.get(account)
    return known.name if known and known.name else account
