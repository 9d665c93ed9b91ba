from collections.abc import Callable, Sequence
from typing import Any

import pytest

from generator.config import Organization
from generator.rollout.stack_set import StackSet
from generator.rollout.step import RolloutError, Step
from tests.generator.rollout.conftest import CloudFormation

ROOT = Organization(id="o-exampleorg1", root="r-exam")
HERE, THERE = "eu-central-1", "us-east-1"
SPOKE = ("222222222222", HERE)
Deployed = Callable[..., CloudFormation]


def deployed_steps(
    cloudformation: Any, targets: Organization = ROOT, regions: Sequence[str] = (HERE,), template: str = "{}"
) -> list[Step]:
    spokes = StackSet(cloudformation, "muster-spoke", poll_seconds=0)
    return list(spokes.deploy(template, "https://example.com/spoke.json", targets, regions))


def states(steps: Sequence[Step]) -> list[tuple[str, str]]:
    return [(one.what, one.state) for one in steps]


def test_an_unchanged_stack_set_is_not_updated(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE)
    assert states(deployed_steps(cloudformation)) == [("StackSet muster-spoke", "unchanged"), ("spokes", "current")]
    assert [name for name, _ in cloudformation.calls] == ["create_stack_instances"]


def test_an_operation_that_fails_is_a_failed_step_with_the_accounts_reasons(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE)
    cloudformation.outcome = "STOPPED"
    cloudformation.results = [
        {"Account": "222222222222", "Region": HERE, "Status": "FAILED", "StatusReason": "no role"},
        {"Account": "333333333333", "Region": HERE, "Status": "CANCELLED"},
        {"Account": "444444444444", "Region": HERE, "Status": "SUCCEEDED"},
    ]
    steps = deployed_steps(cloudformation, template='{"new": 1}')
    reasons = f"STOPPED: 222222222222 {HERE} no role; 333333333333 {HERE} CANCELLED"
    assert steps[0] == Step("operation on StackSet muster-spoke", "failed", reasons)
    assert "updated" not in [one.state for one in steps]


def test_a_spoke_that_is_not_current_is_a_failed_step(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE, ("333333333333", HERE))
    cloudformation.summaries[1] |= {"Status": "OUTDATED", "StatusReason": "quota of roles"}
    steps = deployed_steps(cloudformation)
    assert Step(f"spoke 333333333333 {HERE}", "failed", "quota of roles") in steps
    assert steps[-1] == Step("spokes", "current", "1 of 2")


def test_no_spoke_at_all_is_a_failure_that_names_the_units(cloudformation: CloudFormation) -> None:
    last = deployed_steps(cloudformation)[-1]
    assert last.is_failure
    assert "no account in the OUs r-exam" in last.detail


def test_a_region_that_was_taken_out_is_withdrawn(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE, ("222222222222", THERE))
    assert (f"spokes in {THERE}", "removed") in states(deployed_steps(cloudformation))
    name, given = cloudformation.calls[0]
    assert name == "delete_stack_instances"
    assert given["DeploymentTargets"] == {"OrganizationalUnitIds": ["r-exam"]}
    assert (given["Regions"], given["RetainStacks"]) == ([THERE], False)


def test_a_unit_that_was_taken_out_is_withdrawn_before_the_others_are_covered(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE, ous=("r-exam", "ou-exam-11111111"))
    deployed_steps(cloudformation)
    assert [name for name, _ in cloudformation.calls] == ["delete_stack_instances", "create_stack_instances"]
    assert cloudformation.calls[0][1]["DeploymentTargets"] == {"OrganizationalUnitIds": ["ou-exam-11111111"]}


def test_an_operation_that_never_ends_is_left_with_the_mend(deployed: Deployed) -> None:
    cloudformation: Any = deployed(SPOKE)
    cloudformation.outcome = "RUNNING"
    spokes = StackSet(cloudformation, "muster-spoke", poll_seconds=0, deadline_seconds=-1)
    with pytest.raises(RolloutError, match="operation o-1 on StackSet muster-spoke is RUNNING"):
        list(spokes.deploy("{}", "", ROOT, [HERE]))
