"""What was broken and is mended gets another chance: every kind of dead letter, and the archive, on a whole demo.

Whoever recovers has only the permissions that `docs/recovery.md` lists.
"""

import json
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contract.clock import iso, now
from contract.names import Names, account_key, spoke_key
from generator.demo.recorded import EVENTS
from hub.notifier.queues import Wake
from hub.store.outbox import Outbox
from hub.store.outgoing import Pending
from hub.store.rollups import RollupStore
from hub.store.tagging import TaggingStore
from tests.demo import Demo, running_demo
from tests.end_to_end.test_demo import emails, findings, golden

pytestmark = pytest.mark.slow
NAMES = Names()
ROOT = Path(__file__).parents[2]
HUB, MEMBER, REGION = "111122223333", "444455556666", "eu-west-1"
HOME = "us-east-1"
KEY_DELETED = "kms.key_disabled_or_deleted/fires-scheduled.json"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("recovery")) as running:
        yield running


@pytest.fixture(scope="module")
def settings(demo: Demo) -> Path:
    """The demo's settings with profiles of roles that may do what the page says, and nothing else."""
    page = (ROOT / "docs" / "recovery.md").read_text(encoding="utf-8")
    hub, member = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    folder = Path(demo.organization.folder) / "operator"
    folder.mkdir()
    profiles = {"operator": acting(demo, HUB, hub), "member": acting(demo, MEMBER, member)}
    (folder / "aws-config").write_text("\n".join(f"[profile {name}]\n{keys}" for name, keys in profiles.items()))
    text = demo.organization.config.read_text()
    text = re.sub(r"(?m)^profile = .*$", 'profile = "operator"', text)
    text = re.sub(r"(?m)^config_file = .*$", 'config_file = "aws-config"', text)
    (folder / "muster.toml").write_text(text)
    return folder / "muster.toml"


def acting(demo: Demo, account: str, policy: str) -> str:
    iam, role = demo.client("iam", account), "operator"
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.put_role_policy(RoleName=role, PolicyName="recovery", PolicyDocument=policy)
    keys = demo.client("sts", account).assume_role(RoleArn=arn, RoleSessionName="operator")["Credentials"]
    return (
        f"aws_access_key_id = {keys['AccessKeyId']}\naws_secret_access_key = {keys['SecretAccessKey']}\n"
        f"aws_session_token = {keys['SessionToken']}\nendpoint_url = {demo.organization.endpoint}\n"
    )


class Muster:
    """The command line, with the operator's settings."""

    def __init__(self, settings: Path) -> None:
        self.settings = settings

    def __call__(self, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
        command = [str(Path(sys.executable).parent / "muster"), *arguments, "--json", "--config", str(self.settings)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert ended.returncode == code, ended.stdout + ended.stderr
        return [json.loads(line) for line in ended.stdout.splitlines()]

    def redrive(self, queue: str, *arguments: str, code: int = 0) -> dict[str, Any]:
        (report,) = self("redrive", "--yes", "--queue", queue, *arguments, code=code)
        return report


@pytest.fixture
def muster(settings: Path) -> Muster:
    return Muster(settings)


@pytest.fixture(autouse=True)
def emptied(demo: Demo) -> Iterator[None]:
    """Let no test find what another one left."""
    yield
    for arn in demo.settle():
        _, _, _, region, account, name = arn.split(":")
        demo.client("sqs", account, region).purge_queue(QueueUrl=queue_url(demo, name, account, region))


OF_MEMBER = ("--account", MEMBER, "--profile", "member", "--region", REGION)


@contextmanager
def denied(demo: Demo, account: str, role: str, action: str, resource: str = "*") -> Iterator[None]:
    iam = demo.client("iam", account)
    statement = {"Effect": "Deny", "Action": action, "Resource": resource}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=role, PolicyName="broken", PolicyDocument=document)
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="broken")


def dead(demo: Demo) -> dict[str, int]:
    return {arn.rpartition(":")[2]: count for arn, count in demo.settle().items()}


