"""Topics and buses get what their subscribers can show; troubles with channels are said in words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contract.finding import Finding, Severity
from generator.config import load
from generator.routing import channels_of, written_channels
from generator.settings.channels import TYPES
from hub.channels.apprise_ import AppriseChannel
from hub.channels.catalogue import CHANNELS
from hub.channels.channel import ChannelError
from hub.channels.eventbridge import EventbridgeChannel
from hub.channels.health import troubles
from hub.channels.secrets import Secrets
from hub.channels.settings import Apprise, ChannelSettings, Email, Eventbridge, Slack, Sns, load_channels
from hub.channels.sns import SnsChannel
from hub.notifier.notification import Kind, Notification
from tests.hub.channels.conftest import NOW, Vault, composed

SNAPSHOT = Path(__file__).parents[2] / "snapshots" / "muster.toml"
ACCOUNT = "123456789012"


class Topic:
    """Remembers what was published."""

    def __init__(self) -> None:
        self.published: list[dict[str, Any]] = []

    def publish(self, **arguments: Any) -> None:
        self.published.append(arguments)


def test_each_protocol_of_a_topic_gets_what_it_can_show(notification: Notification) -> None:
    topic = Topic()
    SnsChannel(topic, Sns(name="alerts", topic_arn="arn")).send(notification)  # type: ignore[arg-type]
    (one,) = topic.published
    message = json.loads(one["Message"])
    assert one["Subject"] == "[HIGH] shop: Access key created for alice (1 more)"
    assert message["sms"] == one["Subject"]
    assert "Resource:" in message["email"]
    assert json.loads(message["https"])["findings"][0]["id"] == "f1"
    assert one["MessageAttributes"]["muster_kind"]["StringValue"] == "alert"


def test_a_hostile_finding_fits_a_topic(hostile: Notification) -> None:
    topic = Topic()
    SnsChannel(topic, Sns(name="alerts", topic_arn="arn")).send(hostile)  # type: ignore[arg-type]
    (one,) = topic.published
    assert len(one["Subject"]) < 100
    assert one["Subject"].isascii()
    assert "\n" not in one["Subject"]
    assert len(json.loads(one["Message"])["sms"]) <= 140
    assert len(one["Message"].encode()) < 262_144


class Bus:
    """Remembers what was put, and refuses what a test says."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.is_refusing = False

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto's name
        assert len(Entries) <= 10
        if self.is_refusing:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "Throttled", "ErrorMessage": "slow down"}]}
        self.entries += Entries
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "e"} for _ in Entries]}


def test_a_bus_gets_an_event_for_each_finding(finding: Callable[..., Finding]) -> None:
    bus = Bus()
    channel = EventbridgeChannel(bus, Eventbridge(name="eventbridge"))  # type: ignore[arg-type]
    channel.send(composed([finding(f"f{number}") for number in range(12)]))
    details = [json.loads(one["Detail"]) for one in bus.entries]
    assert [one["finding"]["id"] for one in details] == [f"f{number}" for number in range(12)]
    assert {one["schema"] for one in details} == {1}
    assert {(one["Source"], one["DetailType"]) for one in bus.entries} == {("muster.hub", "Muster Finding")}


def test_a_bus_that_refuses_fails_the_message(notification: Notification) -> None:
    bus = Bus()
    bus.is_refusing = True
    with pytest.raises(ChannelError, match="bus default: Throttled: slow down"):
        EventbridgeChannel(bus, Eventbridge(name="eventbridge")).send(notification)  # type: ignore[arg-type]


def test_a_bus_hears_of_no_digest() -> None:
    bus = Bus()
    digest = Notification(id="d", kind=Kind.DIGEST, subject="s", title="t")
    EventbridgeChannel(bus, Eventbridge(name="eventbridge")).send(digest)  # type: ignore[arg-type]
    assert bus.entries == []


