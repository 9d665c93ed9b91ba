"""Replaying recorded events, waiting until all is quiet, and reading what was sent."""

import io
import json
import zipfile
from email import message_from_string, policy
from pathlib import Path
from typing import Any

import pytest

from tests.localorg import exercise
from tests.localorg.running import Eventually, Organization

pytestmark = pytest.mark.slow
RECORDED = Path(__file__).parents[2] / "localorg" / "events"


def recorded(name: str = "CreateUser", account: str = "610000000001", region: str = "ap-south-2") -> dict[str, Any]:
    arn = f"arn:aws:iam::{account}:user/alice"
    return {
        "id": "11111111-2222-3333-4444-666666666666",
        "source": "aws.iam",
        "detail-type": "AWS API Call via CloudTrail",
        "account": account,
        "region": region,
        "time": "2020-01-01T00:00:00Z",
        "resources": [],
        "detail": {
            "eventSource": "iam.amazonaws.com",
            "eventName": name,
            "awsRegion": region,
            "eventTime": "2020-01-01T00:00:00Z",
            "userIdentity": {"accountId": account, "arn": arn},
            "responseElements": {"user": {"arn": arn, "userId": "AIDAEXAMPLE"}},
        },
    }


def test_foreign_accounts_and_regions_move_to_members_in_first_seen_order(organization: Organization) -> None:
    events = [recorded(account=f"61000000000{n}", region=f"ap-south-{n}") for n in (1, 2, 1)]
    answer = organization.control("replay", {"items": [{"event": event, "before": None} for event in events]})
    moved = [item["event"] for item in answer["items"]]
    assert [item["error"] for item in answer["items"]] == [None, None, None]
    assert moved[0]["account"] == moved[2]["account"] != moved[1]["account"]
    assert answer["accounts"]["610000000001"] == moved[0]["account"] in organization.members
    assert moved[0]["detail"]["userIdentity"]["arn"] == f"arn:aws:iam::{moved[0]['account']}:user/alice"
    assert moved[0]["region"] == moved[0]["detail"]["awsRegion"] == answer["regions"]["ap-south-1"]
    assert "2020" not in moved[0]["time"] + moved[0]["detail"]["eventTime"]
    assert moved[0]["id"] == events[0]["id"]


def test_the_organizations_own_accounts_and_the_global_region_stay(organization: Organization) -> None:
    event = recorded(account=organization.members[3], region="us-east-1")
    (item,) = organization.control("replay", {"items": [{"event": event, "before": None}]})["items"]
    assert (item["event"]["account"], item["event"]["region"]) == (organization.members[3], "us-east-1")


def test_the_resource_is_made_first_and_its_real_id_stands_in_the_event(organization: Organization) -> None:
    event = recorded("RunInstances", region="eu-west-1")
    items = {"items": [{"instanceId": "i-0123456789abcdef0"}]}
    event["detail"]["responseElements"] = {"instancesSet": items}
    event["resources"] = ["arn:aws:ec2:eu-west-1:610000000001:instance/i-0123456789abcdef0"]
    before = {
        "service": "ec2",
        "operation": "run_instances",
        "parameters": {"ImageId": "ami-0123456789abcdef0", "MinCount": 1, "MaxCount": 1},
        "ids": {"detail.responseElements.instancesSet.items[0].instanceId": "Instances[0].InstanceId"},
    }
    (item,) = organization.control("replay", {"items": [{"event": event, "before": before}]})["items"]
    assert item["error"] is None
    made = item["event"]["detail"]["responseElements"]["instancesSet"]["items"][0]["instanceId"]
    assert item["event"]["resources"] == [f"arn:aws:ec2:eu-west-1:{item['event']['account']}:instance/{made}"]
    ec2 = organization.client("ec2", item["event"]["account"], "eu-west-1")
    assert ec2.describe_instances(InstanceIds=[made])["Reservations"]


def test_an_item_that_fails_stops_nobody(organization: Organization) -> None:
    bad = {"service": "ec2", "operation": "no_such_call", "parameters": {}, "ids": {}}
    wrong = {"service": "iam", "operation": "get_user", "parameters": {"UserName": "nobody"}, "ids": {}}
    items = [
        {"event": recorded(), "before": {**wrong, "ids": {"detail.nowhere.id": "User.UserId"}}},
        {"event": recorded(), "before": bad},
        {"event": {"source": "aws.iam"}, "before": None},
        {"event": recorded(), "before": None},
    ]
    answer = organization.control("replay", {"items": items})
    assert [bool(item["error"]) for item in answer["items"]] == [True, True, True, False]


