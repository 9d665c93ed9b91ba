"""Twenty accounts in two Regions, from nothing to every spoke, as a person drives it."""

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from generator.rollout.step import Step
from tests.rollout.deployed import Rollout, rolling_out
from tests.rollout.driving import MANAGEMENT, SANDBOX, TAGGER, collide, created_by_keys, move, muster, of_account
from tests.rollout.leftovers import leftovers

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("as_before")]
ACCOUNTS = 20


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollout]:
    with rolling_out(tmp_path_factory.mktemp("rollout"), ACCOUNTS) as running:
        assert not [one for one in running.deploy() if one.is_failure]
        yield running


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
    # The hub says what is deployed: its own stack changes with every setting.
    (change,) = [one for one in rollout.planned() if one.what != f"stack {rollout.config.names.hub_stack}"]
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


def test_a_killed_deploy_resumes(rollout: Rollout) -> None:
    settings = rollout.organization.config.with_name("killed.toml")
    text = rollout.organization.config.read_text()
    settings.write_text(f'{text}\n[creator]\ncreated_by_key = "Killed"\n[findings]\nevent_archive_days = 7\n')
    killed = muster(rollout, settings, "deploy", "--yes", "--json")
    assert killed.stdout
    for line in killed.stdout:
        if "inventory" in line:
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
    assert created_by_keys(rollout) == {"Killed"}
    rollout.deploy()
