"""What is open for real is confirmed, what is not is closed, and what the hub may not read stays unconfirmed."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from contract.finding import Finding, Severity, Status
from contract.names import Names
from generator.third_party import ROOT
from hub.store.findings import FindingStore
from tests.demo import Demo
from tests.end_to_end.test_permissions import without
from tests.localorg.lambdas import Functions

pytestmark = pytest.mark.slow

MEMBER, REGION = "444455556666", "eu-west-1"
EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def happened(demo: Demo, detection: str, event: str, **parameters: Any) -> Finding:
    """Let the member's CloudTrail tell of a call with these parameters; return the finding once it was looked up."""
    path = ROOT / "tests" / "events" / detection / f"fires-{event}.json"
    recorded = json.loads(path.read_text().replace("111122223333", MEMBER))
    recorded["detail"]["eventID"] = str(uuid.uuid4())
    recorded["detail"]["requestParameters"] |= parameters
    demo.inject(recorded)
    assert not any("dlq" in queue for queue in demo.settle())
    store = FindingStore(demo.hub("dynamodb"), Names().findings_table)
    items = demo.hub("dynamodb").scan(
        TableName=Names().findings_table,
        FilterExpression="event_id = :event AND control = :control",
        ExpressionAttributeValues={":event": {"S": recorded["detail"]["eventID"]}, ":control": {"S": detection}},
    )["Items"]
    (identifier,) = [one["id"]["S"] for one in items]
    found = store.get(identifier)
    assert found
    return found


def public_bucket(demo: Demo) -> str:
    """Make a bucket of the member that lets everybody in."""
    s3, name = demo.client("s3", MEMBER, REGION), f"shop-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.delete_public_access_block(Bucket=name)
    statement = {**EVERYBODY, "Resource": f"arn:aws:s3:::{name}/*"}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return name


def opened_group(demo: Demo, *, is_carried: bool) -> str:
    """Make a security group of the member that lets everybody in, on something or on nothing."""
    ec2 = demo.client("ec2", MEMBER, REGION)
    group: str = ec2.create_security_group(GroupName=f"shop-{uuid.uuid4()}", Description="shop")["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[SSH])
    if is_carried:
        subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
        ec2.create_network_interface(SubnetId=subnet, Groups=[group])
    return group


@contextmanager
def denied(demo: Demo, account: str, role: str, action: str) -> Iterator[None]:
    """Take an action away from a role, and give it back."""
    iam = demo.client("iam", account)
    document = iam.get_role_policy(RoleName=role, PolicyName="work")["PolicyDocument"]
    iam.put_role_policy(RoleName=role, PolicyName="work", PolicyDocument=json.dumps(without(document, action)))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName="work", PolicyDocument=json.dumps(document))


def test_the_demo_misses_nothing_that_a_look_up_closed(demo: Demo) -> None:
    assert demo.report.problems == []


def test_a_public_bucket_is_confirmed_and_one_behind_a_block_is_closed(demo: Demo) -> None:
    bare = happened(demo, "s3.bucket_policy_public", "star", bucketName=public_bucket(demo))
    assert (bare.status, bare.severity) == (Status.OPEN, Severity.CRITICAL)
    assert bare.certainty == "Confirmed: no Block Public Access holds; S3 calls the policy of the bucket public"
    bucket = public_bucket(demo)
    block = {"RestrictPublicBuckets": True}
    demo.client("s3", MEMBER, REGION).put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    blocked = happened(demo, "s3.bucket_policy_public", "star", bucketName=bucket)
    assert blocked.status is Status.ARCHIVED
    assert blocked.certainty == "Refuted: Block Public Access of the bucket holds (RestrictPublicBuckets)"


def test_an_acl_that_is_not_public_any_more_closes_its_finding(demo: Demo) -> None:
    found = happened(demo, "s3.bucket_acl_public", "canned", bucketName=public_bucket(demo))
    assert found.status is Status.ARCHIVED
    assert found.certainty.startswith("Refuted: the bucket's ACL ")


def test_an_opened_group_is_worse_when_something_carries_it(demo: Demo) -> None:
    idle = happened(
        *(demo, "security_group.world_open_admin_port", "flat-request"), groupId=opened_group(demo, is_carried=False)
    )
    assert (idle.severity, idle.certainty) == (
        Severity.HIGH,
        "Confirmed: the rule stands, but nothing carries the group yet",
    )
    used = happened(
        *(demo, "security_group.world_open_admin_port", "flat-request"), groupId=opened_group(demo, is_carried=True)
    )
    assert used.severity is Severity.CRITICAL
    assert used.certainty.startswith("Confirmed: attached to 1 network interface: eni-")


