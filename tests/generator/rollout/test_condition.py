from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from contract.clock import iso
from contract.spoke_events import Heartbeat
from generator.config import Config
from generator.rollout.condition import SpokeStatus, compared
from generator.rollout.instance import StackInstance
from hub.store.accounts import REMOVED, Account
from hub.store.spokes import Spoke

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MEMBER, HERE = "222222222222", "eu-central-1"


def heard(at: datetime = NOW, **checks: str) -> Spoke:
    beat = Heartbeat(account=MEMBER, region=HERE, version="1", config_hash="", interval_seconds=3600, checks=checks)
    return Spoke(beat, iso(at))


def status_of(config: Config, instance: str, spoke: Spoke | None) -> SpokeStatus:
    instances = [StackInstance(MEMBER, HERE, instance, "quota" if instance != "CURRENT" else "")]
    (found,) = compared(config, instances, {(MEMBER, HERE): spoke} if spoke else {}, [], NOW)
    return found


def absent(config: Config, *accounts: Account) -> Sequence[SpokeStatus]:
    return compared(config, [], {}, accounts, NOW)


@pytest.mark.parametrize(
    ("instance", "spoke", "state", "detail"),
    [
        ("CURRENT", heard(), "current", ""),
        ("CURRENT", heard(trail="no trail"), "unwell", "trail: no trail"),
        ("CURRENT", heard(rules="gone\x1b[2J\n"), "unwell", "rules: gone[2J"),
        ("CURRENT", None, "silent", "no heartbeat has arrived"),
        ("CURRENT", heard(NOW - timedelta(hours=3)), "silent", "last heartbeat 2026-11-20T09:00:00.000000Z"),
        ("OUTDATED", heard(), "outdated", "quota"),
    ],
)
def test_a_spokes_state_says_who_must_look(
    config: Config, instance: str, spoke: Spoke | None, state: str, detail: str
) -> None:
    found = status_of(config, instance, spoke)
    assert (found.state, found.detail) == (state, detail)
    assert found.is_well is (state == "current")


def test_an_account_without_a_stack_instance_never_joined_in_any_region(config: Config) -> None:
    found = absent(config, Account(id=MEMBER, name="new", ou_ids=("r-exam",)))
    assert [(one.region, one.state) for one in found] == [(one, "never joined") for one in sorted(config.regions)]
    assert not any(one.is_well for one in found)


def test_an_excluded_account_is_well(config: Config) -> None:
    found = absent(config, Account(id="123456789012", name="sandbox"))
    assert {(one.state, one.is_well) for one in found} == {("excluded", True)}


def test_an_account_outside_the_units_is_excluded(config: Config) -> None:
    here = config.model_copy(update={"organization": config.organization.model_copy(update={"ous": ("ou-a-1",)})})
    assert {one.state for one in absent(here, Account(id=MEMBER, name="a", ou_ids=("r-exam",)))} == {"excluded"}
    assert {one.state for one in absent(here, Account(id=MEMBER, name="a", ou_ids=("ou-a-1",)))} == {"never joined"}


def test_the_management_account_and_those_that_left_are_not_missed(config: Config) -> None:
    gone = Account(id=MEMBER, name="gone", status=REMOVED)
    assert absent(config, gone, Account(id="333333333333", name="management", is_management=True)) == []
