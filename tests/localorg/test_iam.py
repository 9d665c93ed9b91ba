"""What a role may not do, it may not do in the local organization either."""

import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localorg.lambdas import HUB, MEMBER, STRANGER, Functions, document

pytestmark = pytest.mark.slow

EVENT = {"Source": "muster.spoke", "DetailType": "Muster Heartbeat", "Detail": "{}"}
BUS = f"arn:aws:events:us-east-1:{HUB}:event-bus/muster-test"
OWN_BUS = f"arn:aws:events:us-east-1:{MEMBER}:event-bus/default"
TABLE = f"arn:aws:dynamodb:us-east-1:{MEMBER}:table/permitted"
QUEUE = f"arn:aws:sqs:us-east-1:{MEMBER}:permitted"
ITEM = {"id": {"S": "x"}}
MAIL = {
    "FromEmailAddress": "alerts@example.com",
    "Destination": {"ToAddresses": ["oncall@example.com"]},
    "Content": {"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
}
METRIC = {"Namespace": "Muster", "MetricData": [{"MetricName": "Sent", "Value": 1}]}
NAMES = (f"caller-{number}" for number in itertools.count())

Call = Callable[[Functions], Any]


def put_event(to: str) -> Call:
    return lambda caller: caller.aws("events").put_events(Entries=[{**EVENT, "EventBusName": to}])


def query(**index: str) -> Call:
    key = "region" if index else "id"
    return lambda caller: caller.aws("dynamodb").query(
        TableName="permitted",
        KeyConditionExpression="#key = :value",
        ExpressionAttributeNames={"#key": key},
        ExpressionAttributeValues={":value": {"S": "x"}},
        **index,
    )


def transact(caller: Functions) -> Any:
    return caller.aws("dynamodb").transact_write_items(
        TransactItems=[{"Put": {"TableName": "permitted", "Item": ITEM}}]
    )


CALLS: dict[str, tuple[str, str, Call]] = {
    "events to its own bus": ("events:PutEvents", OWN_BUS, put_event("default")),
    "events to the hub's bus": ("events:PutEvents", BUS, put_event(BUS)),
    "a table": ("dynamodb:PutItem", TABLE, lambda a: a.aws("dynamodb").put_item(TableName="permitted", Item=ITEM)),
    "a transaction": ("dynamodb:PutItem", TABLE, transact),
    "a query of the table": ("dynamodb:Query", TABLE, query()),
    "a query of an index": ("dynamodb:Query", f"{TABLE}/index/by-region", query(IndexName="by-region")),
    "a queue": (
        *("sqs:SendMessage", QUEUE),
        lambda a: a.aws("sqs").send_message(QueueUrl=f"http://x/{MEMBER}/permitted", MessageBody="x"),
    ),
    "a mail": ("ses:SendEmail", "*", lambda a: a.aws("sesv2").send_email(**MAIL)),
    "a metric": ("cloudwatch:PutMetricData", "*", lambda a: a.aws("cloudwatch").put_metric_data(**METRIC)),
    "tagged resources": ("tag:GetResources", "*", lambda a: a.aws("resourcegroupstaggingapi").get_resources()),
    "a parameter": (
        *("ssm:PutParameter", f"arn:aws:ssm:us-east-1:{MEMBER}:parameter/permitted"),
        lambda a: a.aws("ssm").put_parameter(Name="/permitted", Value="x", Type="String", Overwrite=True),
    ),
    "instances": ("ec2:DescribeInstances", "*", lambda a: a.aws("ec2").describe_instances()),
    "the organization": (
        *("organizations:DescribeOrganization", "*"),
        lambda a: a.aws("organizations").describe_organization(),
    ),
    "a key": ("kms:ListKeys", "*", lambda a: a.aws("kms").list_keys()),
}


@pytest.fixture(scope="module")
def account(organization: Any) -> Functions:
    member = Functions(organization.client, MEMBER)
    member.aws("sqs").create_queue(QueueName="permitted")
    member.aws("sesv2").create_email_identity(EmailIdentity="example.com")
    member.aws("dynamodb").create_table(
        TableName="permitted",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "region")],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-region",
                "KeySchema": [{"AttributeName": "region", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    hub = organization.client("events", HUB)
    hub.create_event_bus(Name="muster-test")
    in_organization = {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": organization.id}
    hub.put_permission(
        EventBusName="muster-test",
        StatementId="organization",
        Action="events:PutEvents",
        Principal="*",
        Condition=in_organization,
    )
    return member


def is_denied(caller: Functions, call: Call) -> bool:
    """PutEvents answers per entry, the others with an error."""
    try:
        return bool(call(caller).get("FailedEntryCount"))
    except ClientError as error:
        if not re.search("Denied|Unauthorized", error.response["Error"]["Code"]):
            raise
        return True


@pytest.mark.parametrize("what", CALLS)
def test_a_role_needs_the_permission_for(account: Functions, what: str) -> None:
    action, resource, call = CALLS[what]
    assert is_denied(account.acting(next(NAMES)), call)
    assert not is_denied(account.acting(next(NAMES), {"Action": action, "Resource": resource}), call)


@pytest.mark.parametrize("what", [name for name, (_, resource, _) in CALLS.items() if resource != "*"])
def test_a_permission_for_another_resource_does_not_help_with(account: Functions, what: str) -> None:
    action, resource, call = CALLS[what]
    assert is_denied(account.acting(next(NAMES), {"Action": action, "Resource": f"{resource}-other"}), call)


def test_the_metrics_namespace_is_a_condition(account: Functions) -> None:
    def only(namespace: str) -> Functions:
        condition = {"StringEquals": {"cloudwatch:namespace": namespace}}
        return account.acting(
            next(NAMES), {"Action": "cloudwatch:PutMetricData", "Resource": "*", "Condition": condition}
        )

    call = CALLS["a metric"][2]
    assert not is_denied(only("Muster"), call)
    assert is_denied(only("Other"), call)


def test_the_sender_of_an_email_is_a_condition(account: Functions) -> None:
    def only(sender: str) -> Functions:
        condition = {"StringEquals": {"ses:FromAddress": sender}}
        return account.acting(next(NAMES), {"Action": "ses:SendEmail", "Resource": "*", "Condition": condition})

    call = CALLS["a mail"][2]
    assert not is_denied(only("alerts@example.com"), call)
    assert is_denied(only("other@example.com"), call)


def test_a_key_is_used_by_those_whose_policy_names_it(account: Functions) -> None:
    key = account.aws("kms").create_key()["KeyMetadata"]["Arn"]

    def encrypt(caller: Functions) -> Any:
        return caller.aws("kms").encrypt(KeyId=key, Plaintext=b"x")

    assert is_denied(account.acting(next(NAMES)), encrypt)
    assert not is_denied(account.acting(next(NAMES), {"Action": "kms:Encrypt", "Resource": key}), encrypt)


@pytest.mark.parametrize("action", ["dynamodb:GetShardIterator", "dynamodb:GetRecords"])
def test_a_stream_is_read_with_the_permissions_for_it(account: Functions, action: str) -> None:
    name = next(NAMES)
    table = account.aws("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    stream = table["TableDescription"]["LatestStreamArn"]
    (shard,) = account.aws("dynamodbstreams").describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]
    where = {"StreamArn": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}

    def read(caller: Functions) -> Any:
        client = caller.aws("dynamodbstreams")
        return client.get_records(ShardIterator=client.get_shard_iterator(**where)["ShardIterator"])

    both = ["dynamodb:GetShardIterator", "dynamodb:GetRecords"]
    rest = [one for one in both if one != action]
    assert not is_denied(account.acting(next(NAMES), {"Action": both, "Resource": stream}), read)
    assert is_denied(account.acting(next(NAMES), {"Action": rest, "Resource": stream}), read)
    assert is_denied(account.acting(next(NAMES), {"Action": both, "Resource": f"{stream}-other"}), read)


def test_a_replay_needs_permissions_for_the_archive_and_for_itself(account: Functions, organization: Any) -> None:
    hub = Functions(organization.client, HUB)
    name, events = next(NAMES), hub.aws("events")
    arn = events.create_archive(ArchiveName=name, EventSourceArn=BUS)["ArchiveArn"]
    replay = arn.replace("archive/", "replay/")

    def start(caller: Functions) -> Any:
        return caller.aws("events").start_replay(
            ReplayName=next(NAMES),
            EventSourceArn=arn,
            EventStartTime="2026-01-01T00:00:00Z",
            EventEndTime="2026-01-02T00:00:00Z",
            Destination={"Arn": BUS},
        )

    assert is_denied(hub.acting(next(NAMES), {"Action": "events:StartReplay", "Resource": replay}), start)
    assert not is_denied(hub.acting(next(NAMES), {"Action": "events:StartReplay", "Resource": arn}), start)
    looking = [("events:DescribeArchive", arn, "describe_archive", {"ArchiveName": name})]
    made = events.list_replays(EventSourceArn=arn)["Replays"][0]["ReplayName"]
    own = f"{replay.rpartition('/')[0]}/{made}"
    looking += [("events:DescribeReplay", own, "describe_replay", {"ReplayName": made})]
    for action, resource, call, asked in looking:

        def look(caller: Functions, call: str = call, asked: dict[str, str] = asked) -> Any:
            return getattr(caller.aws("events"), call)(**asked)

        assert is_denied(hub.acting(next(NAMES), {"Action": action, "Resource": f"{resource}-other"}), look)
        assert not is_denied(hub.acting(next(NAMES), {"Action": action, "Resource": resource}), look)


def test_a_role_is_assumed_only_with_the_permission_and_the_trust(account: Functions, organization: Any) -> None:
    hub = Functions(organization.client, HUB)
    target = f"arn:aws:iam::{HUB}:role/trusting"
    trusted = {"Effect": "Allow", "Principal": {"AWS": MEMBER}, "Action": "sts:AssumeRole"}
    hub.aws("iam").create_role(RoleName="trusting", AssumeRolePolicyDocument=document([trusted]))

    def assume(caller: Functions) -> Any:
        return caller.aws("sts").assume_role(RoleArn=target, RoleSessionName="test")

    allowed = {"Action": "sts:AssumeRole", "Resource": target}
    assert is_denied(account.acting(next(NAMES)), assume)
    assert not is_denied(account.acting(next(NAMES), allowed), assume)
    for owner, is_ours in ((organization.id, True), ("o-strangerorg", False)):
        narrowed = {**allowed, "Condition": {"StringEquals": {"aws:ResourceOrgID": owner}}}
        assert is_denied(account.acting(next(NAMES), narrowed), assume) is not is_ours
    other = Functions(organization.client, organization.members[1])
    assert is_denied(other.acting(next(NAMES), allowed), assume)


def test_a_bucket_policy_for_the_organization_admits_members_and_no_strangers(
    account: Functions, organization: Any
) -> None:
    bucket = "artefacts-for-members"
    owner = organization.client("s3", HUB)
    owner.create_bucket(Bucket=bucket)
    owner.put_object(Bucket=bucket, Key="settings/x.json", Body=b"{}")
    own_settings = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": organization.id}},
    }
    owner.put_bucket_policy(Bucket=bucket, Policy=document([own_settings]))

    def read(caller: Functions) -> Any:
        return caller.aws("s3").get_object(Bucket=bucket, Key="settings/x.json")

    allowed = {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    assert not is_denied(account.acting(next(NAMES), allowed), read)
    assert is_denied(account.acting(next(NAMES)), read)
    stranger = Functions(organization.client, STRANGER)
    assert is_denied(stranger.acting(next(NAMES), allowed), read)


def test_a_policy_variable_is_the_callers_own_account_and_nobody_elses(account: Functions, organization: Any) -> None:
    bucket, other = "settings-by-account", organization.members[1]
    owner = organization.client("s3", HUB)
    owner.create_bucket(Bucket=bucket)
    for one in (MEMBER, other):
        owner.put_object(Bucket=bucket, Key=f"settings/{one}.json", Body=b"{}")
    own = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/settings/${{aws:PrincipalAccount}}.json",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": organization.id}},
    }
    owner.put_bucket_policy(Bucket=bucket, Policy=document([own]))
    caller = account.acting(next(NAMES), {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"})

    def read(whose: str) -> Call:
        return lambda one: one.aws("s3").get_object(Bucket=bucket, Key=f"settings/{whose}.json")

    assert not is_denied(caller, read(MEMBER))
    assert is_denied(caller, read(other))


def test_a_policy_variable_without_a_value_makes_its_statement_void(account: Functions) -> None:
    unknown = {"Action": "sqs:SendMessage", "Resource": f"{QUEUE}${{aws:PrincipalTag/absent}}"}
    known = {"Action": "sqs:SendMessage", "Resource": QUEUE.replace(MEMBER, "${aws:PrincipalAccount}")}
    _, _, send = CALLS["a queue"]
    assert is_denied(account.acting(next(NAMES), unknown), send)
    assert not is_denied(account.acting(next(NAMES), known), send)
