"""How well the organization does, from 0 to 100, and what would help it most. Pure.

An account with nothing open has 100 points, and half of them at a load of `HALF`: a finding's load is its severity's
weight. So no account is ever beyond mending, and each finding less is seen. An account that nobody watches has 0; the
management account, which no spoke reaches by itself, none. The organization has the mean of its accounts.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from contract.finding import Severity
from dashboard.charts import WORST_FIRST, Counts
from dashboard.organization import Organization
from hub.store.accounts import ACTIVE

WEIGHTS = {
    Severity.CRITICAL: 25.0,
    Severity.HIGH: 8.0,
    Severity.MEDIUM: 2.0,
    Severity.LOW: 0.25,
    Severity.INFORMATIONAL: 0.0,
}
HALF = 100.0
_BEST = 100.0
# Below a tenth of a point nothing is worth being called a gap.
_SMALLEST_GAP = 0.1


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """Points of the accounts that were looked at, and the biggest gap in words; `if_mended` are the points without it.

    `severity` is the gap's, None when the gap is that nobody watches some accounts, or when there is none.
    """

    points: float
    accounts: int
    gap: str = ""
    severity: Severity | None = None
    if_mended: float = _BEST


def points(counts: Counts) -> float:
    """Return the points of an account by its open findings."""
    return _BEST * HALF / (HALF + sum(WEIGHTS[severity] * count for severity, count in counts.items()))


def score_of(organization: Organization, by_account: Mapping[str, Counts], now: datetime) -> Score | None:
    """Return the score of an organization's active accounts; None when it has none."""
    apart = set(organization.unreached())
    accounts = [one.id for one in organization.accounts.values() if one.status == ACTIVE and one.id not in apart]
    if not accounts:
        return None
    unwatched = organization.unwatched(now)
    watched = [one for one in accounts if one not in unwatched]
    present = _mean(accounts, (points(by_account.get(one, {})) for one in watched))
    gaps = [_of_severity(one, organization, by_account, accounts, watched) for one in WORST_FIRST]
    gaps.append(_of_unwatched(organization, by_account, accounts, watched))
    biggest = max(gaps, key=lambda gap: gap.if_mended)
    if biggest.if_mended - present < _SMALLEST_GAP:
        return Score(points=present, accounts=len(accounts))
    return msgspec.structs.replace(biggest, points=present)


def _of_severity(
    severity: Severity,
    organization: Organization,
    by_account: Mapping[str, Counts],
    accounts: list[str],
    watched: list[str],
) -> Score:
    """Return what the score would be without any finding of a severity."""
    counts = {one: by_account.get(one, {}) for one in watched}
    mended = _mean(accounts, (points({**count, severity: 0}) for count in counts.values()))
    total = sum(count.get(severity, 0) for count in counts.values())
    worst = max(watched, key=lambda one: counts[one].get(severity, 0), default="")
    there = counts[worst].get(severity, 0) if worst else 0
    where = f", {there:,} of them in {organization.name(worst)}" if 0 < there < total else ""
    only = f" in {organization.name(worst)}" if there == total else ""
    what = f"{total:,} open {severity.lower()} finding{'s' if total != 1 else ''}{only}{where}"
    return Score(points=0, accounts=len(accounts), gap=what, severity=severity, if_mended=mended)


def _of_unwatched(
    organization: Organization, by_account: Mapping[str, Counts], accounts: list[str], watched: list[str]
) -> Score:
    """Return what the score would be if somebody watched all accounts, and found no more than is known."""
    mended = _mean(accounts, (points(by_account.get(one, {})) for one in accounts))
    missing = [one for one in accounts if one not in set(watched)]
    named = f"{organization.name(missing[0])} is not watched" if len(missing) == 1 else ""
    what = named or f"{len(missing):,} accounts are not watched: their spokes are silent, or were never heard of"
    return Score(points=0, accounts=len(accounts), gap=what, if_mended=mended)


def _mean(accounts: list[str], values: Iterable[float]) -> float:
    return sum(values) / len(accounts)
