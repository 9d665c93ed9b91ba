"""New findings day by day: which counters answer that for whom, and how far back. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from contract.finding import Severity
from dashboard.charts import Counts, summed
from dashboard.filters import Filters
from hub.store.rollups import Count, Day

USUAL_DAYS = 30
_FEWEST = 7
# An account's day is a query of half a read unit; past so many of them, whole days are read instead.
MOST_QUERIES = 400
# A day of a thousand accounts is some 250 KB: of more days, it takes too long.
MOST_WHOLE_DAYS = 30


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """New findings of the last days, oldest first, and how many were closed (None: unknown); `remark`: what lacks."""

    days: tuple[tuple[str, Counts], ...] = ()
    closed: Counts | None = None
    remark: str = ""

    def new(self, days: int) -> dict[Severity, int]:
        """Return the new findings of the last so many days."""
        return summed(counts for _, counts in self.days[-days:])


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """What to read for a trend: days, each account's on their own, those of all at once, or the organization's."""

    days: tuple[str, ...]
    accounts: tuple[str, ...] = ()
    is_by_account: bool = False
    remark: str = ""


def reach_of(filters: Filters, accounts: tuple[str, ...] | None, now: datetime) -> Reach:
    """Return what to read: of the accounts, or (None) of the whole organization."""
    wanted = max(filters.days or USUAL_DAYS, _FEWEST)
    if accounts is None:
        return Reach(days=_days(wanted, now))
    if len(accounts) * wanted <= MOST_QUERIES:
        return Reach(days=_days(wanted, now), accounts=accounts, is_by_account=True)
    if wanted <= MOST_WHOLE_DAYS:
        return Reach(days=_days(wanted, now), accounts=accounts)
    remark = f"For {len(accounts):,} accounts, days are added up for {MOST_WHOLE_DAYS} days; choose fewer, or none."
    return Reach(days=_days(MOST_WHOLE_DAYS, now), accounts=accounts, remark=remark)


def _days(number: int, now: datetime) -> tuple[str, ...]:
    return tuple((now - timedelta(days=back)).date().isoformat() for back in reversed(range(number)))


def of_organization(reach: Reach, found: Iterable[Day], severities: Sequence[Severity]) -> Trend:
    """Return the trend of the whole organization."""
    by_day = {one.day: one for one in found}
    known = [by_day[day] for day in reach.days if day in by_day]
    return Trend(
        days=tuple((day, _chosen(by_day[day].seen if day in by_day else {}, severities)) for day in reach.days),
        closed=summed(_chosen(one.closed, severities) for one in known),
    )


def of_accounts(reach: Reach, found: Mapping[str, Iterable[Count]], severities: Sequence[Severity]) -> Trend:
    """Return the trend of some accounts from the counters of days, those of other accounts among them or not."""
    mine = set(reach.accounts)
    days, closed = [], []
    for day in reach.days:
        counts = [one for one in found.get(day, ()) if one.account in mine]
        days.append((day, summed(_chosen({one.severity: one.findings}, severities) for one in counts)))
        closed += [_chosen({one.severity: one.closed}, severities) for one in counts]
    return Trend(days=tuple(days), closed=summed(closed), remark=reach.remark)


def _chosen(counts: Mapping[str, int], severities: Sequence[Severity]) -> dict[Severity, int]:
    wanted = severities or tuple(Severity)
    return {Severity(name): count for name, count in counts.items() if name in wanted and count}
