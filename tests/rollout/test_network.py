"""The hub with its functions in a VPC and CloudFront before the dashboard: what arrives still becomes findings."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from contract.asff import IMPORTED
from contract.clock import iso, now
from contract.names import Names
from generator.demo.recorded import EVENTS
from generator.rollout.removal import removals, uninstall
from generator.rollout.step import Step
from generator.settings.web import CDN_REGION, Cdn
from hub.store.rollups import RollupStore
from tests.bench.many import document
from tests.rollout.deployed import Rollout, rolling_out
from tests.rollout.driving import HUB

pytestmark = pytest.mark.slow
NAMES = Names()
WEB = f"stack {NAMES.web_stack} in {CDN_REGION}"
CDN = Cdn(
    domains=("muster.example.com",),
    certificate=f"arn:aws:acm:{CDN_REGION}:{HUB}:certificate/12345678-1234-1234-1234-123456789012",
    origin="dashboard.example.com",
)


def put(rollout: Rollout, event: dict[str, Any]) -> None:
    """Put an event on the hub account's default bus and wait until all of it is done."""
    region = rollout.config.aws.home_region
    rollout.organization.post("/_localorg/events", {"account": HUB, "region": region, "event": event})
    rollout.settle()


def counters(rollout: Rollout) -> dict[str, int]:
    """Return the open findings by severity."""
    return RollupStore(rollout.client("dynamodb", HUB), NAMES.state_table).open_now()


@pytest.fixture(scope="module")
def first(rollout: Rollout) -> list[Step]:
    return rollout.deploy()


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollout]:
    with rolling_out(tmp_path_factory.mktemp("network"), 1) as running:
        running.change("network", enabled=True)
        running.change("web", cdn=CDN, dashboard_url="https://muster.example.com")
        running.change("findings", data_events=True)
        yield running


def test_both_deploy_and_say_where_the_domain_must_point(rollout: Rollout, first: list[Step]) -> None:
    assert [one for one in first if one.is_failure] == []
    (web,) = [one for one in first if one.what == WEB]
    assert web.state == "created"
    assert web.detail.startswith("point muster.example.com at ")
    assert web.detail.endswith(".cloudfront.net")
    (distribution,) = rollout.client("cloudfront", HUB).list_distributions()["DistributionList"]["Items"]
    assert distribution["DomainName"] == web.detail.split()[-1]


@pytest.mark.usefixtures("first")
def test_the_vpc_has_two_private_subnets_in_two_zones_and_its_endpoints(rollout: Rollout) -> None:
    ec2 = rollout.client("ec2", HUB)
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.0.0.0/16"]}])["Vpcs"]
    subnets = [one for one in ec2.describe_subnets()["Subnets"] if one["VpcId"] == vpc["VpcId"]]
    assert {one["CidrBlock"] for one in subnets} == {"10.0.0.0/24", "10.0.1.0/24"}
    assert len({one["AvailabilityZone"] for one in subnets}) == 2
    endpoints = [one for one in ec2.describe_vpc_endpoints()["VpcEndpoints"] if one["VpcId"] == vpc["VpcId"]]
    served = {one["ServiceName"].rpartition(".")[2] for one in endpoints}
    assert served == {"dynamodb", "s3", "sqs", "securityhub"}


@pytest.mark.usefixtures("first")
def test_a_recorded_event_becomes_a_finding(rollout: Rollout) -> None:
    """Through the detector, which stays outside, and the functions inside that count it and pass it on."""
    recorded = json.loads((EVENTS / "23-stop-logging.json").read_bytes())
    put(rollout, {**recorded, "account": HUB, "time": iso(now())})
    assert sum(counters(rollout).values()) == 1


@pytest.mark.usefixtures("first")
def test_a_finding_of_security_hub_comes_through_functions_in_the_vpc(rollout: Rollout) -> None:
    before = sum(counters(rollout).values())
    for place in range(3):
        detail = {"findings": [document(place, random.Random(place))]}
        put(rollout, {"source": "aws.securityhub", "detail-type": IMPORTED, "detail": detail})
    assert sum(counters(rollout).values()) == before + 3


@pytest.mark.usefixtures("first")
def test_a_second_rollout_finds_nothing_to_do(rollout: Rollout) -> None:
    assert rollout.planned() == []
    assert {one.state for one in rollout.deploy() if one.what.startswith("stack")} == {"unchanged"}


@pytest.mark.usefixtures("first")
def test_the_trail_of_data_events_is_no_trail_of_management_events(rollout: Rollout) -> None:
    cloudtrail = rollout.client("cloudtrail", HUB)
    (selector, *_) = cloudtrail.get_event_selectors(TrailName=NAMES.data_trail)["AdvancedEventSelectors"]
    assert {"Field": "eventCategory", "Equals": ["Data"]} in selector["FieldSelectors"]
    assert {one.state for one in rollout.beat()} == {"current"}


@pytest.mark.usefixtures("first")
def test_an_uninstall_would_remove_it_before_the_hub(rollout: Rollout) -> None:
    going = [one.what for one in removals(rollout.config, rollout.sessions) if one.action == "remove"]
    assert going.index(WEB) < going.index(f"stack {NAMES.hub_stack}")


@pytest.mark.usefixtures("first")
def test_what_is_taken_out_of_the_settings_goes(rollout: Rollout) -> None:
    rollout.change("web", cdn=None)
    # The hub says what is deployed: its own stack changes with every setting.
    (change,) = [one for one in rollout.planned() if one.what != f"stack {NAMES.hub_stack}"]
    assert (change.what, change.action) == (WEB, "remove")
    assert (WEB, "removed") in [(one.what, one.state) for one in rollout.deploy()]
    assert rollout.planned() == []


@pytest.mark.usefixtures("first")
def test_everything_can_be_uninstalled(rollout: Rollout) -> None:
    rollout.change("web", cdn=CDN)
    rollout.deploy()
    steps = [one for one in uninstall(rollout.config, rollout.sessions, poll_seconds=0.1) if isinstance(one, Step)]
    assert [one for one in steps if one.is_failure] == []
    states = [(one.what, one.state) for one in steps]
    assert states.index((WEB, "removed")) < states.index((f"stack {NAMES.hub_stack}", "removed"))
    kept = [one.what for one in steps if one.state == "kept" and f"bucket {NAMES.web_stack}-" in one.what]
    assert len(kept) == 2, "one of each time that it was there"
