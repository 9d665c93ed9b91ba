"""Twenty accounts in two Regions, from nothing to every spoke and back, as a person drives it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.names import Names
from generator.rollout.removal import removals, uninstall
from generator.rollout.step import Progress, RolloutError, Step
from hub.store.accounts import AccountStore
from tests.rollout.deployed import Rollout, rolling_out
from tests.rollout.leftovers import leftovers

pytestmark = pytest.mark.slow
ACCOUNTS = 20
NAMES = Names()
MANAGEMENT, HUB, SANDBOX = "999999999999", "111122223333", "333333333333"
TAGGER = "muster-spoke-creator-tagger"
Places = set[tuple[str, str, str]]


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollout]:
    with rolling_out(tmp_path_factory.mktemp("rollout"), ACCOUNTS) as running:
        assert not [one for one in running.deploy() if one.is_failure]
        yield running


@pytest.fixture
def unit(rollout: Rollout) -> Callable[[str], str]:
    """Return the id of an organizational unit by its path."""
    ous: dict[str, str] = rollout.organization.get("/_localorg/health")["organization"]["ous"]
    return lambda path: ous[f"Root/{path}"]


@pytest.fixture(autouse=True)
def as_before(rollout: Rollout) -> Iterator[None]:
    """Leave the settings as the test found them, rolled out."""
    before = rollout.config
    yield
    if rollout.config is not before:
        rollout.config = before
        assert not [one for one in rollout.deploy() if one.is_failure]


def created_by_keys(rollout: Rollout) -> set[str]:
    """Read a setting back in every spoke."""
    found = set()
    for account, region, _ in rollout.instances():
        function = rollout.client("lambda", account, region).get_function_configuration(FunctionName=TAGGER)
        found.add(function["Environment"]["Variables"]["CREATED_BY_KEY"])
    return found


def collide(rollout: Rollout, account: str, role: str) -> None:
    """Make a role in an account whose name its spoke needs."""
    rollout.client("iam", account).create_role(RoleName=role, AssumeRolePolicyDocument="{}")


def move(rollout: Rollout, account: str, source: str, destination: str) -> None:
    organizations = rollout.client("organizations", MANAGEMENT)
    organizations.move_account(AccountId=account, SourceParentId=source, DestinationParentId=destination)
    rollout.settle()


def of_account(rollout: Rollout, account: str) -> list[str]:
    return sorted(status for owner, _, status in rollout.instances() if owner == account)


def test_every_account_and_region_is_current_and_nothing_is_left_to_do(rollout: Rollout) -> None:
    assert len(rollout.instances()) == 2 * (ACCOUNTS + 1)
    by_state: dict[str, set[str]] = {}
    for one in rollout.statuses():
        by_state.setdefault(one.state, set()).add(one.account)
    assert by_state.keys() == {"current", "excluded"}
    assert by_state["excluded"] == {MANAGEMENT}
    assert rollout.planned() == []


def test_a_changed_setting_reaches_every_spoke(rollout: Rollout) -> None:
    rollout.change("creator", created_by_key="MadeBy")
    (change,) = rollout.planned()
    assert change.action == "update"
    assert any(one.after == "MadeBy" for one in change.differences)
    assert Step("spokes", "updated") in rollout.deploy()
    assert created_by_keys(rollout) == {"MadeBy"}
    assert {one.state for one in rollout.statuses()} == {"current", "excluded"}
    assert rollout.planned() == []


def test_an_account_gets_its_spoke_when_it_moves_in_and_loses_it_when_it_moves_out(
    rollout: Rollout, unit: Callable[[str], str]
) -> None:
    rollout.change("organization", ous=(unit("Workloads"), unit("Security")))
    rollout.deploy()
    assert of_account(rollout, SANDBOX) == []
    move(rollout, SANDBOX, unit("Sandbox"), unit("Workloads/Development"))
    assert of_account(rollout, SANDBOX) == ["CURRENT", "CURRENT"]
    assert rollout.planned() == []
    move(rollout, SANDBOX, unit("Workloads/Development"), unit("Sandbox"))
    assert of_account(rollout, SANDBOX) == []
    assert leftovers(lambda service: rollout.client(service, SANDBOX), "muster") == set()


def test_excluded_accounts_and_units_lose_their_spokes(rollout: Rollout, unit: Callable[[str], str]) -> None:
    rollout.change("organization", excluded_accounts=("444455556666",), excluded_ous=(unit("Sandbox"),))
    assert [(one.action, one.what) for one in rollout.planned()] == [("remove", f"spokes of {SANDBOX}, 444455556666")]
    rollout.deploy()
    assert of_account(rollout, SANDBOX) == of_account(rollout, "444455556666") == []
    reasons = {one.account: one.detail for one in rollout.statuses() if one.state == "excluded"}
    assert reasons[SANDBOX] == "by organization.excluded_ous"
    assert reasons["444455556666"] == "by organization.excluded_accounts"


def test_a_failing_account_shows_its_reason_while_the_others_finish(rollout: Rollout) -> None:
    failing, role = "555500000007", f"{TAGGER}-eu-west-1"
    rollout.change("creator", enabled=False)
    rollout.deploy()
    collide(rollout, failing, role)
    rollout.change("creator", enabled=True)
    failed = [one for one in rollout.deploy() if one.is_failure]
    (step,) = [one for one in failed if one.what == f"spoke {failing} eu-west-1"]
    assert role in step.detail
    (unwell,) = [one for one in rollout.statuses() if not one.is_well]
    assert (unwell.account, unwell.region, unwell.state) == (failing, "eu-west-1", "failed")
    assert role in unwell.detail
    rollout.client("iam", failing).delete_role(RoleName=role)
    assert not [one for one in rollout.deploy() if one.is_failure]
    assert rollout.planned() == []


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
    assert [one["FunctionName"] for one in functions] == ["muster-spoke-heartbeat"]
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


def muster(rollout: Rollout, settings: Path, *arguments: str) -> "subprocess.Popen[str]":
    command = [str(Path(sys.executable).with_name("muster")), *arguments, "--config", str(settings)]
    return subprocess.Popen(command, cwd=rollout.folder.parent, text=True, stdout=subprocess.PIPE)


@pytest.mark.parametrize("until", ["stack muster-hub", "inventory"])
def test_a_killed_deploy_resumes(rollout: Rollout, until: str) -> None:
    settings = rollout.organization.config.with_name("killed.toml")
    text = rollout.organization.config.read_text()
    settings.write_text(f'{text}\n[creator]\ncreated_by_key = "Killed{until[0]}"\n[findings]\nevent_archive_days = 7\n')
    killed = muster(rollout, settings, "deploy", "--yes", "--json")
    assert killed.stdout
    for line in killed.stdout:
        if until in line:
            break
    time.sleep(0.5)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    resumed = muster(rollout, settings, "deploy", "--yes", "--json")
    assert resumed.communicate()[0]
    assert resumed.returncode == 0
    planned = muster(rollout, settings, "plan")
    assert planned.communicate()[0].strip() == "Nothing would change."
    assert planned.returncode == 0
    assert created_by_keys(rollout) == {f"Killed{until[0]}"}
    rollout.deploy()


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


def everything_left(rollout: Rollout) -> dict[str, set[str]]:
    """Return what is left of Muster by account and Region, where anything is."""
    accounts = [MANAGEMENT, HUB, *(one.id for one in rollout.organization.members)]
    places = {f"{account} {region}": (account, region) for account in accounts for region in rollout.config.regions}
    found = {
        name: leftovers(lambda service, at=place: rollout.client(service, *at), "muster")
        for name, place in places.items()
    }
    return {name: left for name, left in found.items() if left}


# The last: it takes everything away, and brings it back.
def test_an_uninstall_leaves_only_the_data_and_the_next_deploy_takes_it_over(rollout: Rollout) -> None:
    dynamodb: Any = rollout.sessions.hub.client("dynamodb")
    known = AccountStore(dynamodb, NAMES.state_table).all()
    assert {one.action for one in removals(rollout.config, rollout.sessions)} == {"remove", "keep"}
    events = list(uninstall(rollout.config, rollout.sessions, poll_seconds=0.1))
    steps = [one for one in events if isinstance(one, Step)]
    assert any(isinstance(one, Progress) for one in events)
    assert not [one for one in steps if one.is_failure]
    assert everything_left(rollout) == {f"{HUB} us-east-1": {NAMES.findings_table, NAMES.state_table}}
    kept = [one.what for one in steps if one.state == "kept"]
    assert kept[:2] == [f"table {NAMES.findings_table}", f"table {NAMES.state_table}"]
    assert kept[2].startswith("key arn:")
    again = [one for one in uninstall(rollout.config, rollout.sessions) if isinstance(one, Step)]
    assert {one.state for one in again} == {"absent", "kept"}
    taken = rollout.deploy()
    assert Step("stack muster-hub", "created", "around what was kept: DataKey, FindingsTable, StateTable") in taken
    assert not [one for one in taken if one.is_failure]
    assert AccountStore(dynamodb, NAMES.state_table).all() == known
    assert rollout.planned() == []
