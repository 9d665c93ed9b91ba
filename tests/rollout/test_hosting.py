"""The hosted dashboard's stack on the local organization: made before CloudFront's, told to it, and gone after it."""

from collections.abc import Iterator
from typing import Any

import pytest

from contract.names import Names
from generator.rollout.removal import removals, uninstall
from generator.rollout.step import Step
from generator.settings.hosting import Hosting
from generator.settings.sign_in import Group, SignIn
from generator.settings.web import CDN_REGION, Cdn
from tests.rollout.deployed import Rollout, rolling_out
from tests.rollout.driving import HUB

pytestmark = pytest.mark.slow
NAMES = Names()
HOSTED, WEB = f"stack {NAMES.dashboard_stack}", f"stack {NAMES.web_stack} in {CDN_REGION}"
REGION = "us-east-1"
CERTIFICATE = f"arn:aws:acm:{REGION}:{HUB}:certificate/12345678-1234-1234-1234-123456789012"
CDN = Cdn(domains=("muster.example.com",), certificate=CERTIFICATE)
SIGN_IN = SignIn(
    issuer="https://login.example.com",
    client_id="muster",
    address="https://muster.example.com",
    client_secret=f"arn:aws:secretsmanager:{REGION}:{HUB}:secret:muster/sign-in-AbCdEf",
    groups=(Group(name="security", role="operator"),),
)


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollout]:
    with rolling_out(tmp_path_factory.mktemp("hosting"), 1) as running:
        ec2 = running.client("ec2", HUB)
        vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
        zones = [one["ZoneName"] for one in ec2.describe_availability_zones()["AvailabilityZones"]]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{place}.0/24", AvailabilityZone=zones[place])["Subnet"]
            for place in range(2)
        ]
        hosting = Hosting(
            image="ghcr.io/example/muster-dashboard:0.1.0",
            vpc=vpc,
            subnets=tuple(one["SubnetId"] for one in subnets),
            prefix_list="pl-0123456789abcdef0",
            certificate=CERTIFICATE,
            tasks=1,
        )
        address = "https://muster.example.com"
        running.change("web", cdn=CDN, sign_in=SIGN_IN, hosting=hosting, dashboard_url=address)
        yield running


@pytest.fixture(scope="module")
def first(rollout: Rollout) -> list[Any]:
    return rollout.deploy()


def test_the_dashboard_is_there_before_cloudfront_which_knows_where(rollout: Rollout, first: list[Any]) -> None:
    assert [one for one in first if one.is_failure] == []
    states = [(one.what, one.state) for one in first]
    assert states.index((HOSTED, "created")) < states.index((WEB, "created"))
    (stack,) = rollout.client("cloudformation", HUB, CDN_REGION).describe_stacks(StackName=NAMES.web_stack)["Stacks"]
    (made,) = rollout.client("cloudformation", HUB).describe_stacks(StackName=NAMES.dashboard_stack)["Stacks"]
    given = {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
    assert given == {one["OutputKey"]: one["OutputValue"] for one in made["Outputs"]}


@pytest.mark.usefixtures("first")
def test_a_second_rollout_of_it_finds_nothing_to_do(rollout: Rollout) -> None:
    assert rollout.planned() == []
    assert {one.state for one in rollout.deploy() if one.what.startswith("stack")} == {"unchanged"}


@pytest.mark.usefixtures("first")
def test_an_uninstall_would_remove_cloudfront_the_dashboard_and_the_hub_in_this_order(rollout: Rollout) -> None:
    going = [one.what for one in removals(rollout.config, rollout.sessions) if one.action == "remove"]
    assert going.index(WEB) < going.index(HOSTED) < going.index(f"stack {NAMES.hub_stack}")


@pytest.mark.usefixtures("first")
def test_taken_out_of_the_settings_it_goes_after_cloudfront(rollout: Rollout) -> None:
    rollout.change("web", cdn=None, hosting=None)
    assert [(one.what, one.action) for one in rollout.planned() if "hub" not in one.what] == [
        (HOSTED, "remove"),
        (WEB, "remove"),
    ]
    states = [(one.what, one.state) for one in rollout.deploy()]
    assert states.index((WEB, "removed")) < states.index((HOSTED, "removed"))
    assert rollout.planned() == []


@pytest.mark.usefixtures("first")
def test_everything_can_be_uninstalled(rollout: Rollout) -> None:
    steps = [one for one in uninstall(rollout.config, rollout.sessions, poll_seconds=0.1) if isinstance(one, Step)]
    assert [one for one in steps if one.is_failure] == []
