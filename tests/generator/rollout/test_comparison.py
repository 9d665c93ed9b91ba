import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from generator.config import Config
from generator.problems import BadInputError
from generator.rollout.comparison import changes
from generator.rollout.session import Sessions
from tests.generator.rollout.conftest import TEMPLATE, CloudFormation

ABSENT = ClientError({"Error": {"Code": "ValidationError", "Message": "Stack does not exist"}}, "DescribeStacks")
HOME, GLOBAL = "eu-central-1", "us-east-1"


HUB, MEMBER, MANAGEMENT, UNIT = "111122223333", "222222222222", "999999999999", "ou-exam-11111111"


class Session:
    """Stacks by Region and name, the StackSet, and the accounts of the organization's root."""

    def __init__(self, stack_sets: CloudFormation, stacks: dict[tuple[str, str], str], accounts: list[str]) -> None:
        self.stack_sets, self.stacks, self.accounts = stack_sets, stacks, accounts

    def client(self, service: str, region: str = HOME) -> Any:
        return Root(self.accounts) if service == "organizations" else Regional(self, region)


class Root:
    """An organization whose accounts are all directly below its root, beside a unit without any."""

    def __init__(self, accounts: list[str]) -> None:
        self.accounts = accounts

    def describe_organization(self) -> dict[str, Any]:
        return {"Organization": {"Id": "o-exampleorg1"}}

    def get_paginator(self, name: str) -> Any:
        return getattr(self, name)

    class Listing:
        """A paginator that answers by the parent that it is asked about."""

        def __init__(self, key: str, below: dict[str, list[dict[str, str]]]) -> None:
            self.key, self.below = key, below

        def paginate(self, ParentId: str = "") -> list[dict[str, Any]]:  # noqa: N803 - as boto3 spells it
            return [{self.key: self.below.get(ParentId, [])}]

    @property
    def list_roots(self) -> Any:
        return self.Listing("Roots", {"": [{"Id": "r-exam", "Name": "Root"}]})

    @property
    def list_organizational_units_for_parent(self) -> Any:
        return self.Listing("OrganizationalUnits", {"r-exam": [{"Id": UNIT, "Name": "Empty"}]})

    @property
    def list_accounts_for_parent(self) -> Any:
        arn = f"arn:aws:organizations::{MANAGEMENT}:account/o-exampleorg1"
        found = [
            {"Id": one, "Name": f"account {one[0]}", "Arn": f"{arn}/{one}", "Status": "ACTIVE"} for one in self.accounts
        ]
        return self.Listing("Accounts", {"r-exam": found})


