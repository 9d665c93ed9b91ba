"""What is open in the organization and what is new, added up from the hub's counters."""

from collections.abc import Iterable, Mapping

import msgspec

from contract.finding import Finding, Severity
from contract.spoke_events import TaggingResult
from dashboard.charts import Counts
from hub.store.rollups import Count, Summary

TREND_DAYS = 14


class Tagging(msgspec.Struct, frozen=True, kw_only=True):
    """Results of the creator taggers that were looked at, of how many accounts, and whether there may be more."""

    results: tuple[TaggingResult, ...] = ()
    accounts: int = 0
    has_more: bool = False


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """Open findings now; new ones of the last days (`2026-11-20`, oldest first); the newest serious ones; tags.

    `accepted` ones are suppressed, and not among the open ones. `detections_of` says of how many findings detections
    were counted, where not of all.
    """

    open: Counts
    days: tuple[tuple[str, Counts], ...]
    by_account: Mapping[str, Counts]
    by_detection: Mapping[str, int]
    newest: tuple[Finding, ...] = ()
    tagging: Tagging = Tagging()
    accepted: Counts = {}
    detections_of: int | None = None

    @property
    def new_by_day(self) -> list[int]:
        """New findings a day, oldest first."""
        return [sum(counts.values()) for _, counts in self.days]


def activity_of(
    summary: Summary, counts: Iterable[Count], newest: Iterable[Finding] = (), tagging: Tagging | None = None
) -> Activity:
    """Return the organization's counters by what the pages show."""
    counters = list(counts)
    by_account: dict[str, dict[Severity, int]] = {}
    for one in counters:
        if one.account and one.findings:
            by_account.setdefault(one.account, {})[Severity(one.severity)] = one.findings
    days = list(summary.by_day.items())[-TREND_DAYS:]
    return Activity(
        open=_by_severity(summary.open),
        days=tuple((day, _by_severity(found)) for day, found in days),
        by_account=by_account,
        by_detection={one.control: one.findings for one in counters if one.control and one.findings},
        newest=tuple(newest),
        tagging=tagging or Tagging(),
        accepted=_by_severity(summary.accepted),
    )


def _by_severity(counts: Mapping[str, int]) -> Counts:
    return {Severity(name): count for name, count in counts.items()}