def test_a_changed_rule_that_lets_the_world_out_closes_its_finding(demo: Demo) -> None:
    group, ec2 = opened_group(demo, is_carried=True), demo.client("ec2", MEMBER, REGION)
    filters = [{"Name": "group-id", "Values": [group]}]
    rules = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    for rule in rules:
        changed = {"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "SecurityGroupRule": changed_rule()}
        request = {"ModifySecurityGroupRulesRequest": {"GroupId": group, "SecurityGroupRule": {**changed, "tag": 1}}}
        found = happened(demo, "security_group.world_open_admin_port", "modified-rule", **request)
        assert found.is_open is not rule["IsEgress"], found.certainty
    assert {rule["IsEgress"] for rule in rules} == {True, False}


def changed_rule() -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv4": "0.0.0.0/0"}


def test_a_snapshot_that_the_account_keeps_private_is_closed(demo: Demo) -> None:
    ec2 = demo.client("ec2", MEMBER, REGION)
    event = first("ec2.snapshot_public")
    assert happened(demo, "ec2.snapshot_public", event).certainty.endswith("does not hold it back (unblocked)")
    ec2.enable_snapshot_block_public_access(State="block-all-sharing")
    try:
        assert happened(demo, "ec2.snapshot_public", event).status is Status.ARCHIVED
    finally:
        ec2.disable_snapshot_block_public_access()


def first(detection: str) -> str:
    return min((ROOT / "tests" / "events" / detection).glob("fires-*.json")).stem.removeprefix("fires-")


def test_a_group_of_administrators_is_seen_as_one(demo: Demo) -> None:
    iam, group = demo.client("iam", MEMBER), f"admins-{uuid.uuid4()}"
    iam.create_group(GroupName=group)
    event = first("iam.user_added_to_admin_group")
    harmless = happened(demo, "iam.user_added_to_admin_group", event, groupName=group)
    assert harmless.certainty == "Refuted: no policy of the group grants administrator rights: none"
    iam.attach_group_policy(GroupName=group, PolicyArn=ADMINISTRATOR)
    found = happened(demo, "iam.user_added_to_admin_group", event, groupName=group)
    assert (found.status, found.severity) == (Status.OPEN, Severity.HIGH)


def test_a_role_that_a_machine_got_is_seen_as_an_administrators_or_not(demo: Demo) -> None:
    iam, name = demo.client("iam", MEMBER), f"web-{uuid.uuid4()}"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}))
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    request = {"AssociateIamInstanceProfileRequest": {"InstanceId": "i-1", "IamInstanceProfile": {"Name": name}}}
    harmless = happened(demo, "ec2.instance_profile_attached", "by-a-user", **request)
    assert harmless.severity is Severity.MEDIUM
    assert harmless.certainty == f"Confirmed: role {name} has no administrator rights: no policy"
    iam.attach_role_policy(RoleName=name, PolicyArn=ADMINISTRATOR)
    assert happened(demo, "ec2.instance_profile_attached", "by-a-user", **request).severity is Severity.HIGH


def test_an_open_domain_is_closed_where_it_asks_for_credentials(demo: Demo) -> None:
    opensearch, name = demo.client("opensearch", MEMBER, REGION), f"logs-{uuid.uuid4().hex[:8]}"
    opensearch.create_domain(DomainName=name)
    event = first("opensearch.public_policy")
    bare = happened(demo, "opensearch.public_policy", event, domainName=name)
    assert bare.certainty == "Confirmed: outside a VPC, without fine-grained access control"
    opensearch.delete_domain(DomainName=name)
    opensearch.create_domain(DomainName=name, AdvancedSecurityOptions={"Enabled": True})
    assert happened(demo, "opensearch.public_policy", event, domainName=name).status is Status.ARCHIVED


def test_what_the_hub_may_not_read_stays_open_and_unconfirmed(demo: Demo) -> None:
    bucket = public_bucket(demo)
    with denied(demo, MEMBER, "muster-read", "s3:GetBucketPolicyStatus"):
        found = happened(demo, "s3.bucket_policy_public", "star", bucketName=bucket)
    refusal = f"GetBucketPolicyStatus was refused in account {MEMBER} (AccessDenied)"
    assert (found.status, found.certainty) == (Status.OPEN, f"Unconfirmed: {refusal}")


def test_where_the_hub_may_not_even_enter_a_finding_stays_open_and_unconfirmed(demo: Demo) -> None:
    # A changed function starts anew, without the sessions that it had.
    demo.hub("lambda").update_function_configuration(FunctionName="muster-lookups", MemorySize=640)
    with denied(demo, demo.organization.hub, "muster-lookups-us-east-1", "sts:AssumeRole"):
        entered = happened(demo, "s3.bucket_policy_public", "star", bucketName=public_bucket(demo))
    assert entered.is_open
    assert entered.certainty == f"Unconfirmed: AssumeRole was refused in account {MEMBER} (AccessDenied)"


def test_nobody_but_the_look_ups_enters_by_the_reading_role(demo: Demo) -> None:
    role = f"arn:aws:iam::{MEMBER}:role/muster-read"
    entering = {"Action": "sts:AssumeRole", "Resource": role}
    for account in (demo.organization.hub, MEMBER):
        allowed = Functions(partial(client, demo), account).acting(f"curious-{uuid.uuid4()}", entering)
        for caller in (demo.client("sts", account), allowed.aws("sts")):
            with pytest.raises(ClientError, match="AccessDenied"):
                caller.assume_role(RoleArn=role, RoleSessionName="curious")


def client(demo: Demo, service: str, account: str, region: str, **credentials: str) -> Any:
    """Return a client of the account's root, or of whose credentials are given."""
    keys = credentials or {"aws_access_key_id": account, "aws_secret_access_key": "local"}
    return boto3.client(service, region_name=region, endpoint_url=demo.organization.endpoint, **keys)
