"""Event buses of the emulated organization: hops, permissions, dead letters, CloudTrail's states."""

import json
from datetime import UTC
from itertools import count
from typing import Any

import pytest

from tests.localorg.running import Eventually, Organization, refused

pytestmark = pytest.mark.slow
_numbers = count(1)


def cloudtrail(name: str = "CreateUser", source: str = "iam.amazonaws.com", **record: Any) -> dict[str, Any]:
    detail = {"eventSource": source, "eventName": name, "awsRegion": "us-east-1", **record}
    return {
        "source": f"aws.{source.split('.', maxsplit=1)[0]}",
        "detail-type": "AWS API Call via CloudTrail",
        "detail": detail,
    }


class Place:
    """EventBridge, SQS and IAM of one account and Region, with what the tests make there."""

    def __init__(
        self, organization: Organization, eventually: Eventually, account: str, region: str = "us-east-1"
    ) -> None:
        self.organization, self.eventually, self.account, self.region = organization, eventually, account, region
        self.events = organization.client("events", account, region)
        self.sqs = organization.client("sqs", account, region)
        self.iam = organization.client("iam", account, region)
        self.number = next(_numbers)

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def queue(self, name: str, allows: str = "events.amazonaws.com", rule: str | None = None) -> tuple[str, str]:
        name = f"{name}-{self.number}"
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self.arn("sqs", name)
        if allows:
            statement = {
                "Effect": "Allow",
                "Principal": {"Service": allows},
                "Action": "sqs:SendMessage",
                "Resource": arn,
            }
            if rule:
                statement["Condition"] = {"ArnEquals": {"aws:SourceArn": rule}}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        return url, arn

    def role(self, bus: str, service: str = "events.amazonaws.com", action: str = "events:PutEvents") -> str:
        name = f"forwarder-{self.region}-{self.number}-{next(_numbers)}"
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        grant = {"Effect": "Allow", "Action": action, "Resource": bus}
        arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
        self.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps({"Statement": [grant]}))
        return arn["Role"]["Arn"]

    def rule(
        self, target: str, bus: str = "default", state: str = "ENABLED", pattern: dict[str, Any] | None = None
    ) -> str:
        name = f"rule-{next(_numbers)}"
        pattern = json.dumps(pattern or {"detail": {"test": [self.number]}})
        arn = self.events.put_rule(Name=name, EventBusName=bus, EventPattern=pattern, State=state)["RuleArn"]
        self.events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "t", **target}])
        return arn

    def inject(self, event: dict[str, Any], **more: Any) -> str:
        event["detail"]["test"] = self.number
        body = {"account": self.account, "region": self.region, "event": {**event, **more}}
        return self.organization.control("events", body)["event_id"]

    def messages(self, url: str) -> list[dict[str, Any]]:
        got = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        return got.get("Messages", [])

    def received(self, url: str) -> list[dict[str, Any]]:
        return self.eventually(lambda: self.messages(url), 5)


@pytest.fixture
def member(organization: Organization, eventually: Eventually) -> Place:
    return Place(organization, eventually, organization.members[0], "eu-west-1")


@pytest.fixture
def hub(organization: Organization, eventually: Eventually, member: Place) -> Place:
    place = Place(organization, eventually, organization.hub)
    place.number = member.number
    return place


