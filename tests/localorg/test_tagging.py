"""The Resource Groups Tagging API writes what the services show, and needs the services' own permissions."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localorg.lambdas import OTHER, Functions, archive

pytestmark = pytest.mark.slow

EC2 = f"arn:aws:ec2:us-east-1:{OTHER}"
TAG = {"CreatedBy": "alice"}
UNTAGGED = {"Null": {"aws:ResourceTag/CreatedBy": "true"}}
OUR_KEYS = {"ForAllValues:StringEquals": {"aws:TagKeys": ["CreatedBy", "CreatedAt"]}}
WRITE = {"Action": "tag:TagResources", "Resource": "*"}
NAMES = (f"tagger-{number}" for number in itertools.count())
# The service's own action for each kind of resource below.
ACTIONS = {
    "bucket": ("s3:GetBucketTagging", "s3:PutBucketTagging"),
    "cache": ("elasticache:AddTagsToResource",),
    "cluster": ("rds:AddTagsToResource",),
    "database": ("rds:AddTagsToResource",),
    "function": ("lambda:TagResource",),
    "group": ("ec2:CreateTags",),
    "instance": ("ec2:CreateTags",),
    "interface": ("ec2:CreateTags",),
    "key": ("kms:TagResource",),
    "log group": ("logs:TagResource",),
    "network": ("ec2:CreateTags",),
    "policy": ("iam:TagPolicy",),
    "profile": ("iam:TagInstanceProfile",),
    "queue": ("sqs:TagQueue",),
    "repository": ("ecr:TagResource",),
    "role": ("iam:TagRole",),
    "secret": ("secretsmanager:TagResource",),
    "snapshot": ("ec2:CreateTags",),
    "state machine": ("states:TagResource",),
    "stream": ("kinesis:AddTagsToStream",),
    "subnet": ("ec2:CreateTags",),
    "table": ("dynamodb:TagResource",),
    "topic": ("sns:TagResource",),
    "user": ("iam:TagUser",),
    "volume": ("ec2:CreateTags",),
}
SHOWN: dict[str, Callable[[Functions, str], Any]] = {
    "bucket": lambda a, arn: a.aws("s3").get_bucket_tagging(Bucket=arn.split(":")[-1])["TagSet"],
    "cache": lambda a, arn: a.aws("elasticache").list_tags_for_resource(ResourceName=arn)["TagList"],
    "database": lambda a, arn: a.aws("rds").list_tags_for_resource(ResourceName=arn)["TagList"],
    "function": lambda a, arn: a.aws("lambda").list_tags(Resource=arn)["Tags"],
    "instance": lambda a, arn: a.aws("ec2").describe_tags(Filters=filter_of(arn))["Tags"],
    "snapshot": lambda a, arn: a.aws("ec2").describe_tags(Filters=filter_of(arn))["Tags"],
    "log group": lambda a, arn: a.aws("logs").list_tags_for_resource(resourceArn=arn)["tags"],
    "queue": lambda a, arn: a.aws("sqs").list_queue_tags(QueueUrl=arn.replace(":", "/"))["Tags"],
    "role": lambda a, arn: a.aws("iam").list_role_tags(RoleName=arn.split("/")[-1])["Tags"],
    "table": lambda a, arn: a.aws("dynamodb").list_tags_of_resource(ResourceArn=arn)["Tags"],
    "topic": lambda a, arn: a.aws("sns").list_tags_for_resource(ResourceArn=arn)["Tags"],
}


def filter_of(arn: str) -> list[dict[str, Any]]:
    return [{"Name": "resource-id", "Values": [arn.rsplit("/", maxsplit=1)[-1]]}]


@pytest.fixture(scope="module")
def account(organization: Any) -> Functions:
    return Functions(organization.client, OTHER)


@pytest.fixture(scope="module")
def arns(account: Functions) -> dict[str, str]:
    made = {**compute(account), **data(account), **others(account)}
    assert made.keys() == ACTIONS.keys()
    return made


def compute(account: Functions) -> dict[str, str]:
    ec2 = account.aws("ec2")
    network = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=network, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    ids = {
        "group": (
            "security-group",
            ec2.create_security_group(GroupName="x", Description="x", VpcId=network)["GroupId"],
        ),
        "instance": ("instance", run_instance(account)),
        "interface": (
            "network-interface",
            ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"],
        ),
        "network": ("vpc", network),
        "subnet": ("subnet", subnet),
        "volume": ("volume", volume),
    }
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    named = {name: f"{EC2}:{kind}/{identifier}" for name, (kind, identifier) in ids.items()}
    return {**named, "snapshot": f"arn:aws:ec2:us-east-1::snapshot/{snapshot}"}


def run_instance(account: Functions) -> str:
    made = account.aws("ec2").run_instances(ImageId="ami-0123456789abcdef0", MinCount=1, MaxCount=1)
    return str(made["Instances"][0]["InstanceId"])


def data(account: Functions) -> dict[str, str]:
    login = {"MasterUsername": "someone", "MasterUserPassword": "long-enough-1"}
    database = {"DBInstanceClass": "db.t3.micro", "Engine": "mysql", "AllocatedStorage": 20}
    account.aws("s3").create_bucket(Bucket="tagged-bucket")
    account.aws("sqs").create_queue(QueueName="tagged")
    account.aws("kinesis").create_stream(StreamName="tagged", ShardCount=1)
    table = account.aws("dynamodb").create_table(
        TableName="tagged",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    cache = account.aws("elasticache").create_cache_cluster(
        CacheClusterId="tagged", Engine="memcached", CacheNodeType="cache.t3.micro", NumCacheNodes=1
    )
    rds = account.aws("rds")
    return {
        "bucket": "arn:aws:s3:::tagged-bucket",
        "cache": cache["CacheCluster"]["ARN"],
        "cluster": rds.create_db_cluster(DBClusterIdentifier="tagged", Engine="aurora-mysql", **login)["DBCluster"][
            "DBClusterArn"
        ],
        "database": rds.create_db_instance(DBInstanceIdentifier="tagged", **database, **login)["DBInstance"][
            "DBInstanceArn"
        ],
        "queue": f"arn:aws:sqs:us-east-1:{OTHER}:tagged",
        "stream": f"arn:aws:kinesis:us-east-1:{OTHER}:stream/tagged",
        "table": table["TableDescription"]["TableArn"],
        "topic": account.aws("sns").create_topic(Name="tagged")["TopicArn"],
    }


def others(account: Functions) -> dict[str, str]:
    iam = account.aws("iam")
    readable = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}'
    machine = '{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}'
    account.aws("logs").create_log_group(logGroupName="/tagged")
    role = iam.create_role(RoleName="tagged", Path="/teams/", AssumeRolePolicyDocument=readable)["Role"]["Arn"]
    return {
        "function": account.make("tagged", archive({"index.py": ""})),
        "key": account.aws("kms").create_key()["KeyMetadata"]["Arn"],
        "log group": f"arn:aws:logs:us-east-1:{OTHER}:log-group:/tagged",
        "policy": iam.create_policy(PolicyName="tagged", PolicyDocument=readable)["Policy"]["Arn"],
        "profile": iam.create_instance_profile(InstanceProfileName="tagged")["InstanceProfile"]["Arn"],
        "repository": account.aws("ecr").create_repository(repositoryName="tagged")["repository"]["repositoryArn"],
        "role": role,
        "secret": account.aws("secretsmanager").create_secret(Name="tagged", SecretString="x")["ARN"],
        "state machine": account.aws("stepfunctions").create_state_machine(
            name="tagged", definition=machine, roleArn=role
        )["stateMachineArn"],
        "user": iam.create_user(UserName="tagged")["User"]["Arn"],
    }


def tag(caller: Functions, *arns: str, **tags: str) -> Any:
    wanted = {"ResourceARNList": list(arns), "Tags": tags or TAG}
    return caller.aws("resourcegroupstaggingapi").tag_resources(**wanted)["FailedResourcesMap"]


def got(account: Functions, **filters: Any) -> dict[str, dict[str, str]]:
    pages = account.aws("resourcegroupstaggingapi").get_paginator("get_resources").paginate(**filters)
    mappings = [mapping for page in pages for mapping in page["ResourceTagMappingList"]]
    return {each["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in each["Tags"]} for each in mappings}


def plain(tags: Any) -> dict[str, str]:
    return tags if isinstance(tags, dict) else {tag["Key"]: tag["Value"] for tag in tags}


@pytest.mark.parametrize("kind", ACTIONS)
def test_a_creator_is_written_once_and_only_with_the_services_own_permission(
    account: Functions, arns: dict[str, str], kind: str
) -> None:
    arn, own = arns[kind], {"Action": list(ACTIONS[kind]), "Resource": arns[kind]}
    bare = account.acting(next(NAMES), WRITE)
    assert tag(bare, arn)[arn]["ErrorCode"] == "AccessDeniedException"
    once = account.acting(next(NAMES), WRITE, {**own, "Condition": {**UNTAGGED, **OUR_KEYS}})
    if kind != "bucket":  # S3's request names its tags in a document that IAM does not read
        assert tag(once, arn, Owner="mallory")[arn]["ErrorCode"] == "AccessDeniedException"
    assert tag(once, arn) == {}
    assert tag(once, arn, CreatedBy="mallory")[arn]["ErrorCode"] == "AccessDeniedException"
    assert got(account, ResourceARNList=[arn]) == {arn: TAG}
    if kind in SHOWN:
        assert plain(SHOWN[kind](account, arn))["CreatedBy"] == "alice"


def test_a_further_tag_is_never_written_over_and_costs_only_itself(account: Functions, arns: dict[str, str]) -> None:
    arn, keys = arns["queue"].replace("tagged", "further"), ["CreatedBy", "CostCenter"]
    account.aws("sqs").create_queue(QueueName="further", tags={"CostCenter": "7"})
    own = {"Action": "sqs:TagQueue", "Resource": "*"}
    allowed = {**own, "Condition": {**UNTAGGED, "ForAllValues:StringEquals": {"aws:TagKeys": keys}}}
    over = {
        "Null": {"aws:ResourceTag/CostCenter": "false"},
        "ForAnyValue:StringEquals": {"aws:TagKeys": ["CostCenter"]},
    }
    denied = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": over}
    caller = account.acting(next(NAMES), WRITE, allowed, denied)
    assert tag(caller, arn, CreatedBy="alice", CostCenter="42")[arn]["ErrorCode"] == "AccessDeniedException"
    assert tag(caller, arn, CreatedBy="alice") == {}
    assert got(account, ResourceARNList=[arn]) == {arn: {"CreatedBy": "alice", "CostCenter": "7"}}


def test_the_api_needs_its_own_permission_too(account: Functions, arns: dict[str, str]) -> None:
    caller = account.acting(next(NAMES), {"Action": "sqs:TagQueue", "Resource": "*"})
    with pytest.raises(ClientError, match="AccessDenied"):
        tag(caller, arns["queue"])


def test_what_the_service_tags_itself_is_found(account: Functions) -> None:
    instance = run_instance(account)
    account.aws("ec2").create_tags(Resources=[instance], Tags=[{"Key": "Team", "Value": "shop"}])
    assert got(account, TagFilters=[{"Key": "Team"}]) == {f"{EC2}:instance/{instance}": {"Team": "shop"}}


def test_a_buckets_other_tags_are_kept(account: Functions) -> None:
    s3 = account.aws("s3")
    s3.create_bucket(Bucket="tagged-before")
    s3.put_bucket_tagging(Bucket="tagged-before", Tagging={"TagSet": [{"Key": "Team", "Value": "shop"}]})
    assert tag(account, "arn:aws:s3:::tagged-before") == {}
    kept = plain(s3.get_bucket_tagging(Bucket="tagged-before")["TagSet"])
    assert kept == {"Team": "shop", "CreatedBy": "alice"}


def test_ec2s_own_call_obeys_the_same_conditions_for_each_resource(account: Functions) -> None:
    fresh, stale = run_instance(account), run_instance(account)
    account.aws("ec2").create_tags(Resources=[stale], Tags=[{"Key": "CreatedBy", "Value": "alice"}])
    own = {"Action": "ec2:CreateTags", "Resource": f"{EC2}:*/*", "Condition": UNTAGGED}
    ec2 = account.acting(next(NAMES), own).aws("ec2")
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        ec2.create_tags(Resources=[fresh, stale], Tags=[{"Key": "CreatedBy", "Value": "bob"}])
    ec2.create_tags(Resources=[fresh], Tags=[{"Key": "CreatedBy", "Value": "bob"}])


def test_a_removed_tag_may_be_written_again(account: Functions, arns: dict[str, str]) -> None:
    client = account.aws("resourcegroupstaggingapi")
    for kind in ("topic", "volume", "bucket", "user"):
        tag(account, arns[kind], Passing="yes")
        answer = client.untag_resources(ResourceARNList=[arns[kind]], TagKeys=["Passing"])
        assert answer["FailedResourcesMap"] == {}
    assert got(account, TagFilters=[{"Key": "Passing"}]) == {}


@pytest.mark.parametrize(
    "arn",
    [
        f"{EC2}:instance/i-0123456789abcdef0",
        f"arn:aws:rds:us-east-1:{OTHER}:db:absent",
        f"arn:aws:sqs:us-east-1:{OTHER}:absent",
        f"arn:aws:iam::{OTHER}:role/absent",
        f"arn:aws:states:us-east-1:{OTHER}:stateMachine:absent",
        "arn:aws:s3:::absent-bucket",
        "arn:aws:sqs:us-east-1:123456789012:of-another-account",
        f"arn:aws:mystery:us-east-1:{OTHER}:thing/1",
    ],
)
def test_what_cannot_be_tagged_is_in_the_map_and_the_others_are_tagged(
    account: Functions, arns: dict[str, str], arn: str
) -> None:
    failures = tag(account, arn, arns["topic"])
    assert failures.keys() == {arn}
    assert failures[arn]["ErrorCode"] == "InvalidParameterException"
    assert failures[arn]["StatusCode"] == 400


def test_global_resources_are_tagged_from_their_home_only(account: Functions, arns: dict[str, str]) -> None:
    away = Functions(account.client, OTHER, "eu-west-1")
    failures = tag(away, arns["role"], arns["bucket"])
    assert failures.keys() == {arns["role"], arns["bucket"]}


@pytest.mark.parametrize(
    ("arns", "tags"),
    [
        (["not-an-arn"], TAG),
        ([f"arn:aws:sqs:eu-west-1:{OTHER}:x"], TAG),
        ([f"arn:aws:sqs:us-east-1:{OTHER}:x{number}" for number in range(21)], TAG),
        ([f"arn:aws:sqs:us-east-1:{OTHER}:x"], {f"key-{number}": "x" for number in range(51)}),
        ([f"arn:aws:sqs:us-east-1:{OTHER}:x"], {"CreatedBy": "last, first"}),
        ([f"arn:aws:sqs:us-east-1:{OTHER}:x"], {"aws:createdBy": "x"}),
    ],
)
def test_a_request_beyond_the_limits_is_refused(account: Functions, arns: list[str], tags: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        account.aws("resourcegroupstaggingapi").tag_resources(ResourceARNList=arns, Tags=tags)