def test_every_recorded_event_of_the_demo_can_be_replayed(organization: Organization) -> None:
    items = []
    for path in sorted(RECORDED.glob("*.json")):
        if not path.name.endswith(".before.json"):
            before = path.with_suffix("").with_suffix(".before.json")
            call = json.loads(before.read_text()) if before.exists() else None
            items.append({"event": json.loads(path.read_text()), "before": call})
    answer = organization.control("replay", {"items": items})
    assert [(item["event"]["detail"]["eventName"], item["error"]) for item in answer["items"] if item["error"]] == []


def test_dead_letters_and_waiting_messages_are_told_apart(organization: Organization, eventually: Eventually) -> None:
    sqs = organization.client("sqs", organization.members[4])
    before = organization.control("settled")
    url = sqs.create_queue(QueueName="forgotten-dlq")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    plain = sqs.create_queue(QueueName="plain")["QueueUrl"]
    sqs.send_message(QueueUrl=plain, MessageBody="x")
    report = eventually(lambda: (now := organization.control("settled"))["settled"] and now)
    arn = f"arn:aws:sqs:us-east-1:{organization.members[4]}:forgotten-dlq"
    assert arn not in before["dead_letters"]
    assert report["dead_letters"][arn] == 1
    assert not report["pending"]["messages"]


def test_a_stack_that_waits_is_not_settled(organization: Organization, eventually: Eventually) -> None:
    client = organization.client("cloudformation", organization.members[4])
    body = {
        "Resources": {
            "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
            "Wait": {
                "Type": "AWS::CloudFormation::WaitCondition",
                "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "2", "Count": 1},
            },
        }
    }
    client.create_stack(StackName="waits", TemplateBody=json.dumps(body))
    report = organization.control("settled")
    assert not report["settled"]
    assert report["pending"]["operations"] == 1
    assert eventually(lambda: organization.control("settled")["settled"])


def test_an_asynchronous_invocation_is_waited_for(organization: Organization, eventually: Eventually) -> None:
    role = organization.client("iam", organization.members[4]).create_role(
        RoleName="sleeper", AssumeRolePolicyDocument=json.dumps(exercise.trust("lambda"))
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        target.writestr("index.py", "import time\ndef handler(event, context):\n    time.sleep(1)\n")
    function = organization.client("lambda", organization.members[4])
    function.create_function(
        FunctionName="sleeper",
        Runtime="python3.13",
        Handler="index.handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": buffer.getvalue()},
    )
    function.invoke(FunctionName="sleeper", InvocationType="Event")
    report = organization.control("settled")
    assert (report["settled"], report["pending"]["invocations"]) == (False, 1)
    assert eventually(lambda: organization.control("settled")["settled"])


@pytest.mark.parametrize("kind", ["simple", "raw", "v1"])
def test_what_ses_sent_can_be_read_as_messages(organization: Organization, kind: str) -> None:
    account = organization.members[0]
    ses = organization.client("sesv2", account)
    sender, receiver = f"{kind}@example.com", "owner@example.com"
    ses.create_email_identity(EmailIdentity=sender)
    raw = f"From: {sender}\r\nTo: {receiver}\r\nSubject: {kind}\r\nX-Muster: yes\r\n\r\nhello {kind}\r\n"
    if kind == "v1":
        organization.client("ses", account).send_raw_email(Source=sender, RawMessage={"Data": raw})
    elif kind == "raw":
        destination = {"ToAddresses": [receiver]}
        content = {"Raw": {"Data": raw}}
        ses.send_email(FromEmailAddress=sender, Destination=destination, Content=content)
    else:
        body = {"Text": {"Data": f"hello {kind}"}, "Html": {"Data": "<b>hello</b>"}}
        content = {"Simple": {"Subject": {"Data": kind}, "Body": body}}
        ses.send_email(FromEmailAddress=sender, Destination={"ToAddresses": [receiver]}, Content=content)
    found = [message for message in organization.control(f"emails?account={account}") if message["from"] == sender]
    (message,) = found
    assert (message["to"], message["subject"], message["account"]) == ([receiver], kind, account)
    parsed = message_from_string(message["raw"], policy=policy.default)
    assert f"hello {kind}" in parsed.get_body(("plain",)).get_content()
    assert not organization.control(f"emails?account={organization.members[1]}")
