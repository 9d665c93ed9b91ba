"""What is open and what is new where the filters look, added up from the hub's counters."""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from contract.finding import Finding, Severity
from contract.spoke_events import TaggingResult
from dashboard.charts import Counts, summed
from dashboard.filters import Filters
from dashboard.listing import Listing
from dashboard.organization import Organization
from dashboard.trends import Trend
from hub.store.rollups import Count

_NO_REGIONS = "Counters know no Region: these numbers are of all Regions. Lists of findings are of those chosen."


class Tagging(msgspec.Struct, frozen=True, kw_only=True):
    """Results of the creator taggers that were looked at, of how many accounts, and whether there may be more."""

    results: tuple[TaggingResult, ...] = ()
    accounts: int = 0
    has_more: bool = False


class Tallies(msgspec.Struct, frozen=True, kw_only=True):
    """Findings now: `open` and `accepted` (suppressed, and not among the open ones) by account.

    `by_detection` is of the whole organization, whatever the filters say, and None where they say something.
    """

    open: Mapping[str, Counts] = {}
    accepted: Mapping[str, Counts] = {}
    by_detection: Mapping[str, int] | None = None

    @property
    def open_in_all(self) -> dict[Severity, int]:
        """Open findings by severity."""
        return summed(self.open.values())

    @property
    def accepted_in_all(self) -> dict[Severity, int]:
        """Accepted findings by severity."""
        return summed(self.accepted.values())


def tallied(counts: Iterable[Count], filters: Filters, organization: Organization) -> Tallies:
    """Return counters of the accounts and severities that filters ask for."""
    chosen = organization.chosen(filters)
    is_any = not filters.names_accounts
    mine, severities = set(chosen or ()), set(filters.severity or Severity)
    is_open: dict[str, dict[Severity, int]] = {}
    accepted: dict[str, dict[Severity, int]] = {}
    controls: dict[str, int] = {}
    for one in counts:
        if one.control:
            controls[one.control] = one.findings
        elif (is_any or one.account in mine) and (severity := Severity(one.severity)) in severities:
            _keep(is_open, one.account, severity, one.findings)
            _keep(accepted, one.account, severity, one.accepted)
    is_whole = is_any and not filters.severity
    return Tallies(open=is_open, accepted=accepted, by_detection=_positive(controls) if is_whole else None)


def _keep(into: dict[str, dict[Severity, int]], account: str, severity: Severity, count: int) -> None:
    if count > 0:
        into.setdefault(account, {})[severity] = count


def _positive(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count > 0}


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """What the Overview shows: findings now, new ones by day, the newest serious ones, the most frequent detections.

    `sampled` is of how many findings the detections were counted; 0: of all that are open.
    """

    tallies: Tallies
    trend: Trend = Trend()
    newest: tuple[Finding, ...] = ()
    by_detection: Mapping[str, int] = {}
    sampled: int = 0
    remark: str = ""


def activity_of(tallies: Tallies, trend: Trend, newest: Listing, sample: Listing | None, filters: Filters) -> Activity:
    """Return what was read as the Overview shows it; `sample` is None where counters know the detections."""
    if sample is None:
        detections: Mapping[str, int] = tallies.by_detection or {}
    else:
        detections = Counter(one.detection for one in sample.findings)
    return Activity(
        tallies=tallies,
        trend=trend,
        newest=newest.findings,
        by_detection=detections,
        sampled=len(sample.findings) if sample and sample.has_more else 0,
        remark=_NO_REGIONS if filters.region else "",
    )
