"""What a rollout does with exclusions, canaries, lone spokes, sudden ends; and how it is taken back."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from contract.names import Names
from generator.rollout.removal import removals, uninstall
from generator.rollout.step import Progress, RolloutError, Step
from hub.store.accounts import AccountStore
from tests.rollout.deployed import Rollout, rolling_out
from tests.rollout.driving import (
    HUB,
    MANAGEMENT,
    SANDBOX,
    TAGGER,
    collide,
    created_by_keys,
    everything_left,
    muster,
    of_account,
)

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("as_before")]
NAMES = Names()
# The named ones, of every unit.
ACCOUNTS = 5


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollout]:
    with rolling_out(tmp_path_factory.mktemp("variations"), ACCOUNTS) as running:
        assert not [one for one in running.deploy() if one.is_failure]
        yield running


def test_excluded_accounts_and_units_lose_their_spokes(rollout: Rollout, unit: Callable[[str], str]) -> None:
    rollout.change("organization", excluded_accounts=("444455556666",), excluded_ous=(unit("Sandbox"),))
    planned = {(one.action, one.what) for one in rollout.planned()}
    # The hub knows too who has a spoke.
    assert planned == {("remove", f"spokes of {SANDBOX}, 444455556666"), ("update", "stack muster-hub")}
    rollout.deploy()
    assert of_account(rollout, SANDBOX) == of_account(rollout, "444455556666") == []
    reasons = {one.account: one.detail for one in rollout.statuses() if one.state == "excluded"}
    assert reasons[SANDBOX] == "by organization.excluded_ous"
    assert reasons["444455556666"] == "by organization.excluded_accounts"


def test_a_failing_canary_keeps_the_others_as_they_are(rollout: Rollout, unit: Callable[[str], str]) -> None:
    role = f"{TAGGER}-us-east-1"
    rollout.change("organization", canary_ous=(unit("Sandbox"),))
    rollout.change("creator", enabled=False)
    rollout.deploy()
    collide(rollout, SANDBOX, role)
    rollout.change("creator", enabled=True)
    steps = rollout.deploy()
    assert (steps[-1].what, steps[-1].is_failure) == ("other spokes", True)
    functions = rollout.client("lambda", "444455556666").list_functions()["Functions"]
    assert TAGGER not in [one["FunctionName"] for one in functions]
    rollout.client("iam", SANDBOX).delete_role(RoleName=role)
    names = [one.what for one in rollout.deploy() if one.state == "updated"]
    assert names == ["canaries", "spokes"]
    assert {status for _, _, status in rollout.instances()} == {"CURRENT"}


@pytest.mark.parametrize("events", [1, 4, 6, 8, 10])
def test_a_deploy_that_ends_early_is_finished_by_the_next(
    rollout: Rollout, events: int, unit: Callable[[str], str]
) -> None:
    rollout.change("organization", canary_ous=(unit("Workloads/Development"),))
    rollout.change("creator", created_by_key=f"MadeBy{events}")
    begun = rollout.events()
    for _ in range(events):
        next(begun, None)
    begun.close()
    assert not [one for one in rollout.deploy() if one.is_failure]
    assert created_by_keys(rollout) == {f"MadeBy{events}"}
    assert rollout.planned() == []


def test_plan_exits_with_three_when_there_are_changes(rollout: Rollout) -> None:
    settings = rollout.organization.config.with_name("planned.toml")
    settings.write_text(f"{rollout.organization.config.read_text()}\n[spoke]\nlog_retention_days = 30\n")
    planned = muster(rollout, settings, "plan")
    printed, _ = planned.communicate()
    assert planned.returncode == 3
    assert "RetentionInDays: 14 → 30" in printed


def test_the_management_account_gets_an_ordinary_stack_when_asked(rollout: Rollout) -> None:
    rollout.change("aws", management_profile="management")
    rollout.change("organization", management_account=MANAGEMENT, include_management_account=True)
    created = {one.what for one in rollout.deploy() if one.state == "created"}
    assert created == {f"stack muster-spoke of the management account in {one}" for one in rollout.config.regions}
    assert {one.state for one in rollout.statuses() if one.account == MANAGEMENT} == {"current"}
    assert rollout.planned() == []
    for region in rollout.config.regions:
        rollout.client("cloudformation", MANAGEMENT, region).delete_stack(StackName="muster-spoke")
    rollout.settle()


def test_a_hub_outside_the_units_has_a_spoke_too(rollout: Rollout, unit: Callable[[str], str]) -> None:
    rollout.change("organization", ous=(unit("Workloads"),))
    rollout.deploy()
    assert of_account(rollout, HUB) == []
    assert [one.state for one in rollout.statuses() if one.account == HUB] == ["current", "current"]
    assert rollout.planned() == []
    for region in rollout.config.regions:
        rollout.client("cloudformation", HUB, region).delete_stack(StackName="muster-spoke")
    rollout.settle()


def test_credentials_of_another_account_are_refused(rollout: Rollout) -> None:
    rollout.change("aws", profile="sandbox")
    with pytest.raises(RolloutError, match=f"credentials are of account {SANDBOX}, aws.hub_account is {HUB}"):
        rollout.deploy()
    rollout.change("aws", profile="hub")


# The last: it takes everything away, and brings it back.
def test_an_uninstall_leaves_only_the_data_and_the_next_deploy_takes_it_over(rollout: Rollout) -> None:
    dynamodb: Any = rollout.sessions.hub.client("dynamodb")
    known = AccountStore(dynamodb, NAMES.state_table).all()
    assert {one.action for one in removals(rollout.config, rollout.sessions)} == {"remove", "keep"}
    events = list(uninstall(rollout.config, rollout.sessions, poll_seconds=0.1))
    steps = [one for one in events if isinstance(one, Step)]
    assert any(isinstance(one, Progress) for one in events)
    assert not [one for one in steps if one.is_failure]
    left = set().union(*everything_left(rollout).values())
    buckets = {one for one in left if one.startswith("muster-hub-archive")}
    assert left - buckets == {NAMES.findings_table, NAMES.state_table}
    assert len(buckets) == 2
    kept = [one.what for one in steps if one.state == "kept"]
    assert kept[:2] == [f"table {NAMES.findings_table}", f"table {NAMES.state_table}"]
    assert kept[2].startswith("key arn:")
    assert {f"bucket {one}" for one in buckets} < set(kept)
    assert any(one.startswith("backup vault muster-tables-") for one in kept)
    again = [one for one in uninstall(rollout.config, rollout.sessions) if isinstance(one, Step)]
    assert {one.state for one in again} == {"absent", "kept"}
    taken = rollout.deploy()
    assert Step("stack muster-hub", "created", "around what was kept: DataKey, FindingsTable, StateTable") in taken
    assert not [one for one in taken if one.is_failure]
    assert AccountStore(dynamodb, NAMES.state_table).all() == known
    assert rollout.planned() == []
