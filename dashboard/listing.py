"""Which queries a view asks, in which order, and what of their answers it shows."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta

import msgspec

from contract.clock import iso
from contract.finding import Finding, Severity, Workflow
from dashboard.filters import LARGE_PAGE, Filters, Order, State
from dashboard.organization import Organization
from hub.store.items import expiry_day, expiry_week
from hub.store.query import FindingQuery, Page

ReadPage = Callable[[FindingQuery, str | None, int], Page]

# Closed findings are listed by the day on which they are due for the archive, each day a query.
CLOSED_DAYS = 14
# Free text has no index: a view looks at so many findings at most, and says so when there are more.
MOST_LOOKED_AT = 5000

_WORKFLOWS = {
    State.NEW: (Workflow.NEW,),
    State.SUPPRESSED: (Workflow.SUPPRESSED,),
    State.RESOLVED: (Workflow.RESOLVED,),
}


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """The first findings of a view, how many were looked at, and whether there are more."""

    findings: tuple[Finding, ...] = ()
    looked_at: int = 0
    has_more: bool = False

    def first(self, number: int) -> "Listing":
        """Return the first so many of them."""
        return Listing(
            findings=self.findings[:number],
            looked_at=self.looked_at,
            has_more=self.has_more or len(self.findings) > number,
        )


def every(
    read_page: ReadPage, filters: Filters, organization: Organization, now: datetime
) -> Iterator[tuple[list[Finding], int]]:
    """Yield all findings of a view, page by page, and how many were looked at by then: who asks must stop in time."""
    looked_at = 0
    for page, _ in _pages(read_page, queries(filters, organization, now), LARGE_PAGE):
        looked_at += len(page.findings)
        yield [finding for finding in page.findings if _has_text(finding, filters.text, organization)], looked_at


def listed(read_page: ReadPage, filters: Filters, organization: Organization, now: datetime) -> Listing:
    """Return the first `filters.wanted` findings of a view."""
    found: list[Finding] = []
    looked_at = 0
    for page, is_last in _pages(read_page, queries(filters, organization, now), filters.page):
        looked_at += len(page.findings)
        found += [finding for finding in page.findings if _has_text(finding, filters.text, organization)]
        if not is_last and (len(found) >= filters.wanted or looked_at >= MOST_LOOKED_AT):
            return Listing(findings=tuple(found[: filters.wanted]), looked_at=looked_at, has_more=True)
    shown = tuple(found[: filters.wanted])
    return Listing(findings=shown, looked_at=looked_at, has_more=len(found) > len(shown))


def queries(filters: Filters, organization: Organization, now: datetime) -> list[FindingQuery]:
    """Return what to ask the store, one after the other; nothing when the filters leave no account."""
    accounts = organization.chosen(filters)
    if accounts is None:
        return []
    query = FindingQuery(
        severities=filters.severity,
        accounts=accounts,
        detections=filters.detection,
        regions=filters.region,
        workflows=_WORKFLOWS.get(filters.status, ()),
        resource=filters.resource,
        since=since(filters.days, now),
        oldest_first=filters.order is Order.OLDEST,
    )
    if filters.status.is_closed:
        days = _due_days(now)
        in_order = reversed(days) if filters.order is Order.OLDEST else days
        return [msgspec.structs.replace(query, due_on=day) for day in in_order]
    return _worst_first(query) if filters.order is Order.WORST else [query]


def since(days: int, now: datetime) -> str:
    """Return when a period of so many days (UTC, today among them) began; empty for any time."""
    return iso(datetime.combine(now.date() - timedelta(days=days - 1), time.min, UTC)) if days else ""


def _due_days(now: datetime) -> list[str]:
    """Return the days on which what closed lately is due; Security Hub's findings of this week on its last one."""
    this_week = expiry_week(now)
    days = [expiry_day(now - timedelta(days=age)) for age in range(CLOSED_DAYS)]
    return days if this_week == days[0] else [this_week, *days]


def _worst_first(query: FindingQuery) -> list[FindingQuery]:
    severities = sorted(query.severities or Severity, key=lambda one: one.rank, reverse=True)
    return [msgspec.structs.replace(query, severities=(severity,)) for severity in severities]


def _pages(read_page: ReadPage, asked: list[FindingQuery], limit: int) -> Iterator[tuple[Page, bool]]:
    for place, query in enumerate(asked, start=1):
        cursor: str | None = None
        is_first = True
        while is_first or cursor:
            page = read_page(query, cursor, limit)
            cursor, is_first = page.cursor, False
            yield page, place == len(asked) and cursor is None


def _has_text(finding: Finding, wanted: str, organization: Organization) -> bool:
    said = (finding.title, organization.title(finding), finding.resource, finding.actor, finding.detection)
    return not wanted or wanted.casefold() in "\n".join(said).casefold()
