"""A topic's subscribers each get what they can show, within what SNS takes."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from contract.finding import Finding
from hub.channels.channel import ChannelError
from hub.channels.settings import Sns
from hub.channels.sns import SnsChannel, _attributes, ascii_line, sms, sns_message
from hub.notifier.notification import Kind, Notification, Table
from tests.hub.channels.conftest import HOSTILE

Told = Callable[..., Notification]
GSM_TWICE = set("[]{}\\^~|")
GSM_ONCE = {chr(one) for one in range(0x20, 0x7F)} - GSM_TWICE - {"`"}


def by_protocol(one: Notification) -> dict[str, str]:
    message = sns_message(one)
    assert len(message.encode()) <= 256 * 1024
    return msgspec.json.decode(message, type=dict[str, str])


def check_sms(text: str) -> None:
    assert set(text) <= GSM_ONCE | GSM_TWICE
    assert sum(2 if one in GSM_TWICE else 1 for one in text) <= 140


def test_people_get_text_phones_a_line_and_programs_json(told: Told) -> None:
    messages = by_protocol(told())
    assert messages["default"] == messages["email"]
    assert "How to respond\n--------------\n  delete the key." in messages["email"]
    assert messages["sms"] == "[HIGH] shop-production: Access key created for alice"
    for protocol in ("https", "sqs", "lambda", "firehose"):
        program = msgspec.json.decode(messages[protocol])
        assert program["findings"][0]["resource"] == "arn:aws:iam::111122223333:user/alice"


def test_a_subscriber_gets_subject_attributes_and_its_own_text(aws: Callable[[str], Any], told: Told) -> None:
    sns, sqs = aws("sns"), aws("sqs")
    topic = sns.create_topic(Name="muster-alerts")["TopicArn"]
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    SnsChannel(sns, Sns(name="alerts", topic_arn=topic)).send(told())
    [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    envelope = msgspec.json.decode(message["Body"])
    assert envelope["Subject"] == "[HIGH] shop-production: Access key created for alice"
    assert msgspec.json.decode(envelope["Message"])["kind"] == "alert"
    assert {name: one["Value"] for name, one in envelope["MessageAttributes"].items()} == {
        "muster_kind": "alert",
        "severity": "HIGH",
    }


def test_a_hostile_finding_adds_no_line_and_no_other_script(hostile: Notification) -> None:
    messages = by_protocol(hostile)
    check_sms(messages["sms"])
    subject = ascii_line(hostile.subject, 99)
    assert len(subject) <= 99
    assert subject.isascii()
    assert subject.isprintable()
    assert not [line for line in messages["email"].splitlines() if line.startswith("Bcc")]
    assert "\u202e" not in messages["email"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Zugriff für Jürgen \u2013 São Paulo… (2 more)", "Zugriff fur Jurgen - Sao Paulo... (2 more)"),
        ("a\r\nBcc: eve@example.com", "a Bcc: eve@example.com"),
        ("x" * 200, "x" * 96 + "..."),
        ("鍵", "?"),
    ],
)
def test_a_subject_is_one_line_of_ascii(text: str, line: str) -> None:
    assert ascii_line(text, 99) == line


@pytest.mark.parametrize("text", [HOSTILE, "[" * 200, "`a` [b]" * 40, "é" * 300, "x" * 141])
def test_a_text_for_phones_is_one_message(text: str) -> None:
    check_sms(sms(text))


@pytest.mark.parametrize("size", [100, 10_000, 100_000])
def test_a_notification_that_nobody_bounded_stays_within_the_limit(finding: Callable[..., Finding], size: int) -> None:
    long = '"ü' * size
    one = Notification(
        id="i",
        kind=Kind.SUMMARY,
        subject=long,
        title=long,
        facts={f"fact {number}": long for number in range(60)},
        tables=(Table("t", ("a", "b"), ((long, long),) * 100),),
        findings=tuple(finding(str(number), resource=long, description=long) for number in range(30)),
    )
    messages = by_protocol(one)
    assert msgspec.json.decode(messages["https"])["id"] == "i"


def test_a_test_is_recognised(aws: Callable[[str], Any], tested: Notification) -> None:
    messages = by_protocol(tested)
    assert messages["sms"].startswith("[TEST]")
    assert msgspec.json.decode(messages["https"])["kind"] == "test"


def test_a_topic_that_is_gone_is_said_in_words(aws: Callable[[str], Any], told: Told) -> None:
    arn = "arn:aws:sns:eu-central-1:111122223333:muster-alerts"
    with pytest.raises(ChannelError, match=r"SNS: NotFound: .*; the topic is gone; deploy the hub again"):
        SnsChannel(aws("sns"), Sns(name="alerts", topic_arn=arn)).send(told())


def test_what_nobody_acknowledged_reaches_those_who_hear_just_alarms(told: Told) -> None:
    escalated = msgspec.structs.replace(told(), is_escalation=True)
    assert "muster_kind" not in _attributes(escalated)
    assert "muster_kind" in _attributes(told())