def key_deleted(demo: Demo) -> str:
    """Let a member's key be scheduled for deletion; return the event's id."""
    event = golden(KEY_DELETED, MEMBER, REGION)
    demo.inject({**event, "time": iso(now())})
    return str(event["detail"]["eventID"])


def stored(demo: Demo, event: str) -> list[Any]:
    return [one for one in findings(demo, accounts=(MEMBER,)) if one.event_id == event]


def open_findings(demo: Demo) -> int:
    store = RollupStore(demo.hub("dynamodb"), NAMES.state_table)
    return sum(store.summary(now()).open.values())


def state(demo: Demo, key: tuple[str, str]) -> dict[str, Any]:
    pk, sk = key
    found = demo.hub("dynamodb").get_item(TableName=NAMES.state_table, Key={"pk": {"S": pk}, "sk": {"S": sk}})
    return dict(found.get("Item", {}))


def forget(demo: Demo, key: tuple[str, str]) -> None:
    pk, sk = key
    demo.hub("dynamodb").delete_item(TableName=NAMES.state_table, Key={"pk": {"S": pk}, "sk": {"S": sk}})


def queue_url(demo: Demo, name: str, account: str = HUB, region: str = HOME) -> str:
    return str(demo.client("sqs", account, region).get_queue_url(QueueName=name)["QueueUrl"])


def test_an_event_that_the_detector_could_not_store_becomes_a_finding_and_an_email(demo: Demo, muster: Muster) -> None:
    before = told(demo)
    with denied(demo, HUB, "muster-detector-us-east-1", "dynamodb:PutItem"):
        event = key_deleted(demo)
        assert dead(demo) == {"muster-detector-dlq": 1}
    assert stored(demo, event) == []
    listed = {one["queue"]: one["messages"] for one in muster("redrive", "--plan")}
    assert len(listed) == 19
    assert {name for name, messages in listed.items() if messages} == {"muster-detector-dlq"}
    report = muster.redrive("muster-detector-dlq")
    assert (report["kind"], report["messages"], report["redriven"], report["left"]) == ("work", 1, 1, {})
    assert dead(demo) == {}
    assert len(stored(demo, event)) == 1
    assert told(demo) == before + 1


def test_an_event_that_the_rule_could_not_deliver_goes_to_the_same_queue(demo: Demo, muster: Muster) -> None:
    sqs, url = demo.hub("sqs"), queue_url(demo, "muster-detector")
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    event = key_deleted(demo)
    left = dead(demo)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    assert left == {"muster-detector-dlq": 1}
    assert muster.redrive("muster-detector-dlq")["redriven"] == 1
    assert dead(demo) == {}
    assert len(stored(demo, event)) == 1


def test_an_email_that_could_not_be_sent_is_sent_once(demo: Demo) -> None:
    finding = findings(demo)[0]
    pending = Pending(key=f"{finding.id}#again", at=iso(now()), finding=finding.id, detection="never told before")
    with denied(demo, HUB, "muster-sender-us-east-1", "ses:SendEmail"):
        before = len(emails(demo))
        demo.hub("sqs").send_message(QueueUrl=queue_url(demo, "muster-channel-email"), MessageBody=letter(pending))
        assert dead(demo) == {}
        state = outbox(demo).states()["email"]
        assert "the hub may not send as this identity" in state.failure
        assert len(emails(demo)) == before
    # It is tried again after a minute.
    until = time.monotonic() + 100
    while len(emails(demo)) == before and time.monotonic() < until:
        time.sleep(2)
    demo.settle()
    assert len(emails(demo)) == before + 1
    assert outbox(demo).states()["email"].failing_since == ""


def test_a_message_that_a_channel_refused_to_the_end_is_told_once(demo: Demo, muster: Muster) -> None:
    finding = findings(demo)[0]
    pending = Pending(key=f"{finding.id}#once", at=iso(now()), finding=finding.id, detection="given up", message="m-1")
    before = len(emails(demo))
    for _ in range(2):
        dead_letters = queue_url(demo, "muster-channel-email-dlq")
        demo.hub("sqs").send_message(QueueUrl=dead_letters, MessageBody=letter(pending))
        assert dead(demo) == {"muster-channel-email-dlq": 1}
        assert muster.redrive("muster-channel-email-dlq")["redriven"] == 1
        assert dead(demo) == {}
        assert len(emails(demo)) == before + 1


