"""What is tagged after a create call, with whose name, and why not."""

from typing import Any

import pytest

from contract.cloudtrail import CloudTrailEvent
from contract.names import Names
from spoke.creator_tagger.plan import plan

ACCOUNT = "111122223333"
REGION = "eu-central-1"
HERE = f"{REGION}:{ACCOUNT}"

# Service, call, request, response, and what the resources are called after `arn:aws:`.
CREATIONS: list[tuple[str, str, Any, Any, list[str]]] = [
    ("ec2", "CreateVolume", {"size": "8"}, {"volumeId": "vol-0a1"}, [f"ec2:{HERE}:volume/vol-0a1"]),
    (
        "ec2",
        "RunInstances",
        {},
        {
            "instancesSet": {
                "items": [
                    {"instanceId": "i-0a1", "networkInterfaceSet": {"items": [{"networkInterfaceId": "eni-0a1"}]}},
                    {"instanceId": "i-0a2", "networkInterfaceSet": {}},
                ]
            }
        },
        [
            f"ec2:{HERE}:instance/i-0a1",
            f"ec2:{HERE}:instance/i-0a2",
            f"ec2:{HERE}:network-interface/eni-0a1",
        ],
    ),
    (
        "ec2",
        "CreateNatGateway",
        {"CreateNatGatewayRequest": {"SubnetId": "subnet-1"}},
        {"CreateNatGatewayResponse": {"natGateway": {"natGatewayId": "nat-0a1"}}},
        [f"ec2:{HERE}:natgateway/nat-0a1"],
    ),
    ("ec2", "CreateSnapshot", {}, {"snapshotId": "snap-0a1"}, [f"ec2:{REGION}::snapshot/snap-0a1"]),
    ("s3", "CreateBucket", {"bucketName": "notes"}, None, ["s3:::notes"]),
    (
        "rds",
        "CreateDBInstance",
        {"dBInstanceIdentifier": "orders"},
        {"dBInstanceArn": f"arn:aws:rds:{HERE}:db:orders"},
        [f"rds:{HERE}:db:orders"],
    ),
    ("rds", "CreateDBInstance", {"dBInstanceIdentifier": "orders"}, None, [f"rds:{HERE}:db:orders"]),
    (
        "lambda",
        "CreateFunction20150331",
        {"functionName": "resize"},
        {"functionArn": f"arn:aws:lambda:{HERE}:function:resize:1"},
        [f"lambda:{HERE}:function:resize"],
    ),
    (
        "dynamodb",
        "CreateTable",
        {"tableName": "carts"},
        {"tableDescription": {"tableArn": f"arn:aws:dynamodb:{HERE}:table/carts"}},
        [f"dynamodb:{HERE}:table/carts"],
    ),
    ("sqs", "CreateQueue", {"queueName": "jobs"}, {"queueUrl": "https://queue.example/jobs"}, [f"sqs:{HERE}:jobs"]),
    ("sns", "CreateTopic", {"name": "news"}, {"topicArn": f"arn:aws:sns:{HERE}:news"}, [f"sns:{HERE}:news"]),
    (
        "elasticache",
        "CreateCacheCluster",
        {"cacheClusterId": "sessions"},
        {"cacheClusterId": "sessions"},
        [f"elasticache:{HERE}:cluster:sessions"],
    ),
    ("logs", "CreateLogGroup", {"logGroupName": "/aws/shop"}, None, [f"logs:{HERE}:log-group:/aws/shop"]),
    ("ssm", "PutParameter", {"name": "/shop/url"}, {"version": 1}, [f"ssm:{HERE}:parameter/shop/url"]),
    ("route53", "CreateHostedZone", {}, {"hostedZone": {"id": "/hostedzone/Z1"}}, ["route53:::hostedzone/Z1"]),
    (
        "elasticloadbalancing",
        "CreateLoadBalancer",
        {"loadBalancerName": "front"},
        {"dNSName": "front.example"},
        [f"elasticloadbalancing:{HERE}:loadbalancer/front"],
    ),
    ("apigateway", "CreateApi", {"name": "shop"}, {"apiId": "a1"}, [f"apigateway:{REGION}::/apis/a1"]),
    (
        "apigateway",
        "CreateStage",
        {"restApiId": "r1"},
        {"stageName": "live"},
        [f"apigateway:{REGION}::/restapis/r1/stages/live"],
    ),
    (
        "kms",
        "ReplicateKey",
        {"keyId": "mrk-1", "replicaRegion": "eu-west-1"},
        {"replicaKeyMetadata": {"arn": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/mrk-1"}},
        [f"kms:eu-west-1:{ACCOUNT}:key/mrk-1"],
    ),
    (
        "autoscaling",
        "CreateAutoScalingGroup",
        {"autoScalingGroupName": "web"},
        None,
        [f"autoscaling:{HERE}:autoScalingGroup:*:autoScalingGroupName/web"],
    ),
    (
        "airflow",
        "CreateEnvironment",
        {},
        {"Arn": f"arn:aws:airflow:{HERE}:environment/e"},
        [f"airflow:{HERE}:environment/e"],
    ),
]


@pytest.mark.parametrize("creation", CREATIONS, ids=lambda one: f"{one[0]}:{one[1]}")
def test_a_creation_is_tagged_with_its_creator(event_of: Any, creation: tuple[str, str, Any, Any, list[str]]) -> None:
    *call, expected = creation
    found = plan(CloudTrailEvent(event_of(*call)))
    assert found.arns == tuple(f"arn:aws:{one}" for one in expected)
    assert found.tags == {"CreatedBy": "alice"}
    assert found.reason == ""


def test_the_partition_is_the_regions(event_of: Any) -> None:
    event = event_of("s3", "CreateBucket", {"bucketName": "notes"}, awsRegion="us-gov-west-1")
    assert plan(CloudTrailEvent(event)).arns == ("arn:aws-us-gov:s3:::notes",)


def test_a_replica_is_tagged_in_its_own_region_and_a_role_in_the_global_one(event_of: Any) -> None:
    replica = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/mrk-1"
    request = {"replicaRegion": "eu-west-1"}
    key = event_of("kms", "ReplicateKey", request, {"replicaKeyMetadata": {"arn": replica}})
    role = event_of("iam", "CreateRole", {"roleName": "r"}, {"role": {"arn": f"arn:aws:iam::{ACCOUNT}:role/r"}})
    assert plan(CloudTrailEvent(key)).region == "eu-west-1"
    assert plan(CloudTrailEvent(role)).region == "us-east-1"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"errorCode": "AccessDenied"}, "failed call: nothing was created"),
        ({"errorMessage": "no such thing"}, "failed call: nothing was created"),
        ({"readOnly": True}, "read-only call: nothing was created"),
        ({"eventName": "TagQueue"}, "tagging call: nothing was created"),
        ({"eventName": "PurgeQueue"}, "the call creates nothing that Muster tags"),
        ({"requestParameters": None}, "the event names no resource of this account and Region"),
    ],
)
def test_what_is_not_tagged_says_why(event_of: Any, more: dict[str, Any], reason: str) -> None:
    found = plan(CloudTrailEvent(event_of("sqs", "CreateQueue", {"queueName": "jobs"}, **more)))
    assert (found.arns, found.reason) == ((), reason)


