"""Instances of the local organization: what EC2 tells of them, and what Systems Manager knows."""

from typing import Any

import pytest

from tests.localorg.lambdas import MEMBER, OTHER, Functions
from tests.localorg.nodes import Nodes
from tests.localorg.running import Eventually, Organization, refused

pytestmark = pytest.mark.slow
STATE = "EC2 Instance State-change Notification"


@pytest.fixture
def nodes(organization: Organization) -> Nodes:
    return Nodes(organization, MEMBER)


def states(nodes: Nodes, queue: str, instance: str) -> list[str]:
    return [one["detail"]["state"] for one in nodes.heard(queue, 2, instance)]


def test_each_state_of_an_instance_is_an_event_of_ec2(nodes: Nodes) -> None:
    queue = nodes.listen(STATE)
    instance = nodes.launch()
    events = nodes.heard(queue, 2, instance)
    assert [one["detail"] for one in events] == [
        {"instance-id": instance, "state": "pending"},
        {"instance-id": instance, "state": "running"},
    ]
    event = events[1]
    assert (event["source"], event["account"], event["region"]) == ("aws.ec2", MEMBER, "us-east-1")
    assert event["resources"] == [f"arn:aws:ec2:us-east-1:{MEMBER}:instance/{instance}"]
    nodes.ec2.stop_instances(InstanceIds=[instance])
    assert states(nodes, queue, instance) == ["stopping", "stopped"]
    nodes.ec2.start_instances(InstanceIds=[instance])
    assert states(nodes, queue, instance) == ["pending", "running"]
    nodes.ec2.terminate_instances(InstanceIds=[instance])
    assert states(nodes, queue, instance) == ["shutting-down", "terminated"]


def test_an_instance_that_was_in_the_state_already_gives_no_event(nodes: Nodes) -> None:
    queue = nodes.listen(STATE)
    instance = nodes.launch()
    assert states(nodes, queue, instance) == ["pending", "running"]
    nodes.ec2.start_instances(InstanceIds=[instance])
    nodes.ec2.stop_instances(InstanceIds=[instance])
    assert states(nodes, queue, instance) == ["stopping", "stopped"]


def test_a_rule_sees_the_tags_that_an_instance_was_started_with(nodes: Nodes) -> None:
    queue = nodes.listen(STATE)
    instance = nodes.launch(tags={"Name": "web"})
    assert nodes.heard(queue, 1, instance)
    tags = nodes.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [instance]}])["Tags"]
    assert [tag["Value"] for tag in tags] == ["web"]


def test_the_events_of_an_instance_are_waited_for(
    nodes: Nodes, organization: Organization, eventually: Eventually
) -> None:
    queue = nodes.listen(STATE)
    instance = nodes.launch()
    assert eventually(lambda: organization.control("settled")["settled"])
    assert states(nodes, queue, instance) == ["pending", "running"]


def test_an_instance_with_a_profile_registers_a_moment_after_it_runs(nodes: Nodes, eventually: Eventually) -> None:
    instance = nodes.launch(nodes.profile())
    assert not nodes.known(instance)
    known = eventually(lambda: nodes.known(instance))
    assert (known["PingStatus"], known["PlatformType"], known["ResourceType"]) == ("Online", "Linux", "EC2Instance")
    assert (known["PlatformName"], known["PlatformVersion"]) == ("Amazon Linux", "2023")


def test_an_instance_without_a_profile_registers_once_it_has_one(nodes: Nodes, eventually: Eventually) -> None:
    instance = nodes.launch()
    nodes.set(instance, registers_after=0)
    assert not nodes.known(instance)
    nodes.ec2.associate_iam_instance_profile(IamInstanceProfile={"Name": nodes.profile()}, InstanceId=instance)
    assert eventually(lambda: nodes.known(instance))


def test_a_node_is_what_it_was_set_to_be(nodes: Nodes) -> None:
    made = nodes.set("i-0123456789abcdef0", platform="Windows", outputs=[{"exit": 1, "output": "no"}])
    assert made["directory"] is None
    assert (made["platform"], made["outputs"]) == ("Windows", [{"exit": 1, "output": "no"}])
    instance = nodes.ready(platform="MacOS", system="macOS 14.5", files={"bin/tool": "#!/bin/sh\n"})
    known = nodes.known(instance)
    assert (known["PlatformType"], known["PlatformName"], known["PlatformVersion"]) == ("MacOS", "macOS", "14.5")
    assert nodes.set(instance)["files"] == {"bin/tool": "#!/bin/sh\n"}
    nodes.set(instance, ping="ConnectionLost")
    assert nodes.known(instance)["PingStatus"] == "ConnectionLost"
    nodes.set(instance, registers_after=None)
    assert not nodes.known(instance)


@pytest.mark.parametrize(
    "wrong",
    [
        {"platform": "Plan9"},
        {"ping": "Maybe"},
        {"files": {"../outside": "x"}},
        {"files": {"/etc/outside": "x"}},
        {"outputs": ["text"]},
        {"color": "blue"},
    ],
)
def test_what_no_node_can_be_is_refused(nodes: Nodes, wrong: dict[str, Any]) -> None:
    with pytest.raises(OSError, match="400"):
        nodes.set("i-0123456789abcdef1", **wrong)


def test_settings_without_an_instance_are_those_of_the_place(organization: Organization) -> None:
    nodes = Nodes(organization, MEMBER, "eu-west-1")
    nodes.set("", registers_after=0, platform="Windows")
    assert nodes.known(nodes.launch(nodes.profile()))["PlatformType"] == "Windows"
    nodes.set("", registers_after=0.3, platform="Linux")


def test_a_stopped_node_is_lost_and_a_terminated_one_gone(nodes: Nodes, eventually: Eventually) -> None:
    instance = nodes.ready()
    nodes.ec2.stop_instances(InstanceIds=[instance])
    assert nodes.known(instance)["PingStatus"] == "ConnectionLost"
    nodes.ec2.start_instances(InstanceIds=[instance])
    assert eventually(lambda: nodes.known(instance)["PingStatus"] == "Online")
    nodes.ec2.terminate_instances(InstanceIds=[instance])
    assert not nodes.known(instance)


def test_nodes_come_in_pages_and_by_filters(organization: Organization) -> None:
    nodes = Nodes(organization, OTHER)
    nodes.set("", registers_after=0)
    profile = nodes.profile()
    made = {nodes.launch(profile) for _ in range(7)}
    first = nodes.ssm.describe_instance_information(MaxResults=5)
    rest = nodes.ssm.describe_instance_information(MaxResults=5, NextToken=first["NextToken"])
    both = [one["InstanceId"] for page in (first, rest) for one in page["InstanceInformationList"]]
    assert (sorted(both), "NextToken" in rest) == (sorted(made), False)
    instance = both[0]
    nodes.set(instance, ping="ConnectionLost")
    lost = nodes.ssm.describe_instance_information(Filters=[{"Key": "PingStatus", "Values": ["ConnectionLost"]}])
    assert [one["InstanceId"] for one in lost["InstanceInformationList"]] == [instance]
    describe = nodes.ssm.describe_instance_information
    assert refused(describe, Filters=[{"Key": "Color", "Values": ["x"]}]) == "InvalidFilterKey"
    assert refused(describe, NextToken="nonsense") == "InvalidNextToken"
    assert refused(describe, MaxResults=51) == "ValidationException"


def test_whoever_may_not_look_at_nodes_sees_none(organization: Organization) -> None:
    acting = Functions(organization.client, MEMBER).acting("no-looker")
    assert refused(acting.aws("ssm").describe_instance_information) == "AccessDeniedException"