def letter(pending: Pending) -> str:
    return msgspec.json.encode(Wake("email", (pending,))).decode()


def outbox(demo: Demo) -> Outbox:
    return Outbox(demo.hub("dynamodb"), NAMES.state_table)


def told(demo: Demo) -> int:
    """Return how much people were told, or will be when a quarter of an hour is over: what is alike is merged."""
    return len(emails(demo)) + len(outbox(demo).waiting("email"))


def test_a_report_that_could_not_be_stored_is_stored(demo: Demo, muster: Muster) -> None:
    forget(demo, spoke_key(MEMBER, REGION))
    with denied(demo, HUB, "muster-reports-us-east-1", "dynamodb:PutItem"):
        demo.client("lambda", MEMBER, REGION).invoke(FunctionName="muster-spoke-heartbeat", Payload=b"{}")
        assert dead(demo) == {"muster-reports-dlq": 1}
    assert not state(demo, spoke_key(MEMBER, REGION))
    assert muster.redrive("muster-reports-dlq")["redriven"] == 1
    assert dead(demo) == {}
    assert state(demo, spoke_key(MEMBER, REGION))


def test_a_change_that_was_given_up_is_counted_once_although_later_ones_were_counted(
    demo: Demo, muster: Muster
) -> None:
    before = open_findings(demo)
    with denied(demo, HUB, "muster-rollups-us-east-1", "dynamodb:UpdateItem"):
        key_deleted(demo)
        assert dead(demo) == {"muster-rollups-dlq": 1}
    key_deleted(demo)
    assert dead(demo) == {"muster-rollups-dlq": 1}
    assert open_findings(demo) == before + 1
    letters = copied(demo, "muster-rollups-dlq")
    report = muster.redrive("muster-rollups-dlq")
    assert (report["kind"], report["redriven"]) == ("changes", 1)
    assert dead(demo) == {}
    assert open_findings(demo) == before + 2
    for body in letters:
        demo.hub("sqs").send_message(QueueUrl=queue_url(demo, "muster-rollups-dlq"), MessageBody=body)
    assert muster.redrive("muster-rollups-dlq")["redriven"] == 1
    assert open_findings(demo) == before + 2


def copied(demo: Demo, queue: str) -> list[str]:
    """Return the bodies of a queue's messages, which stay in sight."""
    url = queue_url(demo, queue)
    return [
        one["Body"] for one in demo.hub("sqs").receive_message(QueueUrl=url, VisibilityTimeout=0).get("Messages", [])
    ]


def test_a_transition_that_was_not_passed_on_is_told_once(demo: Demo, muster: Muster) -> None:
    before = told(demo)
    notifier = f"arn:aws:sqs:{HOME}:{HUB}:muster-notifier"
    with denied(demo, HUB, "muster-transitions-us-east-1", "sqs:SendMessage", notifier):
        key_deleted(demo)
        assert dead(demo) == {"muster-transitions-dlq": 1}
    letters = copied(demo, "muster-transitions-dlq")
    assert muster.redrive("muster-transitions-dlq")["redriven"] == 1
    assert dead(demo) == {}
    assert told(demo) == before + 1
    for body in letters:
        demo.hub("sqs").send_message(QueueUrl=queue_url(demo, "muster-transitions-dlq"), MessageBody=body)
    assert muster.redrive("muster-transitions-dlq")["redriven"] == 1
    assert dead(demo) == {}
    assert told(demo) == before + 1


