from collections.abc import Callable
from typing import Any

import pytest

from generator.rollout.goal import Goal
from generator.rollout.spokes import roll_out
from generator.rollout.stack_set import StackSet
from generator.rollout.step import RolloutError, Step
from hub.coverage import Scope
from tests.generator.rollout.conftest import TEMPLATE, CloudFormation

HERE, THERE = "eu-central-1", "us-east-1"
MEMBER, OTHER, CANARY = "222222222222", "333333333333", "444444444444"
SPOKE = (MEMBER, HERE)
URL = "https://example.com/spoke.json"
NEW = '{"Resources": {"New": {}}}'
Deployed = Callable[..., CloudFormation]


def goal(*accounts: str, regions: tuple[str, ...] = (HERE,), **others: Any) -> Goal:
    scope = Scope(targets=("r-exam",), regions=regions, hub_account="111122223333")
    return Goal(scope, frozenset(accounts), **others)


def steps(cloudformation: Any, wanted: Goal, template: str = TEMPLATE) -> list[Step]:
    spokes = StackSet(cloudformation, "muster-spoke", poll_seconds=0)
    return [one for one in roll_out(spokes, template, URL, wanted) if isinstance(one, Step)]


def states(found: list[Step]) -> list[tuple[str, str]]:
    return [(one.what, one.state) for one in found]


def test_what_is_as_it_should_be_is_not_touched(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE)
    assert steps(cloudformation, goal(MEMBER)) == [Step("spokes", "current", "1 of 1")]
    assert cloudformation.calls == []


def test_a_first_rollout_stops_for_no_failing_account(cloudformation: CloudFormation) -> None:
    steps(cloudformation, goal(MEMBER))
    assert cloudformation.called == ["create_stack_set", "create_stack_instances"]
    made = cloudformation.calls[1][1]
    assert made["DeploymentTargets"] == {"OrganizationalUnitIds": ["r-exam"]}
    assert made["OperationPreferences"]["FailureTolerancePercentage"] == 100
    assert made["OperationPreferences"]["RegionConcurrencyType"] == "PARALLEL"
    assert cloudformation.calls[0][1]["AutoDeployment"]["Enabled"]


def test_a_changed_template_updates_every_spoke(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE)
    assert ("spokes", "updated") in states(steps(cloudformation, goal(MEMBER), NEW))
    (name, given) = cloudformation.calls[0]
    assert (name, given["TemplateURL"]) == ("update_stack_set", URL)
    assert "DeploymentTargets" not in given
    assert given["OperationPreferences"]["FailureToleranceCount"] == 5


def test_canaries_go_first_and_none_of_them_may_fail(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE, (CANARY, HERE))
    steps(cloudformation, goal(MEMBER, CANARY, canaries=frozenset({CANARY})), NEW)
    first, second = (given for _, given in cloudformation.calls)
    assert first["DeploymentTargets"] == {
        "OrganizationalUnitIds": ["r-exam"],
        "Accounts": [CANARY],
        "AccountFilterType": "INTERSECTION",
    }
    assert (first["OperationPreferences"]["FailureToleranceCount"], first["Regions"]) == (0, [HERE])
    assert "DeploymentTargets" not in second


def test_the_others_are_left_as_they_are_when_a_canary_fails(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE, (CANARY, HERE))
    cloudformation.outcome = "FAILED"
    cloudformation.summaries[1] |= {"Status": "OUTDATED", "StatusReason": "quota of roles"}
    found = steps(cloudformation, goal(MEMBER, CANARY, canaries=frozenset({CANARY})), NEW)
    assert Step(f"spoke {CANARY} {HERE}", "failed", "quota of roles") in found
    assert (found[-1].what, found[-1].state) == ("other spokes", "failed")
    assert len(cloudformation.calls) == 1


def test_what_an_earlier_update_left_is_updated_alone(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE, (MEMBER, THERE), (OTHER, HERE), (OTHER, THERE))
    cloudformation.summaries[3] |= {"Status": "OUTDATED"}
    steps(cloudformation, goal(MEMBER, OTHER, regions=(HERE, THERE)))
    assert cloudformation.called == ["update_stack_set"]
    given = cloudformation.calls[0][1]
    assert given["UsePreviousTemplate"]
    assert (given["DeploymentTargets"]["Accounts"], given["Regions"]) == ([OTHER], [THERE])


def test_an_operation_under_way_is_waited_for_first(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE)
    cloudformation.pages["list_stack_set_operations"] = [
        {"OperationId": "o-9", "Status": "RUNNING"},
        {"OperationId": "o-8", "Status": "SUCCEEDED"},
    ]
    cloudformation.outcome = "FAILED"
    cloudformation.pages["list_stack_set_operation_results"] = [{"Status": "FAILED"}, {"Status": "CANCELLED"}]
    assert steps(cloudformation, goal(MEMBER))[0] == Step(
        "earlier operation o-9", "ended", "FAILED: 1 cancelled, 1 failed"
    )


def test_automatic_deployment_that_was_switched_off_is_switched_on(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE)
    assert cloudformation.stack_set
    cloudformation.stack_set["AutoDeployment"] = {"Enabled": False}
    assert states(steps(cloudformation, goal(MEMBER)))[-1] == ("automatic deployment", "switched on")
    assert "DeploymentTargets" not in cloudformation.calls[0][1]


