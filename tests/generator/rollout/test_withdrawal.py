from generator.rollout.goal import Goal
from generator.rollout.instance import StackInstance
from generator.rollout.withdrawal import withdrawals
from hub.coverage import Scope

UNIT, MEMBER = "ou-exam-11111111", "222222222222"
HERE, THERE = "eu-central-1", "us-east-1"
PRESENT = {"OrganizationalUnitIds": ["r-exam", UNIT], "Regions": [HERE, THERE]}
INSTANCES = [StackInstance(MEMBER, region, "CURRENT", unit="r-exam") for region in (HERE, THERE)]


def goal(*targets: str, regions: tuple[str, ...] = (HERE, THERE), excluded: tuple[str, ...] = ()) -> Goal:
    scope = Scope(targets=targets, regions=regions, hub_account="111122223333")
    return Goal(scope, frozenset({MEMBER}) - {*excluded}, frozenset(excluded))


def test_nothing_goes_that_is_still_asked_for() -> None:
    assert withdrawals(PRESENT, INSTANCES, goal("r-exam", UNIT)) == []


def test_a_region_goes_from_every_unit_and_a_unit_from_every_region() -> None:
    region, unit = withdrawals(PRESENT, INSTANCES, goal("r-exam", regions=(HERE,)))
    assert (region.targets, region.regions) == ({"OrganizationalUnitIds": ["r-exam", UNIT]}, (THERE,))
    assert (region.is_unit, unit.is_unit) == (False, True)
    assert (unit.targets, unit.regions) == ({"OrganizationalUnitIds": [UNIT]}, (HERE, THERE))


def test_an_account_that_was_excluded_goes_alone() -> None:
    (account,) = withdrawals(PRESENT, INSTANCES, goal("r-exam", UNIT, excluded=(MEMBER,)))
    assert account.targets == {
        "OrganizationalUnitIds": ["r-exam"],
        "Accounts": [MEMBER],
        "AccountFilterType": "INTERSECTION",
    }
    assert account.regions == (HERE, THERE)


def test_a_stack_set_without_spokes_has_nothing_to_withdraw() -> None:
    assert withdrawals({}, [], goal("r-exam")) == []