def test_changes_that_the_stream_has_no_more_are_lost_and_named(demo: Demo, muster: Muster) -> None:
    stream = demo.hub("dynamodb").describe_table(TableName=NAMES.findings_table)["Table"]["LatestStreamArn"]
    shards = demo.hub("dynamodbstreams").describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]
    batch = {"shardId": shards[0]["ShardId"], "startSequenceNumber": "1" * 21, "endSequenceNumber": "1" * 21}
    body = {
        "requestContext": {"functionArn": f"arn:aws:lambda:{HOME}:{HUB}:function:muster-rollups"},
        "DDBStreamBatchInfo": {**batch, "batchSize": 1, "streamArn": stream},
    }
    sqs, url = demo.hub("sqs"), queue_url(demo, "muster-rollups-dlq")
    message = sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body))["MessageId"]
    report = muster.redrive("muster-rollups-dlq", code=1)
    assert "are lost: the stream keeps changes for a day" in report["left"][message]
    assert dead(demo) == {"muster-rollups-dlq": 1}
    sqs.purge_queue(QueueUrl=url)


def test_a_call_of_the_inventory_is_repeated(demo: Demo, muster: Muster) -> None:
    forget(demo, account_key(MEMBER))
    with denied(demo, HUB, "muster-inventory-us-east-1", "organizations:ListRoots"):
        demo.hub("lambda").invoke(FunctionName="muster-inventory", InvocationType="Event", Payload=b"{}")
        assert dead(demo) == {"muster-inventory-dlq": 1}
    assert muster.redrive("muster-inventory-dlq")["kind"] == "calls"
    assert dead(demo) == {}
    assert state(demo, account_key(MEMBER))


def test_events_that_did_not_reach_the_hub_reach_the_detector_and_a_poison_one_stays(
    demo: Demo, muster: Muster
) -> None:
    before = told(demo)
    with denied(demo, MEMBER, f"muster-spoke-alerts-{REGION}", "events:PutEvents"):
        events = [key_deleted(demo), key_deleted(demo)]
        assert dead(demo) == {"muster-spoke-alerts-dlq": 2}
    sqs, url = demo.client("sqs", MEMBER, REGION), queue_url(demo, "muster-spoke-alerts-dlq", MEMBER, REGION)
    forged = json.dumps(golden(KEY_DELETED, "222222222222", REGION))
    poison = sqs.send_message(QueueUrl=url, MessageBody=forged)["MessageId"]
    report = muster.redrive("muster-spoke-alerts-dlq", *OF_MEMBER, code=1)
    assert (report["account"], report["region"], report["redriven"]) == (MEMBER, REGION, 2)
    assert report["left"] == {poison: f"it says that it is of 222222222222 {REGION}, whose queue this is not"}
    assert dead(demo) == {"muster-spoke-alerts-dlq": 1}
    assert all(len(stored(demo, event)) == 1 for event in events)
    assert told(demo) == before + 2
    sqs.purge_queue(QueueUrl=url)


def test_a_heartbeat_that_failed_for_good_beats_again(demo: Demo, muster: Muster) -> None:
    forget(demo, spoke_key(MEMBER, REGION))
    with denied(demo, MEMBER, f"muster-spoke-heartbeat-{REGION}", "events:PutEvents"):
        client = demo.client("lambda", MEMBER, REGION)
        client.invoke(FunctionName="muster-spoke-heartbeat", InvocationType="Event", Payload=b"{}")
        assert dead(demo) == {"muster-spoke-heartbeat-dlq": 1}
    assert muster.redrive("muster-spoke-heartbeat-dlq", *OF_MEMBER)["redriven"] == 1
    assert dead(demo) == {}
    assert state(demo, spoke_key(MEMBER, REGION))


def topic_created(demo: Demo) -> tuple[str, str]:
    """Let a member create a topic; return its ARN and the event's id."""
    arn = demo.client("sns", MEMBER, REGION).create_topic(Name=f"made-{uuid.uuid4()}")["TopicArn"]
    event = json.loads(next(EVENTS.glob("*-create-topic.json")).read_text())
    event["detail"] |= {"eventID": str(uuid.uuid4()), "awsRegion": REGION, "responseElements": {"topicArn": arn}}
    event["detail"]["recipientAccountId"] = MEMBER
    demo.inject({**event, "account": MEMBER, "region": REGION})
    return arn, event["detail"]["eventID"]


