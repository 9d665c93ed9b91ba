from generator.rollout.instance import StackInstance
from generator.rollout.withdrawal import withdrawals

PRESENT = {"OrganizationalUnitIds": ["r-exam", "ou-exam-11111111"], "Regions": ["eu-central-1", "us-east-1"]}
INSTANCES = [StackInstance("222222222222", region, "CURRENT") for region in PRESENT["Regions"]]


def test_nothing_goes_that_is_still_asked_for() -> None:
    assert withdrawals(PRESENT, INSTANCES, PRESENT["OrganizationalUnitIds"], PRESENT["Regions"]) == []


def test_a_region_goes_from_every_unit_and_a_unit_from_every_region() -> None:
    region, unit = withdrawals(PRESENT, INSTANCES, ["r-exam"], ["eu-central-1"])
    assert (region.ous, region.regions) == (("r-exam", "ou-exam-11111111"), ("us-east-1",))
    assert (unit.ous, unit.regions) == (("ou-exam-11111111",), ("eu-central-1", "us-east-1"))


def test_a_stack_set_without_spokes_has_nothing_to_withdraw() -> None:
    assert withdrawals({}, [], ["r-exam"], ["eu-central-1"]) == []