def test_a_missing_spoke_is_made_without_the_excluded_accounts(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE)
    steps(cloudformation, goal(MEMBER, OTHER, excluded=frozenset({CANARY})))
    (name, given) = cloudformation.calls[0]
    assert name == "create_stack_instances"
    assert given["DeploymentTargets"] == {
        "OrganizationalUnitIds": ["r-exam"],
        "Accounts": [CANARY],
        "AccountFilterType": "DIFFERENCE",
    }


def test_a_unit_without_accounts_is_covered_so_that_later_ones_follow(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE, ous=())
    steps(cloudformation, goal(MEMBER))
    assert cloudformation.called == ["create_stack_instances"]


def test_a_spoke_that_is_not_current_is_a_failed_step_with_its_reason(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE, (OTHER, HERE))
    cloudformation.summaries[1] |= {"Status": "OUTDATED", "StatusReason": "quota of roles"}
    found = steps(cloudformation, goal(MEMBER, OTHER))
    assert Step(f"spoke {OTHER} {HERE}", "failed", "quota of roles") in found
    assert found[-1] == Step("spokes", "current", "1 of 2")


def test_an_inoperable_spoke_is_not_updated_but_told(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE)
    cloudformation.summaries[0] |= {"Status": "INOPERABLE"}
    (first, _) = steps(cloudformation, goal(MEMBER))
    assert first.is_failure
    assert "delete its stack there by hand" in first.detail
    assert cloudformation.calls == []


def test_no_account_at_all_is_a_failure_that_names_the_units(deployed: Deployed) -> None:
    last = steps(deployed(ous=("r-exam",)), goal())[-1]
    assert last.is_failure
    assert "no account in the OUs r-exam" in last.detail


def test_a_region_that_was_taken_out_is_withdrawn(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE, (MEMBER, THERE))
    assert (f"spokes in {THERE}", "removed") in states(steps(cloudformation, goal(MEMBER)))
    name, given = cloudformation.calls[0]
    assert name == "delete_stack_instances"
    assert given["DeploymentTargets"] == {"OrganizationalUnitIds": ["r-exam"]}
    assert (given["Regions"], given["RetainStacks"]) == ([THERE], False)


def test_a_unit_that_was_taken_out_goes_last_and_what_it_took_along_is_made_again(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE, ous=("ou-exam-11111111",))
    steps(cloudformation, goal(MEMBER))
    assert cloudformation.called == ["create_stack_instances", "delete_stack_instances", "create_stack_instances"]
    assert cloudformation.calls[1][1]["DeploymentTargets"] == {"OrganizationalUnitIds": ["ou-exam-11111111"]}


def test_nothing_of_a_unit_is_taken_away_when_canaries_fail(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE, (CANARY, HERE), ous=("r-exam", "ou-exam-11111111"))
    cloudformation.summaries[1] |= {"Status": "OUTDATED"}
    steps(cloudformation, goal(MEMBER, CANARY, canaries=frozenset({CANARY})))
    assert "delete_stack_instances" not in cloudformation.called


def test_an_operation_that_never_ends_is_an_error_that_names_it(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE)
    cloudformation.outcome = "RUNNING"
    spokes = StackSet(cloudformation, "muster-spoke", poll_seconds=0, deadline_seconds=-1)  # type: ignore[arg-type]
    with pytest.raises(RolloutError, match="operation o-1 on StackSet muster-spoke is RUNNING"):
        list(roll_out(spokes, NEW, URL, goal(MEMBER)))


def test_canaries_that_could_not_be_made_are_not_updated_and_end_the_rollout(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE)
    found = steps(cloudformation, goal(MEMBER, CANARY, canaries=frozenset({CANARY})), NEW)
    assert cloudformation.called == ["create_stack_instances"]
    assert Step(f"spoke {CANARY} {HERE}", "failed", "there is none") in found
    assert found[-1].what == "other spokes"


def test_an_update_of_canaries_names_the_units_by_which_they_were_deployed(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE, (CANARY, HERE))
    scope = Scope(targets=("r-exam", "ou-exam-22222222"), regions=(HERE,), hub_account="111122223333")
    steps(cloudformation, Goal(scope, frozenset({MEMBER, CANARY}), canaries=frozenset({CANARY})), NEW)
    assert cloudformation.called == ["update_stack_set", "update_stack_set", "create_stack_instances"]
    assert cloudformation.calls[0][1]["DeploymentTargets"]["OrganizationalUnitIds"] == ["r-exam"]
    assert cloudformation.calls[2][1]["DeploymentTargets"]["OrganizationalUnitIds"] == ["r-exam", "ou-exam-22222222"]


def test_new_canaries_are_made_of_the_old_template_and_then_updated(deployed: Deployed) -> None:
    cloudformation = deployed(SPOKE)
    create = cloudformation.create_stack_instances

    def made(**given: Any) -> dict[str, Any]:
        cloudformation.summaries.append({**cloudformation.summaries[0], "Account": CANARY})
        return create(**given)

    cloudformation.create_stack_instances = made  # type: ignore[method-assign]
    steps(cloudformation, goal(MEMBER, CANARY, canaries=frozenset({CANARY})), NEW)
    assert cloudformation.called == ["create_stack_instances", "update_stack_set", "update_stack_set"]
    assert cloudformation.calls[1][1]["DeploymentTargets"]["Accounts"] == [CANARY]