def tags(demo: Demo, arn: str) -> list[Any]:
    return list(demo.client("sns", MEMBER, REGION).list_tags_for_resource(ResourceArn=arn)["Tags"])


def test_a_report_that_the_hubs_bus_refused_is_stored_as_the_spokes(demo: Demo, muster: Muster) -> None:
    with denied(demo, MEMBER, f"muster-spoke-alerts-{REGION}", "events:PutEvents"):
        arn, event = topic_created(demo)
        # The creation itself, and what the tagger made of it.
        assert dead(demo) == {"muster-spoke-alerts-dlq": 2}
    assert tags(demo, arn)
    assert muster.redrive("muster-spoke-alerts-dlq", *OF_MEMBER)["redriven"] == 2
    assert dead(demo) == {}
    told = TaggingStore(demo.hub("dynamodb"), "muster-state").of(MEMBER)
    assert event in {one.event_id for one in told}


def test_a_resource_that_stayed_untagged_is_tagged(demo: Demo, muster: Muster) -> None:
    client = demo.client("lambda", MEMBER, REGION)
    name = "muster-spoke-creator-tagger"
    variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    broken = {key: value for key, value in variables.items() if key != "HUB_BUS_ARN"}
    client.update_function_configuration(FunctionName=name, Environment={"Variables": broken})
    arn, _ = topic_created(demo)
    left = dead(demo)
    client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    assert left == {"muster-spoke-creator-tagger-dlq": 1}
    assert not tags(demo, arn)
    assert muster.redrive("muster-spoke-creator-tagger-dlq", *OF_MEMBER)["redriven"] == 1
    assert dead(demo) == {}
    assert [one["Key"] for one in tags(demo, arn)] == ["CreatedBy"]


def test_an_event_with_which_the_rule_could_not_call_calls(demo: Demo, muster: Muster) -> None:
    client, name = demo.client("lambda", MEMBER, REGION), "muster-spoke-creator-tagger"
    statement = json.loads(client.get_policy(FunctionName=name)["Policy"])["Statement"][0]
    client.remove_permission(FunctionName=name, StatementId=statement["Sid"])
    arn, _ = topic_created(demo)
    left = dead(demo)
    client.add_permission(
        FunctionName=name,
        StatementId=statement["Sid"],
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=f"arn:aws:events:{REGION}:{MEMBER}:rule/muster-spoke-*",
    )
    assert left == {"muster-spoke-creator-tagger-dlq": 1}
    assert muster.redrive("muster-spoke-creator-tagger-dlq", *OF_MEMBER)["redriven"] == 1
    assert dead(demo) == {}
    assert [one["Key"] for one in tags(demo, arn)] == ["CreatedBy"]


def test_a_deleted_finding_comes_back_once_and_nobody_is_told_again(demo: Demo, muster: Muster) -> None:
    event = key_deleted(demo)
    assert dead(demo) == {}
    (finding,) = stored(demo, event)
    before, sent, counted = {one.id for one in findings(demo)}, told(demo), open_findings(demo)
    demo.hub("dynamodb").delete_item(TableName=NAMES.findings_table, Key={"id": {"S": finding.id}})
    assert dead(demo) == {}
    assert open_findings(demo) == counted - 1
    (replay,) = muster("replay", "--since", "1d", "--yes")
    assert (replay["state"], replay["reason"]) == ("COMPLETED", "")
    assert replay["last_replayed"]
    assert dead(demo) == {}
    (again,) = stored(demo, event)
    assert msgspec.structs.replace(again, observed_at=finding.observed_at) == finding
    assert {one.id for one in findings(demo)} == before
    assert told(demo) == sent
    assert open_findings(demo) == counted


def test_credentials_of_another_account_are_named(muster: Muster) -> None:
    command = ("redrive", "--account", "222222222222", "--profile", "member")
    assert muster(*command, code=1) == []


def test_nothing_that_waits_is_nothing_to_do(muster: Muster) -> None:
    assert {one["messages"] for one in muster("redrive", "--yes")} == {0}
