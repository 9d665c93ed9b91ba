from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from contract.clock import iso
from contract.finding import Severity
from contract.spoke_events import Heartbeat
from dashboard.charts import Counts
from dashboard.organization import Organization
from dashboard.score import points, score_of
from hub.store.accounts import Account
from hub.store.spokes import Spoke

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
A, B = "111122223333", "444455556666"


def organization(*, silent: tuple[str, ...] = ()) -> Organization:
    spokes = tuple(_spoke(one, timedelta(days=2) if one in silent else timedelta(0)) for one in (A, B))
    accounts = {A: Account(id=A, name="prod"), B: Account(id=B, name="dev")}
    return Organization(id="o-example", read_at=iso(NOON), accounts=accounts, spokes=spokes)


def _spoke(account: str, age: timedelta) -> Spoke:
    beat = Heartbeat(account=account, region="eu-west-1", version="0.1.0", config_hash="h", interval_seconds=3600)
    return Spoke(beat, iso(NOON - age))


def gap(by_account: Mapping[str, Counts], *, silent: tuple[str, ...] = ()) -> tuple[float, str, float]:
    score = score_of(organization(silent=silent), by_account, NOON)
    assert score is not None
    return round(score.points, 1), score.gap, round(score.if_mended, 1)


def test_nothing_open_is_the_best_score_and_has_no_gap() -> None:
    assert gap({}) == (100.0, "", 100.0)


def test_a_load_of_a_hundred_halves_an_account() -> None:
    assert points({Severity.CRITICAL: 4}) == 50.0
    assert points({Severity.INFORMATIONAL: 1_000_000}) == 100.0


@pytest.mark.parametrize("severity", [one for one in Severity if one is not Severity.INFORMATIONAL])
def test_every_finding_lowers_the_score_and_none_brings_it_to_nothing(severity: Severity) -> None:
    assert points({}) > points({severity: 1}) > points({severity: 2}) > 0
    assert points({severity: 1_000_000}) > 0


def test_the_gap_is_what_would_help_most_and_says_where() -> None:
    by_account = {A: {Severity.CRITICAL: 4, Severity.LOW: 9}, B: {Severity.CRITICAL: 1}}
    score, said, if_mended = gap(by_account)
    assert said == "5 open critical findings, 4 of them in prod"
    assert if_mended > score
    assert gap({B: {Severity.HIGH: 1}})[1] == "1 open high finding in dev"


def test_an_account_that_nobody_watches_has_no_points() -> None:
    assert gap({}, silent=(B,)) == (50.0, "dev is not watched", 100.0)
    assert gap({}, silent=(A, B))[1].startswith("2 accounts are not watched")


def test_without_active_accounts_there_is_no_score() -> None:
    assert score_of(Organization(id="o-example", read_at=iso(NOON)), {}, NOON) is None