def _session(role: str, session: str, **more: Any) -> dict[str, Any]:
    issuer = {"type": "Role", "userName": role, "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}"}
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE:{session}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}",
        "accountId": ACCOUNT,
        "sessionContext": {"sessionIssuer": issuer, **more},
    }


_SERVICE_LINKED = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"


@pytest.mark.parametrize(
    ("identity", "created_by"),
    [
        (_session("deployer", "bob"), "bob"),
        (_session("deployer", "botocore-session-1700000000"), "deployer"),
        (_session("AWSReservedSSO_Admin_0123456789abcdef", "carol@example.com"), "carol@example.com"),
        (_session("deployer", "x", sourceIdentity="dave"), "dave"),
        (_session("deployer", "Smith, Eve"), "Smith_ Eve"),
        (_session("deployer", "w" * 300), "w" * 256),
        (
            _session("AWSServiceRoleForAutoScaling", "AutoScaling", sessionIssuer={"arn": _SERVICE_LINKED}),
            "autoscaling.amazonaws.com",
        ),
        ({"type": "AWSService", "invokedBy": "backup.amazonaws.com"}, "backup.amazonaws.com"),
        ({"type": "Root", "accountId": ACCOUNT}, "root"),
        ({}, f"aws-account-{ACCOUNT}"),
        ({"type": "IAMUser", "userName": ",,"}, "__"),
    ],
)
def test_the_tag_is_the_name_that_people_know(event_of: Any, identity: dict[str, Any], created_by: str) -> None:
    event = event_of("s3", "CreateBucket", {"bucketName": "notes"}, userIdentity=identity)
    assert plan(CloudTrailEvent(event)).tags == {"CreatedBy": created_by}


