import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from contract.clock import iso
from contract.spoke_events import Heartbeat
from generator.rollout.condition import Release, SpokeStatus, compared, release_of
from generator.rollout.instance import StackInstance
from hub.coverage import Scope
from hub.store.accounts import REMOVED, Account
from hub.store.spokes import Spoke

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MEMBER, HERE = "222222222222", "eu-central-1"
SCOPE = Scope(targets=("r-exam",), regions=(HERE, "us-east-1"), hub_account="111122223333")
RELEASE = Release("1", "abc")


def heard(at: datetime = NOW, version: str = "1", config_hash: str = "abc", **checks: str) -> Spoke:
    beat = Heartbeat(
        account=MEMBER, region=HERE, version=version, config_hash=config_hash, interval_seconds=3600, checks=checks
    )
    return Spoke(beat, iso(at))


def status_of(instance: StackInstance, spoke: Spoke | None) -> SpokeStatus:
    (found,) = compared(SCOPE, [instance], {(MEMBER, HERE): spoke} if spoke else {}, [], RELEASE, NOW)
    return found


def absent(*accounts: Account, scope: Scope = SCOPE) -> Sequence[SpokeStatus]:
    return compared(scope, [], {}, accounts, RELEASE, NOW)


@pytest.mark.parametrize(
    ("instance", "spoke", "state", "detail"),
    [
        ("CURRENT", heard(), "current", ""),
        ("CURRENT", heard(trail="no trail"), "unwell", "trail: no trail"),
        ("CURRENT", heard(rules="gone\x1b[2J\n"), "unwell", "rules: gone[2J"),
        ("CURRENT", None, "silent", "no heartbeat has arrived"),
        ("CURRENT", heard(NOW - timedelta(hours=3)), "silent", "last heartbeat 2026-11-20T09:00:00.000000Z"),
        ("CURRENT", heard(version="0"), "outdated", "reports version 0, rolled out is 1"),
        ("CURRENT", heard(config_hash="old"), "outdated", "reports configuration old, rolled out is abc"),
        ("OUTDATED", heard(), "outdated", "quota"),
    ],
)
def test_a_spokes_state_says_who_must_look(instance: str, spoke: Spoke | None, state: str, detail: str) -> None:
    found = status_of(StackInstance(MEMBER, HERE, instance, "quota" if instance != "CURRENT" else ""), spoke)
    assert (found.state, found.detail) == (state, detail)
    assert found.is_well is (state == "current")


def test_a_spoke_whose_deployment_failed_says_why() -> None:
    found = status_of(StackInstance(MEMBER, HERE, "OUTDATED", "role exists", "FAILED"), None)
    assert (found.state, found.detail) == ("failed", "role exists")


def test_the_release_is_read_from_the_template_that_was_rolled_out() -> None:
    introduction = {"Properties": {"Version": "2", "ConfigHash": "def"}}
    assert release_of(json.dumps({"Resources": {"Introduction": introduction}})) == Release("2", "def")


def test_an_account_without_a_stack_instance_never_joined_in_any_region() -> None:
    found = absent(Account(id=MEMBER, name="new", ou_ids=("r-exam",)))
    assert [(one.region, one.state, one.name) for one in found] == [
        (region, "never joined", "new") for region in SCOPE.regions
    ]
    assert not any(one.is_well for one in found)


def test_an_account_without_a_spoke_on_purpose_is_well() -> None:
    found = absent(Account(id=MEMBER, name="a", ou_ids=("r-other",)))
    assert {(one.state, one.detail, one.is_well) for one in found} == {
        ("excluded", "in none of organization.ous", True)
    }


def test_a_closed_account_is_excluded_whatever_is_left_of_its_spoke() -> None:
    closed = Account(id=MEMBER, name="gone", status="SUSPENDED", ou_ids=("r-exam",))
    (found,) = compared(SCOPE, [StackInstance(MEMBER, HERE, "OUTDATED")], {}, [closed], RELEASE, NOW)
    assert (found.state, found.detail) == ("excluded", "the account is SUSPENDED")


def test_accounts_that_left_are_not_missed() -> None:
    assert absent(Account(id=MEMBER, name="gone", status=REMOVED)) == []


def test_the_management_account_is_missed_once_it_is_included() -> None:
    management = Account(id="999999999999", name="management", ou_ids=("r-exam",), is_management=True)
    assert {one.state for one in absent(management)} == {"excluded"}
    included = Scope(targets=("r-exam",), regions=(HERE,), hub_account="111122223333", covers_management=True)
    assert {one.state for one in absent(management, scope=included)} == {"never joined"}
