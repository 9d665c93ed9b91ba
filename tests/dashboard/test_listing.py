from datetime import UTC, datetime

from contract.clock import iso
from contract.finding import Finding, Severity, Workflow
from dashboard.filters import LARGE_PAGE, PAGE, Filters, Group, Order, State
from dashboard.listing import CLOSED_DAYS, MOST_LOOKED_AT, listed, queries
from dashboard.organization import Organization
from hub.store.accounts import Account
from hub.store.query import FindingQuery, Page

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ORGANIZATION = Organization(
    id="o-example",
    read_at=iso(NOON),
    accounts={
        "111122223333": Account(id="111122223333", name="prod", ou_path="Root/Workloads/Production"),
        "444455556666": Account(id="444455556666", name="dev", ou_path="Root/Workloads"),
        "123456789012": Account(id="123456789012", name="box", ou_path="Root/Sandbox"),
    },
)


class Store:
    """As many findings as asked for, and what it was asked."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.asked: list[tuple[FindingQuery, int]] = []

    def read_page(self, query: FindingQuery, cursor: str | None, limit: int) -> Page:
        self.asked.append((query, limit))
        start = int(cursor or 0)
        end = min(start + limit, self.size)
        return Page(tuple(_finding(place) for place in range(start, end)), str(end) if end < self.size else None)


def _finding(place: int) -> Finding:
    title = "a needle" if place % 1000 == 999 else "hay"
    return Finding(
        id=str(place), detection="d", title=title, severity=Severity.LOW, account="1", region="r", resource="arn"
    )


def test_a_list_asks_for_no_more_than_it_shows() -> None:
    store = Store(500)
    result = listed(store.read_page, Filters(shown=100), ORGANIZATION, NOON)
    assert len(result.findings) == 100
    assert result.has_more
    assert [limit for _, limit in store.asked] == [PAGE, PAGE]


def test_the_last_page_says_that_it_is() -> None:
    result = listed(Store(30).read_page, Filters(), ORGANIZATION, NOON)
    assert (len(result.findings), result.has_more) == (30, False)


def test_a_search_looks_at_so_many_findings_and_no_more() -> None:
    store = Store(1_000_000)
    result = listed(store.read_page, Filters(text="needle"), ORGANIZATION, NOON)
    assert result.looked_at == MOST_LOOKED_AT
    assert len(result.findings) == MOST_LOOKED_AT // 1000
    assert result.has_more
    assert {limit for _, limit in store.asked} == {LARGE_PAGE}


def test_groups_are_made_of_many_findings() -> None:
    assert len(listed(Store(5000).read_page, Filters(group=Group.ACCOUNT), ORGANIZATION, NOON).findings) == LARGE_PAGE


def test_an_ou_and_an_account_must_both_hold() -> None:
    both = Filters(ou=("Root/Workloads",), account=("111122223333", "123456789012"))
    assert [query.accounts for query in queries(both, ORGANIZATION, NOON)] == [("111122223333",)]


def test_an_ou_that_holds_none_of_the_accounts_asks_nothing() -> None:
    assert queries(Filters(ou=("Root/Sandbox",), account=("111122223333",)), ORGANIZATION, NOON) == []


def test_worst_first_asks_one_severity_after_the_other() -> None:
    asked = queries(Filters(order=Order.WORST, severity=(Severity.HIGH, Severity.CRITICAL)), ORGANIZATION, NOON)
    assert [query.severities for query in asked] == [(Severity.CRITICAL,), (Severity.HIGH,)]


def test_closed_findings_are_asked_for_by_day_newest_first() -> None:
    asked = queries(Filters(status=State.SUPPRESSED), ORGANIZATION, NOON)
    assert [query.due_on for query in asked][:3] == ["2027-02-22", "2027-02-18", "2027-02-17"]
    assert len(asked) == CLOSED_DAYS + 1, "Security Hub's of this week are due on a Monday"
    assert asked[0].workflows == (Workflow.SUPPRESSED,)
