from datetime import UTC, datetime

from contract.finding import Severity
from dashboard.filters import Filters
from dashboard.trends import MOST_QUERIES, MOST_WHOLE_DAYS, of_accounts, of_organization, reach_of
from hub.store.rollups import Count, Day

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
A, B = "111122223333", "444455556666"


def test_a_year_of_the_organization_is_one_query_of_days() -> None:
    reach = reach_of(Filters(days=365), None, NOON)
    assert (len(reach.days), reach.days[-1], reach.accounts) == (365, "2026-11-20", ())


def test_without_a_time_a_trend_is_of_a_month_and_never_of_less_than_a_week() -> None:
    assert len(reach_of(Filters(), None, NOON).days) == 30
    assert len(reach_of(Filters(days=1), None, NOON).days) == 7


def test_few_accounts_are_asked_one_by_one_and_many_by_whole_days() -> None:
    assert reach_of(Filters(account=(A,), days=365), (A,), NOON).is_by_account
    many = tuple(str(place) for place in range(MOST_QUERIES))
    whole = reach_of(Filters(ou=("Root",), days=30), many, NOON)
    assert (whole.is_by_account, len(whole.days), whole.remark) == (False, 30, "")


def test_many_accounts_for_a_long_time_are_cut_and_that_is_said() -> None:
    many = tuple(str(place) for place in range(MOST_QUERIES))
    cut = reach_of(Filters(ou=("Root",), days=365), many, NOON)
    assert len(cut.days) == MOST_WHOLE_DAYS
    assert "400 accounts" in cut.remark
    assert of_accounts(cut, {}, ()).remark == cut.remark


def test_days_without_findings_are_there_and_empty() -> None:
    reach = reach_of(Filters(days=7), None, NOON)
    trend = of_organization(reach, [Day("2026-11-19", {"HIGH": 2, "LOW": 1}, {"HIGH": 5})], ())
    assert trend.days[-2:] == (("2026-11-19", {Severity.HIGH: 2, Severity.LOW: 1}), ("2026-11-20", {}))
    assert (trend.closed, trend.new(2), trend.new(1)) == (
        {Severity.HIGH: 5},
        {Severity.HIGH: 2, Severity.LOW: 1},
        {},
    )


def test_other_accounts_and_severities_are_left_out() -> None:
    reach = reach_of(Filters(account=(A,), days=7), (A,), NOON)
    counts = [Count(A, "HIGH", "", 2, closed=1), Count(A, "LOW", "", 7), Count(B, "HIGH", "", 9), Count("", "", "d", 3)]
    trend = of_accounts(reach, {"2026-11-20": counts}, (Severity.HIGH,))
    assert (trend.new(7), trend.closed) == ({Severity.HIGH: 2}, {Severity.HIGH: 1})
