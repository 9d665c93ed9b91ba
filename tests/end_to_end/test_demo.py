"""From a recorded event in a member account to a finding, a tag and an email, all on the local organization."""

import email
import email.policy
import json
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from contract.clock import now
from contract.finding import Severity
from contract.names import Names
from generator.demo.recorded import EVENTS
from generator.rollout.condition import statuses
from generator.rollout.session import open_sessions
from hub.store.agent_coverage import AgentCoverageStore
from hub.store.findings import FindingQuery, FindingStore
from tests.demo import Demo

pytestmark = pytest.mark.slow
NAMES = Names()
GOLDEN = Path(__file__).parent.parent / "events"


def golden(name: str, account: str, region: str) -> dict[str, Any]:
    """Return a golden event as a new one that happened in the account and Region."""
    event: dict[str, Any] = json.loads((GOLDEN / name).read_text())
    event["detail"] |= {"eventID": str(uuid.uuid4()), "recipientAccountId": account, "awsRegion": region}
    return {**event, "id": str(uuid.uuid4()), "account": account, "region": region}


def findings(demo: Demo, **query: Any) -> list[Any]:
    store = FindingStore(demo.hub("dynamodb"), NAMES.findings_table)
    return list(store.page(FindingQuery(**query), limit=200).findings)


def emails(demo: Demo) -> list[Any]:
    return list(demo.organization.get(f"/_localorg/emails?account={demo.organization.hub}"))


def test_everything_that_explain_expects_arrives(demo: Demo) -> None:
    assert demo.report.problems == []
    assert demo.report.dead_letters == 0
    assert demo.report.events.replayed >= 40
    assert demo.report.stack_instances == {"CURRENT": 12}
    assert demo.report.findings.by_severity["CRITICAL"] > 0
    assert demo.report.tags > 10
    assert demo.report.emails > 10


def test_instances_get_the_agent_or_a_reason_and_backups_a_date(demo: Demo) -> None:
    assert (demo.report.agents.installed, demo.report.agents.failed) == (5, 3)
    coverage = AgentCoverageStore(demo.hub("dynamodb"), NAMES.state_table).all()
    assert (sum(one.installed for one in coverage), sum(one.lacking for one in coverage)) == (5, 3)
    assert (demo.report.backups.kept, demo.report.backups.past_date) == (8, 3)
    assert demo.report.backups.dollars_a_month > 20


def test_a_refused_call_is_an_attempt_and_never_the_deed(demo: Demo) -> None:
    of_account = findings(demo, accounts=("123456789012",))
    stopped = [one for one in of_account if one.detection.startswith("cloudtrail.logging_stopped")]
    assert [one.detection for one in stopped] == ["cloudtrail.logging_stopped.attempted"]
    assert stopped[0].severity.rank <= Severity.MEDIUM.rank


def test_the_tags_are_on_the_resources(demo: Demo) -> None:
    instances = demo.client("ec2", "444455556666", "eu-west-1").describe_instances()["Reservations"][0]["Instances"]
    assert {"Key": "CreatedBy", "Value": "alice@example.com"} in instances[0]["Tags"]
    bucket = demo.client("s3", "222222222222", "eu-west-1").get_bucket_tagging(Bucket="data-platform-landing-zone")
    assert {"Key": "CreatedBy", "Value": "carol@example.com"} in bucket["TagSet"]
    role = demo.client("iam", "222222222222").list_role_tags(RoleName="ingest")
    assert {"Key": "CreatedBy", "Value": "carol@example.com"} in role["Tags"]
    table = demo.client("dynamodb", "777788889999", "eu-west-1")
    arn = table.describe_table(TableName="sessions")["Table"]["TableArn"]
    assert {"Key": "CreatedBy", "Value": "bob@example.com"} in table.list_tags_of_resource(ResourceArn=arn)["Tags"]


def test_an_existing_creator_is_never_overwritten(demo: Demo) -> None:
    sns = demo.client("sns", "444455556666")
    arn = sns.create_topic(Name="kept", Tags=[{"Key": "CreatedBy", "Value": "somebody else"}])["TopicArn"]
    recorded = json.loads(next(EVENTS.glob("*-create-topic.json")).read_text())
    recorded["detail"] |= {"eventID": str(uuid.uuid4()), "responseElements": {"topicArn": arn}}
    demo.inject(recorded)
    demo.settle()
    assert sns.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "CreatedBy", "Value": "somebody else"}]


def test_an_email_names_account_resource_and_actor(demo: Demo) -> None:
    written = sorted(demo.organization.outbox.glob("*.eml"))
    assert len(written) == demo.report.emails
    messages = [email.message_from_string(file.read_text(), policy=email.policy.default) for file in written]
    about = next(one for one in messages if "port 22" in str(one["subject"]))
    text = about.get_body(("plain",)).get_content()
    html = about.get_body(("html",)).get_content()
    for content in (text, html):
        for words in ("shop-production", "444455556666", "security-group/sg-", "alice@example.com", "eu-west-1"):
            assert words in content


def test_the_same_event_twice_gives_one_finding_and_one_email(demo: Demo) -> None:
    event = golden(
        "kms.key_disabled_or_deleted/" + first_fires("kms.key_disabled_or_deleted"), "333333333333", "eu-west-1"
    )
    before = len(emails(demo))
    for _ in range(3):
        demo.inject(event)
    demo.settle()
    assert (
        len([one for one in findings(demo, accounts=("333333333333",)) if one.event_id == event["detail"]["eventID"]])
        == 1
    )
    assert len(emails(demo)) == before + 1


def test_a_poison_message_ends_in_the_dead_letter_queue_and_stops_nobody(demo: Demo) -> None:
    sqs = demo.hub("sqs")
    queue = sqs.get_queue_url(QueueName=NAMES.queue("detector"))["QueueUrl"]
    event = golden("iam.user_created/" + first_fires("iam.user_created"), "333333333333", "us-east-1")
    sqs.send_message(QueueUrl=queue, MessageBody="this is no event")
    demo.inject(event)
    dead = demo.settle()
    assert [one.rpartition(":")[2] for one in dead] == [NAMES.dead_letter_queue("detector")]
    assert any(one.event_id == event["detail"]["eventID"] for one in findings(demo, accounts=("333333333333",)))
    letters = sqs.get_queue_url(QueueName=NAMES.dead_letter_queue("detector"))["QueueUrl"]
    sqs.purge_queue(QueueUrl=letters)


def test_every_spoke_has_reported(demo: Demo, config: Any) -> None:
    found = statuses(config, open_sessions(config, demo.organization.config.parent), now())
    states = Counter(one.state for one in found)
    # The management account gets none.
    assert states == {"current": 12, "excluded": 2}


def test_the_heartbeat_finds_nothing_wrong_but_the_missing_trail(demo: Demo, config: Any) -> None:
    found = statuses(config, open_sessions(config, demo.organization.config.parent), now())
    assert {one.detail.partition(":")[0] for one in found if one.state != "excluded"} <= {"", "trail"}


def first_fires(detection: str) -> str:
    return min(file.name for file in (GOLDEN / detection).glob("fires-*.json"))
