"""Names that several parts use: the functions, and the roles that are Muster's own."""

import json
from pathlib import Path

import pytest

from contract import names
from contract.names import Names
from generator import functions

SNAPSHOTS = Path(__file__).parents[1] / "snapshots"


def test_the_functions_names_are_those_that_are_deployed() -> None:
    assert tuple(one.name for one in functions.HUB_FUNCTIONS) == names.HUB_FUNCTIONS
    assert tuple(one.name for one in functions.SPOKE_FUNCTIONS) == names.SPOKE_FUNCTIONS


@pytest.mark.parametrize("region", ["eu-central-1", "ap-southeast-7"])
def test_roles_of_the_agent_installer_are_musters_own_but_for_the_one_that_people_take(region: str) -> None:
    resources = json.loads((SNAPSHOTS / "agent.json").read_text()).items()
    roles = {
        title: one["Properties"]["RoleName"]["Fn::Sub"] for title, one in resources if one["Type"] == "AWS::IAM::Role"
    }
    others = {title for title, name in roles.items() if not Names().is_own_role(name.replace("${AWS::Region}", region))}
    assert (len(roles), others) == (8, {"AgentsRole"})


@pytest.mark.parametrize("stack", ["hub", "spoke"])
@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "cn-northwest-1", "ap-southeast-7"])
def test_every_role_of_the_templates_is_musters_own(stack: str, region: str) -> None:
    resources = json.loads((SNAPSHOTS / f"{stack}.json").read_text())["Resources"].values()
    roles = [one["Properties"]["RoleName"] for one in resources if one["Type"] == "AWS::IAM::Role"]
    assert roles
    names = [role if isinstance(role, str) else role["Fn::Sub"].replace("${AWS::Region}", region) for role in roles]
    assert [name for name in names if not Names().is_own_role(name)] == []


@pytest.mark.parametrize(
    "role",
    [
        "",
        "muster-evil",
        "muster-detector",
        "muster-detector-evil",
        "muster-evil-eu-west-1",
        "x-muster-detector-eu-west-1",
        "muster-read-eu-west-1",
        "muster-reader",
    ],
)
def test_a_name_that_only_begins_like_musters_is_somebody_elses(role: str) -> None:
    assert not Names().is_own_role(role)


@pytest.mark.parametrize(
    "name", ["muster-hub", "StackSet-muster-spoke-5d2c1a90", "/muster/muster-detector", "muster-spoke-alerts-calls-1"]
)
def test_what_begins_with_the_prefix_is_musters_own(name: str) -> None:
    assert Names().is_own(name)


@pytest.mark.parametrize("name", ["", "mustering", "customer-muster-x", "StackSet-customer-muster-x", "/aws/muster/x"])
def test_what_only_holds_the_prefix_is_not(name: str) -> None:
    assert not Names().is_own(name)