def test_apprise_reaches_its_services(
    secrets: Secrets, vault: Vault, receiver: Any, notification: Notification
) -> None:
    place = receiver.address.removeprefix("http://")
    vault.texts["muster/apprise"] = f"json://{place}"
    channel = AppriseChannel(Apprise(name="apprise", secret="muster/apprise"), secrets)
    channel.send(notification)
    (document,) = receiver.documents
    assert document["title"] == notification.subject
    assert "Resource:" in document["message"]
    receiver.answers = [(500, "no")]
    with pytest.raises(ChannelError, match="did not take it"):
        channel.send(notification)


def test_an_address_that_apprise_does_not_know_is_refused(
    secrets: Secrets, vault: Vault, notification: Notification
) -> None:
    vault.texts["muster/apprise"] = "nonsense"
    channel = AppriseChannel(Apprise(name="apprise", secret="muster/apprise"), secrets)
    with pytest.raises(ChannelError, match="no address that Apprise knows"):
        channel.send(notification)


def test_every_kind_of_channel_has_its_code_and_its_settings(tmp_path: Path) -> None:
    lines = [SNAPSHOT.read_text(encoding="utf-8")]
    needs = {"secret": '"muster/x"', "sender": '"m@example.com"', "recipients": '["r@example.com"]', "host": '"h.io"'}
    for kind, section in TYPES.items():
        wanted = [f"{name} = {needs[name]}" for name, field in section.model_fields.items() if field.is_required()]
        lines += [f'[channels."{kind}-2"]', f'type = "{kind}"', *wanted]
    path = tmp_path / "muster.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    config = load(path)
    written = tmp_path / "channels.json"
    written.write_text(json.dumps(written_channels(config)), encoding="utf-8")
    read = load_channels(written)
    assert read == channels_of(config)
    assert {type(one) for one in read.values()} == set(CHANNELS)
    for kind in TYPES:
        ours, theirs = read[f"{kind}-2"], config.channels.named[f"{kind}-2"]
        defaults = {one.name: one.default for one in msgspec.structs.fields(type(ours)) if not one.required}
        assert {name: getattr(theirs, name) for name in defaults} == defaults, kind
        assert {one.name for one in msgspec.structs.fields(type(ours))} == {"name", *type(theirs).model_fields} - {
            "type"
        }


EMAIL = Email(name="email", sender="m@example.com", recipients=("a@other.example",))


@pytest.fixture
def looked(aws: Callable[[str], Any]) -> Callable[..., list[tuple[str, str]]]:
    def look(*channels: ChannelSettings, topics: tuple[str, ...] = ()) -> list[tuple[str, str]]:
        def read(name: str) -> str:
            return Secrets(aws("secretsmanager"), lambda: NOW).renewed(name)

        return [(one.channel, one.text) for one in troubles(channels, topics, aws, read, "eu-central-1")]

    return look


def test_an_unverified_sender_is_said(looked: Callable[..., list[tuple[str, str]]]) -> None:
    found = looked(EMAIL)
    assert ("email", "neither m@example.com nor example.com is verified in SES in eu-central-1") in found


def test_a_missing_secret_is_said_and_one_that_is_there_is_not(
    aws: Any, looked: Callable[..., list[tuple[str, str]]]
) -> None:
    slack = Slack(name="slack", secret="muster/slack", minimum_severity=Severity.HIGH)
    assert looked(slack) == [
        ("slack", "there is no secret muster/slack; make it in Secrets Manager of the hub's Region")
    ]
    aws("secretsmanager").create_secret(Name="muster/slack", SecretString="https://hooks.example.com/x")
    assert looked(slack) == []


def test_what_cannot_be_looked_at_hides_nothing_else(looked: Callable[..., list[tuple[str, str]]]) -> None:
    slack = Slack(name="slack", secret="muster/slack")
    found = looked(slack, topics=("arn:aws:sns:eu-central-1:123456789012:gone",))
    assert [name for name, _ in found] == ["slack", "gone"]
    assert found[1][1].startswith("could not look: ")
