"""What services create is called after who made the group, node group, fleet, cluster or stack."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

ACCOUNT, REGION = "111122223333", "eu-central-1"
INSTANCE = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-0a1"
STACK = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/shop/8b1d9c50-0000-11f0-8000-0123456789ab"


def _service_role(service: str, role: str) -> dict[str, Any]:
    issuer = {
        "type": "Role",
        "arn": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{service}/{role}",
        "userName": role,
    }
    return {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/x",
        "invokedBy": service,
        "sessionContext": {"sessionIssuer": issuer},
    }


AUTO_SCALING = _service_role("autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling")
STACKS = {
    "type": "AssumedRole",
    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/stacks/AWSCloudFormation",
    "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "stacks"}},
}


def _launched(event_of: Any, tags: dict[str, str], identity: dict[str, Any] = AUTO_SCALING) -> Any:
    pairs = [{"key": key, "value": value} for key, value in tags.items()]
    item = {"instanceId": "i-0a1", "tagSet": {"items": pairs}}
    return event_of("ec2", "RunInstances", {}, {"instancesSet": {"items": [item]}}, userIdentity=identity)


def _written(aws: Any) -> list[str]:
    return [call["Tags"]["CreatedBy"] for call in aws.named("tag_resources")]


def test_an_instance_of_a_group_is_its_makers(tag_created: Any, aws: Any, event_of: Any) -> None:
    aws.answers["describe_tags"] = {"Tags": [{"Key": "CreatedBy", "Value": "alice"}]}
    report = tag_created(_launched(event_of, {"aws:autoscaling:groupName": "web"}))
    (asked,) = aws.named("describe_tags")
    assert asked["Filters"][0] == {"Name": "auto-scaling-group", "Values": ["web"]}
    assert _written(aws) == ["alice"]
    assert (report["created_by"], report["tagged"]) == ("alice", [INSTANCE])


def test_a_node_group_comes_before_its_auto_scaling_group(tag_created: Any, aws: Any, event_of: Any) -> None:
    aws.answers["describe_nodegroup"] = {"nodegroup": {"tags": {"CreatedBy": "bob"}}}
    tags = {"aws:autoscaling:groupName": "eks-1", "eks:cluster-name": "c", "eks:nodegroup-name": "n"}
    tag_created(_launched(event_of, tags))
    assert aws.named("describe_nodegroup") == [{"clusterName": "c", "nodegroupName": "n"}]
    assert _written(aws) == ["bob"]


def test_an_instance_of_a_fleet_is_its_makers(tag_created: Any, aws: Any, event_of: Any) -> None:
    aws.answers["get_resources"] = {"ResourceTagMappingList": [{"Tags": [{"Key": "CreatedBy", "Value": "carol"}]}]}
    tag_created(_launched(event_of, {"aws:ec2:fleet-id": "fleet-1"}, _service_role("ec2fleet.amazonaws.com", "Fleet")))
    assert aws.named("get_resources") == [{"ResourceARNList": [f"arn:aws:ec2:{REGION}:{ACCOUNT}:fleet/fleet-1"]}]
    assert _written(aws) == ["carol"]


def test_what_a_stacks_own_role_creates_is_the_stacks_makers(tag_created: Any, aws: Any, event_of: Any) -> None:
    def recorded(name: str, stack: str, user: str) -> dict[str, Any]:
        record = {"userIdentity": {"type": "IAMUser", "userName": user}, "responseElements": {"stackId": stack}}
        return {"EventName": name, "CloudTrailEvent": json.dumps(record)}

    other = STACK.replace("8b1d", "9c2e")
    events = [recorded("CreateStack", other, "eve"), recorded("UpdateStack", STACK, "eve")]
    aws.answers["lookup_events"] = {"Events": [*events, recorded("CreateStack", STACK, "dave")]}
    created = event_of(
        "sqs",
        "CreateQueue",
        {"queueName": "jobs", "tags": {"aws:cloudformation:stack-id": STACK}},
        userIdentity=STACKS,
    )
    tag_created(created)
    tag_created(created)
    assert len(aws.named("lookup_events")) == 1
    assert _written(aws) == ["dave", "dave"]


def test_a_tag_that_the_group_handed_on_is_no_dispute(tag_created: Any, aws: Any, event_of: Any) -> None:
    item = {"tags": [{"key": "CreatedBy", "value": "alice"}], "resourceType": "instance"}
    request = {"tagSpecificationSet": {"items": [item]}}
    answer = {"instancesSet": {"items": [{"instanceId": "i-0a1"}]}}
    assert tag_created(event_of("ec2", "RunInstances", request, answer, userIdentity=AUTO_SCALING)) is None
    assert aws.calls == []


def test_a_parent_without_a_creator_leaves_the_services_name(tag_created: Any, aws: Any, event_of: Any) -> None:
    aws.answers["describe_tags"] = {"Tags": []}
    tag_created(_launched(event_of, {"aws:autoscaling:groupName": "web"}))
    assert _written(aws) == ["autoscaling.amazonaws.com"]


def test_a_parent_that_nobody_may_read_leaves_the_services_name(tag_created: Any, aws: Any, event_of: Any) -> None:
    aws.refuse("describe_tags", "AccessDenied")
    tag_created(_launched(event_of, {"aws:autoscaling:groupName": "web"}))
    assert _written(aws) == ["autoscaling.amazonaws.com"]


def test_a_busy_look_up_is_tried_again_before_the_wrong_name_is_written(
    tag_created: Any, aws: Any, event_of: Any
) -> None:
    aws.refuse("describe_tags", "ThrottlingException", "Rate exceeded")
    with pytest.raises(ClientError, match="Rate exceeded"):
        tag_created(_launched(event_of, {"aws:autoscaling:groupName": "web"}))
    assert _written(aws) == []


def test_what_people_create_costs_no_look_up(tag_created: Any, aws: Any, event_of: Any) -> None:
    tag_created(event_of("sqs", "CreateQueue", {"queueName": "jobs", "tags": {"aws:autoscaling:groupName": "web"}}))
    assert [call for _, call, _ in aws.calls] == ["tag_resources"]