class Regional:
    """A Region's CloudFormation."""

    def __init__(self, session: Session, region: str) -> None:
        self.session, self.region = session, region

    def __getattr__(self, name: str) -> Any:
        return getattr(self.session.stack_sets, name)

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - as boto3 spells it
        if (self.region, StackName) not in self.session.stacks:
            raise ABSENT
        return {"Stacks": [{"StackStatus": "CREATE_COMPLETE"}]}

    def describe_trails(self, **_: Any) -> dict[str, Any]:
        return {"trailList": []}

    def get_template(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - as boto3 spells it
        return {"TemplateBody": self.session.stacks[self.region, StackName]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("artefacts", "hub", "spoke"):
        (tmp_path / f"{name}.template.json").write_text(TEMPLATE)
    return tmp_path


@pytest.fixture
def stacks(config: Config) -> dict[tuple[str, str], str]:
    names = config.names
    return {(HOME, names.hub_stack): TEMPLATE} | {
        (region, names.artefacts_stack): TEMPLATE for region in config.regions
    }


@pytest.fixture
def accounts() -> list[str]:
    # Two that the settings name.
    return [HUB, MANAGEMENT, "123456789012"]


@pytest.fixture
def spokes(config: Config, deployed: Callable[..., CloudFormation]) -> CloudFormation:
    return deployed(*((HUB, region) for region in config.regions))


@pytest.fixture
def planned(
    config: Config, folder: Path, spokes: CloudFormation, stacks: dict[tuple[str, str], str], accounts: list[str]
) -> Any:
    """Return what a deploy would do, as (action, what), with some settings of `[aws]` or `[organization]` changed."""

    def plan(organization: dict[str, Any] | None = None, **aws: Any) -> list[tuple[str, str]]:
        settings = config.model_copy(
            update={
                "aws": config.aws.model_copy(update=aws),
                "organization": config.organization.model_copy(update=organization or {}),
            }
        )
        session: Any = Session(spokes, stacks, accounts)
        return [(one.action, one.what) for one in changes(settings, folder, Sessions(session))]

    return plan


def test_what_is_deployed_as_generated_would_not_change(planned: Any) -> None:
    assert planned() == []


def test_an_artefact_stack_that_differs_would_be_updated(planned: Any, stacks: Any, config: Config) -> None:
    stacks[GLOBAL, config.names.artefacts_stack] = json.dumps({"other": 1})
    assert planned() == [("update", f"stack muster-artefacts in {GLOBAL}")]


def test_a_new_region_gets_an_artefact_stack_and_spokes(planned: Any, config: Config) -> None:
    assert planned(regions=(*config.aws.regions, "eu-north-1")) == [
        ("create", "stack muster-artefacts in eu-north-1"),
        ("create", f"spoke {HUB} in eu-north-1"),
    ]


def test_a_region_and_a_unit_that_were_taken_out_would_be_removed(planned: Any, spokes: CloudFormation) -> None:
    assert planned(regions=()) == [("remove", "spokes in eu-west-1")]
    assert spokes.stack_set
    spokes.stack_set["OrganizationalUnitIds"] += ["ou-exam-11111111"]
    assert planned() == [("remove", "spokes of ou-exam-11111111")]


def test_a_new_unit_would_get_spokes(planned: Any, spokes: CloudFormation) -> None:
    assert spokes.stack_set
    spokes.stack_set["OrganizationalUnitIds"] = []
    assert planned() == [("create", "spokes of r-exam")]


def test_an_account_that_joined_would_get_spokes(planned: Any, accounts: list[str], config: Config) -> None:
    accounts.append(MEMBER)
    assert planned() == [("create", f"spoke {MEMBER} in {', '.join(sorted(config.regions))}")]


def test_an_account_that_was_excluded_would_lose_its_spokes(
    planned: Any, accounts: list[str], spokes: CloudFormation
) -> None:
    accounts.append(MEMBER)
    spokes.summaries.append({"Account": MEMBER, "Region": HOME, "Status": "CURRENT"})
    assert planned({"excluded_accounts": (MEMBER, "123456789012")}) == [("remove", f"spokes of {MEMBER}")]


def test_automatic_deployment_that_somebody_switched_off_would_be_switched_on(
    planned: Any, spokes: CloudFormation
) -> None:
    assert spokes.stack_set
    spokes.stack_set["AutoDeployment"] = {"Enabled": False}
    assert planned() == [("update", "automatic deployment")]


def test_a_hub_outside_the_units_has_a_spoke_of_its_own(planned: Any, spokes: CloudFormation, config: Config) -> None:
    spokes.summaries.clear()
    assert spokes.stack_set
    spokes.stack_set["OrganizationalUnitIds"] = ["ou-exam-11111111"]
    assert planned({"ous": ("ou-exam-11111111",)}) == [
        ("create", f"stack muster-spoke of the hub account in {region}") for region in config.regions
    ]


def test_nothing_deployed_is_all_created(planned: Any, spokes: CloudFormation, stacks: Any) -> None:
    stacks.clear()
    spokes.stack_set = None
    assert {action for action, _ in planned()} == {"create"}
    assert ("create", "StackSet muster-spoke") in planned()


@pytest.mark.parametrize(
    ("organization", "said"),
    [
        (
            {"ous": ("ou-exam-11111112",)},
            "organization.ous: ou-exam-11111112 is no unit, did you mean ou-exam-11111111",
        ),
        ({"excluded_accounts": ("222222222223",)}, "organization.excluded_accounts: 222222222223 is not in the"),
        ({"id": "o-anotherorg1"}, "organization.id: o-anotherorg1 is not the account's, which is o-exampleorg1"),
    ],
)
def test_what_is_not_in_the_organization_is_refused_before_anything_changes(
    planned: Any, organization: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadInputError, match=said):
        planned(organization)