def test_muster_does_not_tag_what_it_creates_itself(event_of: Any) -> None:
    identity = _session("muster-spoke-heartbeat-eu-central-1", "muster-spoke-heartbeat")
    event = CloudTrailEvent(event_of("s3", "CreateBucket", {"bucketName": "notes"}, userIdentity=identity))
    assert plan(event).reason == "call of Muster itself"
    assert plan(event, names=Names("other")).arns


def test_what_a_role_that_borrows_musters_prefix_creates_is_tagged(event_of: Any) -> None:
    event = event_of("s3", "CreateBucket", {"bucketName": "notes"}, userIdentity=_session("muster-evil", "muster-evil"))
    assert plan(CloudTrailEvent(event)).tags == {"CreatedBy": "muster-evil"}


@pytest.mark.parametrize(
    "stranger",
    [
        f"arn:aws:sns:{REGION}:999999999999:news",
        f"arn:aws:sns:us-east-1:{ACCOUNT}:news",
        f"arn:aws:sqs:{HERE}:news",
        f"arn:aws-cn:sns:{HERE}:news",
        "arn:aws:sns",
    ],
)
def test_a_strangers_arn_is_never_tagged(event_of: Any, stranger: str) -> None:
    event = event_of("sns", "CreateTopic", {}, {"topicArn": stranger})
    assert plan(CloudTrailEvent(event)).arns == ()


def test_a_hidden_name_is_no_name(event_of: Any) -> None:
    event = event_of("ssm", "PutParameter", {"name": "HIDDEN_DUE_TO_SECURITY_REASONS"})
    assert plan(CloudTrailEvent(event)).arns == ()


def test_a_new_call_is_read_by_its_answer_as_a_last_resort(event_of: Any) -> None:
    made = f"arn:aws:sqs:{HERE}:lane"
    answer = {"lane": {"deadLetterArn": f"arn:aws:sqs:{HERE}:other", "laneArn": made}}
    assert plan(CloudTrailEvent(event_of("sqs", "CreateLane", {}, answer))).arns == (made,)


@pytest.mark.parametrize(
    ("service", "name", "noun"), [("iam", "CreateGroup", "group"), ("securityhub", "CreateInsight", "insight")]
)
def test_what_takes_no_tags_is_not_read_by_its_answer(event_of: Any, service: str, name: str, noun: str) -> None:
    answer = {
        noun: {"arn": f"arn:aws:{service}::{ACCOUNT}:{noun}/x"},
        f"{noun}Arn": f"arn:aws:{service}::{ACCOUNT}:{noun}/x",
    }
    assert plan(CloudTrailEvent(event_of(service, name, {}, answer))).arns == ()


@pytest.mark.parametrize(
    "tags",
    [
        {"tags": {"CreatedBy": "mallory"}},
        {"tags": [{"key": "Team", "value": "a"}, {"key": "CreatedBy", "value": "mallory"}]},
        {"tagSpecificationSet": {"items": [{"tags": [{"key": "CreatedBy", "value": "mallory"}]}]}},
        {"tagList": [{"tagKey": "CreatedBy", "tagValue": "mallory"}]},
    ],
)
def test_a_creator_that_the_call_wrote_itself_is_disputed_and_left_alone(event_of: Any, tags: dict[str, Any]) -> None:
    found = plan(CloudTrailEvent(event_of("sqs", "CreateQueue", {"queueName": "jobs"} | tags)))
    assert found.arns == ()
    assert [one.arn for one in found.untagged] == [f"arn:aws:sqs:{HERE}:jobs"]
    assert "'mallory'" in found.reason
    assert "'alice'" in found.reason


def test_a_creator_that_the_call_wrote_truly_is_no_dispute(event_of: Any) -> None:
    found = plan(CloudTrailEvent(event_of("sqs", "CreateQueue", {"queueName": "jobs", "tags": {"CreatedBy": "alice"}})))
    assert (found.arns, found.untagged, found.reason) == ((), (), "the call itself set CreatedBy")
