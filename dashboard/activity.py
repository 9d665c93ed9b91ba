"""What is open and what is new where the filters look, added up from the hub's counters."""

from collections.abc import Iterable, Mapping

import msgspec

from contract.finding import Finding, Severity
from dashboard.charts import Counts, summed
from dashboard.filters import Filters
from dashboard.organization import Organization
from dashboard.trends import Trend
from hub.store.rollups import Count, Summary

_NO_REGIONS = "Counters know no Region: these numbers are of all Regions. Lists of findings are of those chosen."


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


def tallied(counts: Iterable[Count], filters: Filters, organization: Organization, *, is_whole: bool) -> Tallies:
    """Return counters of the accounts and severities that filters ask for; `is_whole`: nothing is hidden."""
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
    is_whole = is_whole and is_any and not filters.severity
    return Tallies(open=is_open, accepted=accepted, by_detection=_positive(controls) if is_whole else None)


def _keep(into: dict[str, dict[Severity, int]], account: str, severity: Severity, count: int) -> None:
    if count > 0:
        into.setdefault(account, {})[severity] = count


def _positive(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count > 0}


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """What the Overview shows: findings now, new ones by day, the newest serious ones, the most frequent detections.

    `detections_of` says of how many findings detections were counted, where not of all.
    """

    tallies: Tallies
    trend: Trend = Trend()
    newest: tuple[Finding, ...] = ()
    by_detection: Mapping[str, int] = {}
    detections_of: int | None = None
    remark: str = ""


def activity_of(  # noqa: PLR0913, PLR0917 - what the Overview is made of
    tallies: Tallies,
    trend: Trend,
    newest: tuple[Finding, ...],
    by_detection: Mapping[str, int],
    detections_of: int | None,
    filters: Filters,
) -> Activity:
    """Return what was read as the Overview shows it."""
    return Activity(
        tallies=tallies,
        trend=trend,
        newest=newest,
        by_detection=by_detection,
        detections_of=detections_of,
        remark=_NO_REGIONS if filters.region else "",
    )


def glanced(summary: Summary, newest: tuple[Finding, ...]) -> Activity:
    """Return what the organization's own counters tell: of no account, as if all were one without a name."""
    return Activity(
        tallies=Tallies(open={"": _by_severity(summary.open)}, accepted={"": _by_severity(summary.accepted)}),
        trend=Trend(days=tuple((day, _by_severity(counts)) for day, counts in summary.by_day.items())),
        newest=newest,
    )


def _by_severity(counts: Mapping[str, int]) -> dict[Severity, int]:
    return {Severity(name): count for name, count in counts.items() if count}
