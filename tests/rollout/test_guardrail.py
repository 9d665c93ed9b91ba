"""The guardrail attached to the members' unit: what it keeps an administrator from, and what goes on."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from generator.config import Target
from generator.demo.recorded import EVENTS, recorded, replay
from generator.guardrail import FILE
from generator.local.organization import wait_until_settled
from generator.offered import LogRetention
from tests.rollout.deployed import Rollout, rolling_out

pytestmark = pytest.mark.slow

MEMBER = "444455556666"
ROLE = "muster-spoke-heartbeat-us-east-1"
ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
DENIED = "with an explicit deny in a service control policy"

EU = "eu-west-1"

Clients = Callable[..., Any]
Call = Callable[[Clients], Any]


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollout]:
    """Muster deployed, the resources of recorded events with their creators, then the policy on `Root/Workloads`."""
    with rolling_out(tmp_path_factory.mktemp("guardrail"), accounts=2) as running:
        running.deploy()
        items, _ = recorded([str(next(EVENTS.glob(f"*-{name}.json"))) for name in CREATED])
        list(replay(running.organization, items))
        wait_until_settled(running.organization, 60)
        attach(running)
        yield running


CREATED = ("create-queue", "create-security-group", "create-role")


def attach(rollout: Rollout) -> None:
    client = rollout.client("organizations", rollout.organization.management)
    content = (rollout.folder / Target.HOST / FILE).read_text(encoding="utf-8")
    made = client.create_policy(Name="muster", Description="", Type="SERVICE_CONTROL_POLICY", Content=content)
    client.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=workloads(client))


def workloads(client: Any) -> str:
    (root,) = client.list_roots()["Roots"]
    units = client.list_organizational_units_for_parent(ParentId=root["Id"])["OrganizationalUnits"]
    return str(next(one["Id"] for one in units if one["Name"] == "Workloads"))


@pytest.fixture(scope="module")
def root(rollout: Rollout) -> Clients:
    return lambda service, region="us-east-1": rollout.client(service, MEMBER, region)


@pytest.fixture(scope="module")
def admin(rollout: Rollout, root: Clients) -> Clients:
    """An administrator's role of the member account."""
    trust = {"Effect": "Allow", "Principal": {"AWS": MEMBER}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = root("iam").create_role(RoleName="administrator", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    root("iam").put_role_policy(RoleName="administrator", PolicyName="all", PolicyDocument=json.dumps(ANYTHING))
    keys = root("sts").assume_role(RoleArn=role, RoleSessionName="alice")["Credentials"]
    return lambda service, region="us-east-1": rollout.client(
        service,
        MEMBER,
        region,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def queue(clients: Clients, name: str) -> str:
    return str(clients("sqs").get_queue_url(QueueName=name)["QueueUrl"])


def stack(clients: Clients) -> str:
    (found,) = clients("cloudformation").describe_stacks()["Stacks"]
    return str(found["StackName"])


def created(clients: Clients, service: str, region: str = "us-east-1") -> str:
    """Return the ARN of the resource of a service that the creator tagger tagged."""
    found = clients("resourcegroupstaggingapi", region).get_resources(TagFilters=[{"Key": "CreatedBy"}])
    arns = [one["ResourceARN"] for one in found["ResourceTagMappingList"]]
    return next(arn for arn in arns if f":{service}:" in arn and "muster" not in arn)


def created_queue(clients: Clients) -> str:
    return queue(clients, created(clients, "sqs").rpartition(":")[2])


def created_group(clients: Clients) -> str:
    return created(clients, "ec2", EU).rpartition("/")[2]


TOUCHES: dict[str, Call] = {
    "disable a rule": lambda by: by("events").disable_rule(Name="muster-spoke-calls"),
    "delete a rule's target": lambda by: by("events").remove_targets(Rule="muster-spoke-calls", Ids=["Hub"]),
    "change a rule": lambda by: by("events").put_rule(Name="muster-spoke-calls", EventPattern='{"source": ["x"]}'),
    "delete a function": lambda by: by("lambda").delete_function(FunctionName="muster-spoke-creator-tagger"),
    "stop a function": lambda by: by("lambda").put_function_concurrency(
        FunctionName="muster-spoke-creator-tagger", ReservedConcurrentExecutions=0
    ),
    "let a function tag a lie": lambda by: by("lambda").invoke(FunctionName="muster-spoke-creator-tagger"),
    "change a role's policy": lambda by: by("iam").put_role_policy(
        RoleName=ROLE, PolicyName="work", PolicyDocument=json.dumps(ANYTHING)
    ),
    "be trusted by a role": lambda by: by("iam").update_assume_role_policy(
        RoleName=ROLE, PolicyDocument=json.dumps(ANYTHING)
    ),
    "make a role of the spoke's name": lambda by: by("iam").create_role(
        RoleName="muster-spoke-creator-tagger-eu-north-1", AssumeRolePolicyDocument=json.dumps(ANYTHING)
    ),
    "make a role of stack sets' name": lambda by: by("iam").create_role(
        RoleName="stacksets-exec-mine", AssumeRolePolicyDocument=json.dumps(ANYTHING)
    ),
    "purge a queue": lambda by: by("sqs").purge_queue(QueueUrl=queue(by, "muster-spoke-alerts-dlq")),
    "delete a log group": lambda by: by("logs").delete_log_group(logGroupName="/muster/muster-spoke-heartbeat"),
    "delete the stack": lambda by: by("cloudformation").delete_stack(StackName=stack(by)),
    "overwrite a creator": lambda by: by("sqs").tag_queue(QueueUrl=created_queue(by), Tags={"CreatedBy": "bob"}),
    "remove a creator": lambda by: by("sqs").untag_queue(QueueUrl=created_queue(by), TagKeys=["CreatedBy"]),
    "overwrite a creator in EC2": lambda by: by("ec2", EU).create_tags(
        Resources=[created_group(by)], Tags=[{"Key": "CreatedBy", "Value": "bob"}]
    ),
    "remove a creator in EC2": lambda by: by("ec2", EU).delete_tags(
        Resources=[created_group(by)], Tags=[{"Key": "CreatedBy"}]
    ),
    "remove every tag in EC2": lambda by: by("ec2", EU).delete_tags(Resources=[created_group(by)]),
}


@pytest.mark.parametrize("touch", TOUCHES)
def test_an_administrator_cannot(admin: Clients, touch: str) -> None:
    with pytest.raises(ClientError, match=DENIED):
        TOUCHES[touch](admin)


@pytest.mark.parametrize("touch", ["disable a rule", "delete the stack", "remove a creator"])
def test_the_accounts_root_cannot_either(root: Clients, touch: str) -> None:
    with pytest.raises(ClientError, match=DENIED):
        TOUCHES[touch](root)


def test_the_tagging_api_overwrites_no_creator_either(admin: Clients) -> None:
    arn, tagging = created(admin, "sqs"), admin("resourcegroupstaggingapi")
    refused = tagging.tag_resources(ResourceARNList=[arn], Tags={"CreatedBy": "bob"})["FailedResourcesMap"]
    assert arn in refused
    assert arn in tagging.untag_resources(ResourceARNList=[arn], TagKeys=["CreatedBy"])["FailedResourcesMap"]


def test_a_stack_of_the_administrators_touches_no_spoke_either(admin: Clients) -> None:
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": "muster-spoke-mine", "AssumeRolePolicyDocument": ANYTHING},
    }
    body, cloudformation = json.dumps({"Resources": {"Role": role}}), admin("cloudformation")
    cloudformation.create_stack(StackName="mine", TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"])
    with pytest.raises(Exception, match="ROLLBACK"):
        cloudformation.get_waiter("stack_create_complete").wait(StackName="mine", WaiterConfig={"Delay": 1})
    cloudformation.delete_stack(StackName="mine")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="mine", WaiterConfig={"Delay": 1})


def test_an_administrators_own_work_goes_on(admin: Clients) -> None:
    admin("events").put_rule(Name="own", EventPattern='{"source": ["x"]}')
    admin("events").disable_rule(Name="own")
    url = admin("sqs").create_queue(QueueName="own", tags={"CreatedBy": "terraform", "Team": "shop"})["QueueUrl"]
    admin("sqs").untag_queue(QueueUrl=url, TagKeys=["Team"])
    admin("sqs").purge_queue(QueueUrl=url)
    group, ec2 = created_group(admin), admin("ec2", EU)
    ec2.create_tags(Resources=[group], Tags=[{"Key": "Team", "Value": "shop"}])
    ec2.delete_tags(Resources=[group], Tags=[{"Key": "Team"}])
    admin("lambda").get_function(FunctionName="muster-spoke-heartbeat")
    admin("cloudformation").describe_stack_events(StackName=stack(admin))


def test_new_resources_still_learn_their_creator(rollout: Rollout, admin: Clients) -> None:
    event = json.loads(next(EVENTS.glob("*-create-security-group.json")).read_text())
    group = admin("ec2").create_security_group(GroupName="new", Description="x")["GroupId"]
    event["detail"]["responseElements"]["groupId"] = group
    event["detail"] |= {"eventID": "8f6f0f0c-0000-4000-8000-000000000001", "awsRegion": "us-east-1"}
    event["detail"] |= {"recipientAccountId": MEMBER}
    place = {"account": MEMBER, "region": "us-east-1"}
    rollout.organization.post("/_localorg/events", {**place, "event": {**event, **place}})
    wait_until_settled(rollout.organization, 60)
    (found,) = admin("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert "CreatedBy" in {tag["Key"] for tag in found.get("Tags", [])}


def test_a_deploy_still_changes_the_spokes(rollout: Rollout, admin: Clients) -> None:
    rollout.change("spoke", log_retention_days=LogRetention.D30)
    assert not [step for step in rollout.deploy() if step.is_failure]
    groups = admin("logs").describe_log_groups(logGroupNamePrefix="/muster/muster-spoke-")["logGroups"]
    assert {group["retentionInDays"] for group in groups} == {30}


def test_stack_sets_still_remove_the_spokes(rollout: Rollout, admin: Clients) -> None:
    rollout.change("organization", excluded_accounts=(), ous=(hub_unit(rollout),))
    assert not [step for step in rollout.deploy() if step.is_failure]
    assert admin("cloudformation").describe_stacks()["Stacks"] == []
    assert admin("events").list_rules(NamePrefix="muster")["Rules"] == []
    assert [one["RoleName"] for one in admin("iam").list_roles()["Roles"] if "muster" in one["RoleName"]] == []


def hub_unit(rollout: Rollout) -> str:
    client = rollout.client("organizations", rollout.organization.management)
    return str(client.list_parents(ChildId=rollout.organization.hub)["Parents"][0]["Id"])
