"""Service control policies bind the members' principals, and nobody else."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localorg.running import Eventually, Organization, StartGateway, refused
from tests.localorg.test_cloudformation import Stacks
from tests.localorg.test_stacksets import Administrator, template

pytestmark = pytest.mark.slow

NUMBERS = itertools.count()


def scp(*actions: str, resource: str = "*", **condition: Any) -> dict[str, Any]:
    denied = {"Effect": "Deny", "Action": list(actions), "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [{**denied, "Condition": condition} if condition else denied]}


@pytest.fixture(scope="module")
def organization(start_gateway: StartGateway) -> Organization:
    return start_gateway("--accounts", "3")


class Policies:
    """The organization's policies, as the management account sees them."""

    def __init__(self, organization: Organization) -> None:
        self.client = organization.client("organizations", organization.management)
        self.attached: list[dict[str, str]] = []

    def create(self, document: Any) -> str:
        content = document if isinstance(document, str) else json.dumps(document)
        kind = {"Type": "SERVICE_CONTROL_POLICY", "Description": ""}
        made = self.client.create_policy(Name=f"policy-{next(NUMBERS)}", Content=content, **kind)
        return str(made["Policy"]["PolicySummary"]["Id"])

    def attach(self, document: Any, target: str) -> str:
        policy = self.create(document)
        self.client.attach_policy(PolicyId=policy, TargetId=target)
        self.attached.append({"PolicyId": policy, "TargetId": target})
        return policy


@pytest.fixture
def policies(organization: Organization) -> Iterator[Policies]:
    made = Policies(organization)
    yield made
    for one in made.attached:
        made.client.detach_policy(**one)


@pytest.fixture
def member(organization: Organization) -> str:
    return organization.members[0]


@pytest.mark.parametrize("place", ["Root/Workloads", "Root/Workloads/Production/EU", "root", "account"])
def test_a_denial_binds_the_root_of_every_account_below(
    organization: Organization, policies: Policies, member: str, place: str
) -> None:
    target = {"root": organization.root, "account": member}.get(place) or organization.ous[place]
    sqs = organization.client("sqs", member)
    sqs.list_queues()
    policies.attach(scp("sqs:ListQueues"), target)
    with pytest.raises(ClientError, match="with an explicit deny in a service control policy"):
        sqs.list_queues()
    assert organization.client("sqs", organization.management).list_queues()
    organization.client("sns", member).list_topics()


def test_a_denial_elsewhere_binds_nobody_here(organization: Organization, policies: Policies, member: str) -> None:
    policies.attach(scp("sqs:*"), organization.ous["Root/Security"])
    organization.client("sqs", member).list_queues()
    assert refused(organization.client("sqs", organization.hub).list_queues) == "AccessDenied"


def test_a_detached_policy_binds_no_more(organization: Organization, policies: Policies, member: str) -> None:
    policy = policies.attach(scp("sqs:ListQueues"), member)
    policies.client.detach_policy(PolicyId=policy, TargetId=member)
    policies.attached.clear()
    organization.client("sqs", member).list_queues()


def test_conditions_on_who_calls_and_on_tags_hold(organization: Organization, policies: Policies, member: str) -> None:
    sqs, iam = organization.client("sqs", member), organization.client("iam", member)
    trust = {"Effect": "Allow", "Principal": {"AWS": member}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="spared", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.put_role_policy(
        RoleName="spared",
        PolicyName="all",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]}),
    )
    keys = organization.client("sts", member).assume_role(RoleArn=role, RoleSessionName="spared")["Credentials"]
    spared = organization.client(
        "sqs",
        member,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    url = sqs.create_queue(QueueName="owned", tags={"CreatedBy": "alice"})["QueueUrl"]
    others = {"ArnNotLike": {"aws:PrincipalArn": "arn:*:iam::*:role/spared"}}
    owned = {"Null": {"aws:ResourceTag/CreatedBy": "false"}}
    policies.attach(scp("sqs:TagQueue", **others, **owned), member)
    assert refused(sqs.tag_queue, QueueUrl=url, Tags={"CreatedBy": "bob"}) == "AccessDenied"
    spared.tag_queue(QueueUrl=url, Tags={"CreatedBy": "carol"})
    free = sqs.create_queue(QueueName="free")["QueueUrl"]
    sqs.tag_queue(QueueUrl=free, Tags={"CreatedBy": "bob"})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("no JSON", "MalformedPolicyDocumentException"),
        ({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*"}}, "MalformedPolicyDocumentException"),
        (
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}],
            },
            "MalformedPolicyDocumentException",
        ),
        (scp(*(f"sqs:Action{number}" for number in range(400))), "ConstraintViolationException"),
    ],
)
def test_what_is_no_service_control_policy_is_refused(policies: Policies, content: Any, code: str) -> None:
    assert refused(policies.create, content) == code


def test_a_target_has_five_policies_at_most(policies: Policies, member: str) -> None:
    for _ in range(5):
        policies.attach(scp("sqs:Nothing"), member)
    assert refused(policies.attach, scp("sqs:Nothing"), member) == "ConstraintViolationException"


def test_a_stack_makes_nothing_that_its_maker_may_not(
    organization: Organization, policies: Policies, eventually: Eventually, member: str
) -> None:
    stacks = Stacks(organization, eventually, member)
    policies.attach(scp("sqs:CreateQueue", resource="arn:*:sqs:*:*:guarded-*"), member)
    for name, outcome in (("guarded-queue", "ROLLBACK_COMPLETE"), ("other-queue", "CREATE_COMPLETE")):
        queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}
        assert stacks.create(name, json.dumps({"Resources": {"Queue": queue}})) == outcome
    assert any("with an explicit deny in a service control policy" in one for one in stacks.reasons("guarded-queue"))


def test_a_stack_set_fails_in_the_denied_account_with_the_reason_and_finishes_elsewhere(
    organization: Organization, policies: Policies, eventually: Eventually, member: str
) -> None:
    admin = Administrator(organization, eventually)
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "of-stack-set"}}
    name = admin.define("bound", template(Queue=queue))
    policies.attach(scp("sqs:CreateQueue", resource="arn:*:sqs:*:*:of-stack-set"), member)
    assert admin.deploy(name, organization.root) == "SUCCEEDED"
    found = {one["Account"]: one for one in admin.instances(name)}
    assert found.pop(member)["Status"] == "OUTDATED"
    assert {one["Status"] for one in found.values()} == {"CURRENT"}
    (failed,) = [one for one in admin.instances(name) if one["Account"] == member]
    assert "sqs:CreateQueue" in failed["StatusReason"]
    assert "service control policy" in failed["StatusReason"]


def test_stack_sets_work_as_their_execution_role(
    organization: Organization, policies: Policies, eventually: Eventually, member: str
) -> None:
    admin = Administrator(organization, eventually)
    name = admin.define("spared")
    others = {"ArnNotLike": {"aws:PrincipalArn": "arn:*:iam::*:role/stacksets-exec-*"}}
    policies.attach(scp("cloudformation:*", **others), organization.root)
    assert refused(organization.client("cloudformation", member).list_stacks) == "AccessDenied"
    policies.client.detach_policy(**policies.attached.pop())
    policies.attach(scp("cloudformation:*", **others), organization.ous["Root/Workloads"])
    admin.deploy(name, organization.ous["Root/Workloads"])
    assert {one["Status"] for one in admin.instances(name)} == {"CURRENT"}
