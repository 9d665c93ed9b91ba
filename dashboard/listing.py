"""Which queries a view asks, in which order, and what of their answers it shows."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import msgspec

from contract.finding import Finding, Severity, Workflow
from dashboard.filters import Filters, Order, State
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


def listed(read_page: ReadPage, filters: Filters, organization: Organization, now: datetime) -> Listing:
    """Return the first `filters.wanted` findings of a view."""
    found: list[Finding] = []
    looked_at = 0
    for page, is_last in _pages(read_page, queries(filters, organization, now), filters.page):
        looked_at += len(page.findings)
        found += [finding for finding in page.findings if _has_text(finding, filters.text)]
        if not is_last and (len(found) >= filters.wanted or looked_at >= MOST_LOOKED_AT):
            return Listing(findings=tuple(found[: filters.wanted]), looked_at=looked_at, has_more=True)
    shown = tuple(found[: filters.wanted])
    return Listing(findings=shown, looked_at=looked_at, has_more=len(found) > len(shown))


def queries(filters: Filters, organization: Organization, now: datetime) -> list[FindingQuery]:
    """Return what to ask the store, one after the other; nothing when the OUs hold none of the accounts."""
    accounts = _accounts(filters, organization)
    if accounts is None:
        return []
    query = FindingQuery(
        severities=filters.severity,
        accounts=accounts,
        detections=filters.detection,
        regions=filters.region,
        workflows=_WORKFLOWS.get(filters.status, ()),
        resource=filters.resource,
    )
    if filters.status.is_closed:
        return [msgspec.structs.replace(query, due_on=day) for day in _due_days(now)]
    return _worst_first(query) if filters.order is Order.WORST else [query]


def _accounts(filters: Filters, organization: Organization) -> tuple[str, ...] | None:
    if not filters.ou:
        return filters.account
    inside = organization.accounts_in(filters.ou)
    return tuple(one for one in inside if not filters.account or one in filters.account) or None


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


def _has_text(finding: Finding, wanted: str) -> bool:
    return wanted.casefold() in f"{finding.title}\n{finding.resource}\n{finding.actor}\n{finding.detection}".casefold()
