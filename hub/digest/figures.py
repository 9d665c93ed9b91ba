"""The numbers of a digest: of all accounts, or of some. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import TypeVar

import msgspec

from contract.finding import Finding, Severity
from hub.digest.gathering import DAYS, Gathered, Tally
from hub.silence import Silence

HeldT = TypeVar("HeldT")
_TOP = 5
_OLDEST = 10
_WORST = 5
_NAMED_SPOKES = 10


class Old(msgspec.Struct, frozen=True):
    """A finding that has been open for so many `days`; `account` is its account's name."""

    id: str
    title: str
    severity: Severity
    account: str
    region: str
    resource: str
    first_seen: str
    days: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """A digest in numbers; counts are by severity. It is of the days from `since` until before `until` (UTC).

    `new_before` is of the period before. `days` are the last 30, the oldest first: day and new findings by severity.
    `overdue` counts what is open for longer than `sla_days`; of severities in `cut` there may be more. `oldest` are the
    oldest critical findings, `worst` what else is overdue, the worst first. `accounts` and `detections` are names with
    their counts, the most first; `detections` are of the whole organization, so those of some accounts have none.
    `silent` are spokes: account, Region, since when. `with_agent` and `without_agent` count instances,
    `lacking` are the accounts where most lack the agent: name, how many have it, how many lack it.
    """

    route: str
    period: str
    since: str
    until: str
    accounts_in_scope: int
    new: dict[str, int]
    new_before: dict[str, int]
    closed: dict[str, int]
    open: dict[str, int]
    days: list[tuple[str, dict[str, int]]]
    overdue: dict[str, int]
    sla_days: dict[str, int] = {}
    cut: list[str] = []
    oldest: list[Old] = []
    worst: list[Old] = []
    accounts: list[tuple[str, int]] = []
    detections: list[tuple[str, int]] = []
    silent: list[tuple[str, str, str]] = []
    silent_count: int = 0
    with_agent: int = 0
    without_agent: int = 0
    lacking: list[tuple[str, int, int]] = []


def figures(gathered: Gathered, route: str, scope: Collection[str] | None) -> Figures:
    """Return the digest of some accounts; None: of all, also of those that left with something open."""
    period = gathered.period
    tallies = _of(gathered.tallies, scope)
    new = _by_day(tallies.values())
    overdue = _overdue(gathered, tallies.values())
    critical = [one for tally in tallies.values() for one in tally.old if one.severity is Severity.CRITICAL]
    oldest = sorted(critical, key=_age)[:_OLDEST]
    shown = {one.id for one in oldest}
    worst = sorted(overdue, key=lambda one: (-one.severity.rank, *_age(one)))
    silent = sorted(
        (one for tally in tallies.values() for one in tally.silences), key=lambda one: (one.account, one.region)
    )
    agents = _of(gathered.agents, scope)
    return Figures(
        route=route,
        period=period.name,
        since=period.day(period.days),
        until=period.until,
        accounts_in_scope=len(gathered.accounts if scope is None else scope),
        new=_summed(new.get(period.day(back), {}) for back in range(1, period.days + 1)),
        new_before=_summed(new.get(period.day(back), {}) for back in range(period.days + 1, 2 * period.days + 1)),
        closed=_summed(tally.closed for tally in tallies.values()),
        open=_summed(tally.open for tally in tallies.values()),
        days=[(day, dict(new.get(day, {}))) for day in (period.day(back) for back in range(DAYS, 0, -1))],
        overdue=dict(Counter(one.severity.value for one in overdue)),
        sla_days={severity.value: days for severity, days in gathered.sla_days.items()},
        cut=sorted(severity.value for severity in gathered.cut),
        oldest=[_old(gathered, one) for one in oldest],
        worst=[_old(gathered, one) for one in worst if one.id not in shown][:_WORST],
        accounts=_most_open(gathered, tallies),
        detections=gathered.detections if scope is None else [],
        silent=[_silent(gathered, one) for one in silent[:_NAMED_SPOKES]],
        silent_count=len(silent),
        with_agent=sum(has for has, _ in agents.values()),
        without_agent=sum(lacks for _, lacks in agents.values()),
        lacking=_most_lacking(gathered, agents),
    )


def _of(accounts: Mapping[str, HeldT], scope: Collection[str] | None) -> Mapping[str, HeldT]:
    return accounts if scope is None else {one: accounts[one] for one in scope if one in accounts}


def _by_day(tallies: Collection[Tally]) -> dict[str, Counter[str]]:
    days: dict[str, Counter[str]] = {}
    for tally in tallies:
        for day, counts in tally.new.items():
            days.setdefault(day, Counter()).update(counts)
    return days


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    summed: Counter[str] = Counter()
    for one in counts:
        summed.update(one)
    return dict(summed)


def _overdue(gathered: Gathered, tallies: Collection[Tally]) -> list[Finding]:
    latest = gathered.latest
    return [one for tally in tallies for one in tally.old if one.first_seen <= latest.get(one.severity, "")]


def _most_open(gathered: Gathered, tallies: Mapping[str, Tally]) -> list[tuple[str, int]]:
    totals = Counter({account: tally.open.total() for account, tally in tallies.items()})
    return [(_name(gathered, account), count) for account, count in totals.most_common(_TOP) if count > 0]


def _most_lacking(gathered: Gathered, agents: Mapping[str, tuple[int, int]]) -> list[tuple[str, int, int]]:
    worst = sorted(agents.items(), key=lambda one: (-one[1][1], one[0]))[:_TOP]
    return [(_name(gathered, account), has, lacks) for account, (has, lacks) in worst if lacks]


def _age(finding: Finding) -> tuple[str, str]:
    return finding.first_seen, finding.id


def _old(gathered: Gathered, finding: Finding) -> Old:
    until = date.fromisoformat(gathered.period.until)
    return Old(
        finding.id,
        finding.title,
        finding.severity,
        _name(gathered, finding.account),
        finding.region,
        finding.resource,
        finding.first_seen,
        max((until - datetime.fromisoformat(finding.first_seen).date()).days, 0),
    )


def _silent(gathered: Gathered, silence: Silence) -> tuple[str, str, str]:
    return _name(gathered, silence.account), silence.region, silence.since


def _name(gathered: Gathered, account: str) -> str:
    return gathered.names.get(account, account)
