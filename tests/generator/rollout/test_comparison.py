import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from generator.config import Config
from generator.rollout.comparison import changes
from tests.generator.rollout.conftest import CloudFormation

ABSENT = ClientError({"Error": {"Code": "ValidationError", "Message": "Stack does not exist"}}, "DescribeStacks")
HOME, GLOBAL = "eu-central-1", "us-east-1"


class Session:
    """Stacks by Region and name, and the StackSet."""

    def __init__(self, stack_sets: CloudFormation, stacks: dict[tuple[str, str], str]) -> None:
        self.stack_sets, self.stacks = stack_sets, stacks

    def client(self, _service: str, region: str = HOME) -> Any:
        return Regional(self, region)


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
        (tmp_path / f"{name}.template.json").write_text("{}")
    return tmp_path


@pytest.fixture
def stacks(config: Config) -> dict[tuple[str, str], str]:
    names = config.names
    return {(HOME, names.hub_stack): "{}"} | {(region, names.artefacts_stack): "{}" for region in config.regions}


@pytest.fixture
def spokes(config: Config, deployed: Callable[..., CloudFormation]) -> CloudFormation:
    return deployed(*((config.aws.hub_account, region) for region in config.regions))


@pytest.fixture
def planned(config: Config, folder: Path, spokes: CloudFormation, stacks: dict[tuple[str, str], str]) -> Any:
    """Return what a deploy would do, as (action, what)."""

    def plan(**aws: Any) -> list[tuple[str, str]]:
        settings = config.model_copy(update={"aws": config.aws.model_copy(update=aws)})
        session: Any = Session(spokes, stacks)
        return [(one.action, one.what) for one in changes(settings, folder, session)]

    return plan


def test_what_is_deployed_as_generated_would_not_change(planned: Any) -> None:
    assert planned() == []


def test_an_artefact_stack_that_differs_would_be_updated(planned: Any, stacks: Any, config: Config) -> None:
    stacks[GLOBAL, config.names.artefacts_stack] = json.dumps({"other": 1})
    assert planned() == [("update", f"stack muster-artefacts in {GLOBAL}")]


def test_a_new_region_gets_an_artefact_stack_and_spokes(planned: Any, config: Config) -> None:
    assert planned(regions=(*config.aws.regions, "eu-north-1")) == [
        ("create", "stack muster-artefacts in eu-north-1"),
        ("create", "spokes in eu-north-1"),
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


def test_a_hub_outside_the_units_has_a_spoke_of_its_own(planned: Any, spokes: CloudFormation, config: Config) -> None:
    for one in spokes.summaries:
        one["Account"] = "222222222222"
    assert planned() == [("create", f"stack muster-spoke in {region}") for region in config.regions]


def test_nothing_deployed_is_all_created(planned: Any, spokes: CloudFormation, stacks: Any) -> None:
    stacks.clear()
    spokes.stack_set = None
    assert {action for action, _ in planned()} == {"create"}
    assert planned()[-1] == ("create", "StackSet muster-spoke")
