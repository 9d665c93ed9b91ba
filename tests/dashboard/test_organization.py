from datetime import UTC, datetime, timedelta

import pytest

from contract.clock import iso
from contract.finding import Finding, Severity
from contract.spoke_events import Heartbeat
from dashboard.organization import Organization
from hub.store.accounts import REMOVED, Account
from hub.store.spokes import Spoke

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def _spoke(account: str, age: timedelta, checks: dict[str, str] | None = None, interval: int = 3600) -> Spoke:
    heartbeat = Heartbeat(
        account=account,
        region="eu-west-1",
        version="0.1.0",
        config_hash="h",
        interval_seconds=interval,
        checks=checks or {},
    )
    return Spoke(heartbeat, iso(NOON - age))


def _organization(*spokes: Spoke, **statuses: str) -> Organization:
    accounts = {name: Account(id=name, name=name, status=status) for name, status in statuses.items()}
    return Organization(id="o-example", read_at=iso(NOON), accounts=accounts, spokes=spokes)


def test_a_spoke_is_silent_after_it_missed_two_heartbeats() -> None:
    late, silent = _spoke("late", timedelta(minutes=119)), _spoke("silent", timedelta(minutes=151))
    assert _organization(late, silent).silent(NOON) == [silent]


@pytest.mark.parametrize("interval", [10**12, 2**63, 10**400, -(10**400)])
def test_an_absurd_interval_neither_crashes_the_page_nor_hides_a_silent_spoke(interval: int) -> None:
    silent = _spoke("silent", timedelta(days=3), interval=interval)
    assert _organization(silent).silent(NOON) == [silent]


def test_the_longest_silent_spoke_comes_first() -> None:
    short, long = _spoke("a", timedelta(hours=5)), _spoke("b", timedelta(days=5))
    assert _organization(short, long).silent(NOON) == [long, short]


def test_an_account_that_left_is_not_missed() -> None:
    organization = _organization(_spoke("left", timedelta(days=9)), left=REMOVED, here="ACTIVE")
    assert organization.silent(NOON) == []
    assert organization.never_reported() == ["here"]


def test_the_management_account_is_not_missed_but_unreached() -> None:
    accounts = {name: Account(id=name, name=name, is_management=name == "top") for name in ("top", "member")}
    organization = Organization(id="o-example", read_at=iso(NOON), accounts=accounts)
    assert (organization.never_reported(), organization.unreached()) == (["member"], ["top"])


def test_a_management_account_with_a_spoke_of_its_own_is_watched() -> None:
    accounts = {"top": Account(id="top", name="top", is_management=True)}
    silent = _spoke("top", timedelta(days=1))
    organization = Organization(id="o-example", read_at=iso(NOON), accounts=accounts, spokes=(silent,))
    assert (organization.unreached(), organization.silent(NOON)) == ([], [silent])


def test_a_silent_spoke_is_not_also_unwell() -> None:
    unwell = _spoke("a", timedelta(0), {"trail": "is not logging", "roles": ""})
    silent = _spoke("b", timedelta(days=1), {"trail": "is not logging"})
    assert _organization(unwell, silent).unwell(NOON) == [unwell]


def test_a_title_names_the_account_rather_than_its_id() -> None:
    organization = Organization(
        id="o-example", read_at=iso(NOON), accounts={"111122223333": Account(id="111122223333", name="prod")}
    )
    about = {"id": "f", "detection": "d", "severity": Severity.LOW, "region": "r", "resource": "x"}
    finding = Finding(title="Bucket b-111122223333 of account 111122223333 deleted", account="111122223333", **about)
    assert organization.title(finding) == "Bucket b-111122223333 of account prod deleted"
    assert organization.title(Finding(title="A finding", account="", **about)) == "A finding"


def test_an_account_without_a_name_is_called_by_its_id() -> None:
    assert _organization().label("111122223333") == "111122223333"