@pytest.fixture
def central_bus(hub: Place, organization: Organization) -> tuple[str, str]:
    name = f"central-{hub.number}"
    arn = hub.events.create_event_bus(Name=name)["EventBusArn"]
    condition = {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": organization.id}
    hub.events.put_permission(
        EventBusName=name, StatementId="org", Action="events:PutEvents", Principal="*", Condition=condition
    )
    return name, arn


def test_one_hop_crosses_account_and_region_and_keeps_the_event(
    member: Place, hub: Place, central_bus: tuple[str, str]
) -> None:
    name, arn = central_bus
    url, queue = hub.queue("arrivals")
    hub.rule({"Arn": queue}, bus=name)
    member.rule({"Arn": arn, "RoleArn": member.role(arn)})
    identity = member.inject(
        cloudtrail(), id="11111111-2222-3333-4444-555555555555", time="2026-01-02T03:04:05Z", resources=["arn:x"]
    )
    event = json.loads(hub.received(url)[0]["Body"])
    assert identity == event["id"] == "11111111-2222-3333-4444-555555555555"
    assert (event["account"], event["region"]) == (member.account, "eu-west-1")
    assert (event["time"], event["resources"], event["version"]) == ("2026-01-02T03:04:05Z", ["arn:x"], "0")


@pytest.mark.parametrize(
    ("role", "code"),
    [
        ({"service": "lambda.amazonaws.com"}, "FAILED_TO_ASSUME_ROLE"),
        ({"action": "events:PutRule"}, "NO_PERMISSIONS"),
        ({"bus": "arn:aws:events:us-east-1:111122223333:event-bus/other"}, "NO_PERMISSIONS"),
    ],
)
def test_a_target_role_that_does_not_suffice_sends_the_event_to_the_dead_letters(
    member: Place, central_bus: tuple[str, str], role: dict[str, Any], code: str
) -> None:
    _name, arn = central_bus
    url, queue = member.queue("dlq")
    target = {"Arn": arn, "RoleArn": member.role(**{"bus": arn, **role}), "DeadLetterConfig": {"Arn": queue}}
    rule = member.rule(target)
    member.inject(cloudtrail())
    (message,) = member.received(url)
    attributes = {name: entry["StringValue"] for name, entry in message["MessageAttributes"].items()}
    assert attributes["ERROR_CODE"] == code
    assert attributes["ERROR_MESSAGE"]
    assert (attributes["RULE_ARN"], attributes["TARGET_ARN"]) == (rule, arn)
    assert json.loads(message["Body"])["detail"]["eventName"] == "CreateUser"


def test_a_bus_of_another_account_needs_a_role(member: Place, central_bus: tuple[str, str]) -> None:
    _name, arn = central_bus
    member.events.put_rule(Name="no-role", EventPattern='{"source": ["x"]}')
    with pytest.raises(member.events.exceptions.ClientError, match="RoleArn is required"):
        member.events.put_targets(Rule="no-role", Targets=[{"Id": "t", "Arn": arn}])


def test_a_stranger_is_refused_by_the_bus(
    organization: Organization, member: Place, central_bus: tuple[str, str]
) -> None:
    _name, arn = central_bus
    entry = {"EventBusName": arn, "Source": "muster.spoke", "DetailType": "x", "Detail": "{}"}
    stranger = organization.client("events", "888888888888").put_events(Entries=[entry])
    assert stranger["Entries"][0]["ErrorCode"] == "AccessDeniedException"
    assert organization.client("events", member.account).put_events(Entries=[entry])["FailedEntryCount"] == 0


@pytest.mark.parametrize("borrowed", [False, True])
def test_a_bus_may_ask_for_the_name_of_the_role(
    organization: Organization, member: Place, hub: Place, borrowed: bool
) -> None:
    name = f"spokes-{hub.number}"
    arn = hub.events.create_event_bus(Name=name)["EventBusArn"]
    beginning = "other" if borrowed else "forwarder"
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "events:PutEvents",
        "Resource": arn,
        "Condition": {
            "StringEquals": {"aws:PrincipalOrgID": organization.id},
            "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::*:role/{beginning}-*"},
        },
    }
    hub.events.put_permission(EventBusName=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    url, queue = hub.queue("spokes")
    dead, dead_queue = member.queue("spokes-dlq")
    hub.rule({"Arn": queue}, bus=name)
    member.rule({"Arn": arn, "RoleArn": member.role(arn), "DeadLetterConfig": {"Arn": dead_queue}})
    member.inject(cloudtrail())
    if borrowed:
        assert member.received(dead)
        assert not hub.messages(url)
    else:
        assert hub.received(url)
        assert not member.messages(dead)
    entry = {"EventBusName": arn, "Source": "muster.spoke", "DetailType": "x", "Detail": "{}"}
    (refused,) = organization.client("events", member.account).put_events(Entries=[entry])["Entries"]
    assert refused["ErrorCode"] == "AccessDeniedException"


def test_events_do_not_travel_to_a_third_bus(
    organization: Organization, eventually: Eventually, member: Place, hub: Place, central_bus: tuple[str, str]
) -> None:
    name, arn = central_bus
    third = Place(organization, eventually, organization.members[1])
    third.events.put_permission(StatementId="all", Action="events:PutEvents", Principal="*")
    third.number = hub.number
    url, queue = third.queue("third")
    third.rule({"Arn": queue})
    dead, dead_queue = hub.queue("third-dlq")
    onwards = third.arn("events", "event-bus/default")
    hub.rule({"Arn": onwards, "RoleArn": hub.role(onwards), "DeadLetterConfig": {"Arn": dead_queue}}, bus=name)
    member.rule({"Arn": arn, "RoleArn": member.role(arn)})
    member.inject(cloudtrail())
    (message,) = hub.received(dead)
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "THIRD_ACCOUNT_HOP_DETECTED"
    assert not third.messages(url)
    third.events.remove_permission(RemoveAllPermissions=True)


def test_a_queue_must_allow_the_rule(member: Place) -> None:
    closed, closed_queue = member.queue("closed", allows=None)
    other, other_queue = member.queue("other", rule="arn:aws:events:eu-west-1:1:rule/other")
    dead, dead_queue = member.queue("closed-dlq")
    for queue in (closed_queue, other_queue):
        member.rule({"Arn": queue, "DeadLetterConfig": {"Arn": dead_queue}})
    member.inject(cloudtrail())
    assert len(member.eventually(lambda: member.messages(dead), 5)) == 2
    assert not member.messages(closed)
    assert not member.messages(other)


@pytest.mark.parametrize(("principal", "arrives"), [("events", True), ("sns", False)])
def test_an_encrypted_queue_needs_a_key_that_lets_eventbridge_in(member: Place, principal: str, arrives: bool) -> None:
    kms = member.organization.client("kms", member.account, member.region)
    statement = {"Effect": "Allow", "Principal": {"Service": f"{principal}.amazonaws.com"}, "Action": "kms:*"}
    owner = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{member.account}:root"}, "Action": "kms:*"}
    policy = {"Version": "2012-10-17", "Statement": [{**each, "Resource": "*"} for each in (statement, owner)]}
    key = kms.create_key(Policy=json.dumps(policy))["KeyMetadata"]["Arn"]
    url, queue = member.queue("encrypted")
    member.sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": key})
    done, beside = member.queue("unencrypted")
    member.rule({"Arn": queue})
    member.rule({"Arn": beside})
    member.inject(cloudtrail())
    assert member.received(done)
    assert bool(member.messages(url)) is arrives


def test_a_dead_letter_queue_that_refuses_eventbridge_loses_the_event(member: Place) -> None:
    dead, dead_queue = member.queue("refusing-dlq", allows=None)
    missing = member.arn("sqs", "missing")
    url, queue = member.queue("beside")
    member.rule({"Arn": missing, "DeadLetterConfig": {"Arn": dead_queue}})
    member.rule({"Arn": queue})
    member.inject(cloudtrail())
    assert member.received(url)
    assert not member.messages(dead)


@pytest.mark.parametrize(
    ("event", "by_default", "with_reads"),
    [
        (cloudtrail("CreateUser"), True, True),
        (cloudtrail("ListUsers"), False, True),
        (cloudtrail("GetSessionToken", "sts.amazonaws.com"), True, True),
        (cloudtrail("GetSigninToken", "signin.amazonaws.com"), True, True),
        (cloudtrail("PutObject", "s3.amazonaws.com", managementEvent=False), False, False),
        (cloudtrail("CreateUser", eventCategory="Insight"), False, False),
        ({**cloudtrail("ListUsers", eventCategory="Insight"), "detail-type": "AWS Insight via CloudTrail"}, True, True),
        ({"source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification", "detail": {}}, True, True),
    ],
)
def test_a_rules_state_decides_which_cloudtrail_events_it_gets(
    member: Place, event: dict[str, Any], by_default: bool, with_reads: bool
) -> None:
    states = ("ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", "DISABLED")
    urls = {}
    for state in states:
        urls[state], queue = member.queue(state.lower()[:20])
        member.rule({"Arn": queue}, state=state)
    done, queue = member.queue("done")
    member.rule({"Arn": queue})
    member.inject(json.loads(json.dumps(event)))
    member.inject({"source": "aws.test", "detail-type": "done", "detail": {}})
    assert member.received(done)
    got = {state: [json.loads(m["Body"])["detail-type"] for m in member.messages(url)] for state, url in urls.items()}
    assert (event["detail-type"] in got["ENABLED"]) is by_default
    assert (event["detail-type"] in got["ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"]) is with_reads
    assert not got["DISABLED"]


def test_customers_cannot_put_aws_events(member: Place) -> None:
    entry = {"Source": "aws.ec2", "DetailType": "x", "Detail": "{}"}
    (result,) = member.events.put_events(Entries=[entry])["Entries"]
    assert result["ErrorCode"] == "NotAuthorizedForSourceException"


def test_a_malformed_entry_fails_alone(member: Place) -> None:
    good = {"Source": "test", "DetailType": "x", "Detail": "{}"}
    answer = member.events.put_events(Entries=[good, {**good, "Detail": "[1]"}, {"Source": "test", "Detail": "{}"}])
    assert [each.get("ErrorCode") for each in answer["Entries"]] == [None, "MalformedDetail", "InvalidArgument"]


def test_a_function_needs_a_permission_for_the_rule(member: Place) -> None:
    dead, dead_queue = member.queue("function-dlq")
    missing = member.arn("lambda", "function:nobody")
    member.rule({"Arn": missing, "DeadLetterConfig": {"Arn": dead_queue}})
    member.inject(cloudtrail())
    (message,) = member.received(dead)
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_RESOURCE"


@pytest.fixture
def archive(hub: Place, member: Place, central_bus: tuple[str, str]) -> dict[str, Any]:
    """An archive of the hub's bus, to which the member's events go; what a replay of it needs, but the interval."""
    name, arn = central_bus
    made = hub.events.create_archive(ArchiveName=name, EventSourceArn=arn)["ArchiveArn"]
    member.rule({"Arn": arn, "RoleArn": member.role(arn)})
    return {"ReplayName": name, "EventSourceArn": made, "Destination": {"Arn": arn}}


def archived(hub: Place, name: str) -> int:
    return int(hub.events.describe_archive(ArchiveName=name)["EventCount"])


def ended(hub: Place, name: str) -> dict[str, Any]:
    def state() -> dict[str, Any] | None:
        replay = hub.events.describe_replay(ReplayName=name)
        return replay if replay["State"] not in {"STARTING", "RUNNING", "CANCELLING"} else None

    return dict(hub.eventually(state))


def test_the_archive_replays_to_the_named_rules_only(
    hub: Place, member: Place, central_bus: tuple[str, str], archive: dict[str, Any]
) -> None:
    name, arn = central_bus
    named, named_queue = hub.queue("named")
    silent, silent_queue = hub.queue("silent")
    rule = hub.rule({"Arn": named_queue}, bus=name)
    hub.rule({"Arn": silent_queue}, bus=name)
    member.inject(cloudtrail(), time="2026-01-02T03:04:05Z")
    for url in (named, silent):
        (message,) = hub.received(url)
        hub.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    started = hub.events.start_replay(
        **{**archive, "Destination": {"Arn": arn, "FilterArns": [rule]}},
        EventStartTime="2026-01-01T00:00:00Z",
        EventEndTime="2026-02-01T00:00:00Z",
    )
    assert started["State"] == "STARTING"
    assert json.loads(hub.received(named)[0]["Body"])["replay-name"] == name
    replay = ended(hub, name)
    assert replay["State"] == "COMPLETED"
    assert replay["EventLastReplayedTime"].astimezone(UTC).isoformat() == "2026-01-02T03:04:05+00:00"
    assert not hub.messages(silent)
    assert archived(hub, name) == 1


def test_a_replay_begins_with_its_first_moment_and_ends_before_its_last(
    hub: Place, member: Place, central_bus: tuple[str, str], archive: dict[str, Any]
) -> None:
    name, _ = central_bus
    for second in (4, 5, 6):
        member.inject(cloudtrail(), time=f"2026-01-02T03:04:0{second}Z")
    assert hub.eventually(lambda: archived(hub, name) == 3)
    url, queue = hub.queue("interval")
    hub.rule({"Arn": queue}, bus=name)
    hub.events.start_replay(**archive, EventStartTime="2026-01-02T03:04:04Z", EventEndTime="2026-01-02T03:04:06Z")
    assert ended(hub, name)["State"] == "COMPLETED"
    assert [json.loads(one["Body"])["time"][-3:-1] for one in hub.messages(url)] == ["04", "05"]


def test_a_replay_can_be_cancelled_while_it_runs_and_not_afterwards(
    hub: Place, member: Place, central_bus: tuple[str, str], archive: dict[str, Any]
) -> None:
    name, _ = central_bus
    for minute in range(50):
        member.inject(cloudtrail(), time=f"2026-01-02T03:{minute:02d}:00Z")
    assert hub.eventually(lambda: archived(hub, name) == 50)
    hub.events.start_replay(**archive, EventStartTime="2026-01-02T03:00:00Z", EventEndTime="2026-01-02T04:00:00Z")
    assert hub.events.cancel_replay(ReplayName=name)["State"] == "CANCELLING"
    assert ended(hub, name)["State"] == "CANCELLED"
    assert refused(hub.events.cancel_replay, ReplayName=name) == "IllegalStatusException"
    assert refused(hub.events.cancel_replay, ReplayName="nobody") == "ResourceNotFoundException"


def test_replays_that_eventbridge_refuses_are_refused(
    hub: Place, central_bus: tuple[str, str], archive: dict[str, Any]
) -> None:
    start = hub.events.start_replay
    interval = {"EventStartTime": "2026-01-02T03:00:00Z", "EventEndTime": "2026-01-02T04:00:00Z"}
    backwards = {"EventStartTime": "2026-01-02T04:00:00Z", "EventEndTime": "2026-01-02T03:00:00Z"}
    elsewhere = {"Arn": hub.arn("events", "event-bus/default")}
    unknown = hub.arn("events", "archive/nobody")
    assert refused(start, **archive, **backwards) == "ValidationException"
    assert refused(start, **{**archive, "Destination": elsewhere}, **interval) == "ValidationException"
    assert refused(start, **{**archive, "EventSourceArn": unknown}, **interval) == "ValidationException"
    start(**archive, **interval)
    assert refused(start, **archive, **interval) == "ResourceAlreadyExistsException"


def test_a_schedule_needs_nothing_but_its_own_role(member: Place) -> None:
    url, queue = member.queue("scheduled", allows="nobody.amazonaws.com")
    dead, dead_queue = member.queue("scheduled-dlq", allows="nobody.amazonaws.com")
    scheduler = member.organization.client("scheduler", member.account, member.region)
    may = member.role("*", "scheduler.amazonaws.com", "sqs:SendMessage")
    mistrusted = member.role("*", "events.amazonaws.com", "sqs:SendMessage")
    missing = member.arn("sqs", "missing")
    for name, target, role in (("works", queue, may), ("fails", missing, may), ("mistrusted", queue, mistrusted)):
        scheduler.create_schedule(
            Name=f"{name}-{member.number}",
            ScheduleExpression="at(2026-01-01T00:00:00)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": target,
                "RoleArn": role,
                "Input": f'{{"{name}": 1}}',
                "DeadLetterConfig": {"Arn": dead_queue},
            },
        )
    (message,) = member.received(url)
    assert json.loads(message["Body"]) == {"works": 1}
    (failed,) = member.received(dead)
    assert failed["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_RESOURCE"
    assert not member.messages(url)
