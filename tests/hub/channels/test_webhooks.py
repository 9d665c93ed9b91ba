"""Slack, Teams, PagerDuty and webhooks get over HTTP what a person or program there would get."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest

from hub.channels.channel import ChannelError
from hub.channels.pagerduty import PagerdutyChannel
from hub.channels.post import post_json
from hub.channels.secrets import Secrets
from hub.channels.settings import Pagerduty, Slack, Teams, Webhook
from hub.channels.slack import SlackChannel, slack_message
from hub.channels.teams import TeamsChannel, teams_message
from hub.channels.webhook import WebhookChannel, signature
from hub.notifier.compose import test_notification as made_test
from hub.notifier.notification import Kind, Notification
from tests.hub.channels.conftest import NOW, Receiver, Vault

SLACK = Slack(name="slack", secret="muster/slack")


@pytest.fixture
def slack(secrets: Secrets, vault: Vault, receiver: Receiver) -> SlackChannel:
    vault.texts["muster/slack"] = receiver.address
    return SlackChannel(SLACK, secrets)


def test_slack_gets_blocks_with_who_what_where_and_buttons(
    slack: SlackChannel, receiver: Receiver, notification: Notification
) -> None:
    slack.send(notification)
    ((path, headers, _),) = receiver.requests
    assert (path, headers["Content-Type"]) == ("/services/T0/B0/secret-part", "application/json; charset=utf-8")
    (message,) = receiver.documents
    assert message["text"] == "[HIGH] shop: Access key created for alice (1 more)"
    kinds = [one["type"] for one in message["blocks"]]
    assert kinds == ["header", "context", "section", "section", "actions", "context"]
    assert message["blocks"][0]["text"] == {
        "type": "plain_text",
        "text": "🔴 HIGH: Access key created for alice",
        "emoji": False,
    }
    (buttons,) = [one["elements"] for one in message["blocks"] if one["type"] == "actions"]
    assert [one["text"]["text"] for one in buttons] == [
        *("Open in Muster", "Acknowledge", "Suppress", "Open in the AWS console")
    ]


def test_a_replaced_webhook_is_read_anew(
    slack: SlackChannel, vault: Vault, receiver: Receiver, notification: Notification
) -> None:
    slack.send(notification)
    vault.texts["muster/slack"] = receiver.address.replace("secret-part", "new-part")
    slack.send(notification)
    assert [path.rpartition("/")[2] for path, _, _ in receiver.requests] == ["secret-part", "secret-part"]
    receiver.answers = [(404, "no_service")]
    slack.send(notification)
    assert [path.rpartition("/")[2] for path, _, _ in receiver.requests[2:]] == ["secret-part", "new-part"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((404, "no_service"), "127.0.0.1 says 404 (no_service): the webhook was revoked"),
        ((403, "invalid_token"), "the webhook was revoked or never was; make a new one"),
        ((410, "channel_is_archived"), "410 (channel_is_archived)"),
        ((429, ""), "too many messages; lower messages_per_hour"),
        ((500, "<html>Oops</html>"), "it has trouble of its own; it is tried again"),
        ((302, "https://elsewhere.example/"), "redirects (302), which is not followed"),
        ((400, "invalid_blocks"), "refuses the message with 400 (invalid_blocks)"),
    ],
)
def test_a_refusal_says_what_mends_it_and_never_the_address(
    slack: SlackChannel, receiver: Receiver, notification: Notification, answer: tuple[int, str], said: str
) -> None:
    receiver.answers = [answer]
    with pytest.raises(ChannelError) as refused:
        slack.send(notification)
    assert said in str(refused.value)
    assert "secret-part" not in str(refused.value)
    assert len(receiver.requests) == 1


def test_who_cannot_be_reached_is_named(slack: SlackChannel, receiver: Receiver, notification: Notification) -> None:
    receiver.close()
    with pytest.raises(ChannelError, match=r"127.0.0.1 could not be reached: \w+"):
        slack.send(notification)


@pytest.mark.parametrize(
    "address", ["http://hooks.example.com/x", "file:///etc/passwd", "not an address", "http://169.254.169.254/latest"]
)
def test_only_https_is_posted_to(address: str) -> None:
    with pytest.raises(ChannelError, match="no address that begins with https://"):
        post_json(address, {})


def test_nothing_in_a_finding_is_formatting_or_a_mention_in_slack(hostile: Notification) -> None:
    message = slack_message(hostile)
    read = [message["text"], *(one["text"] for one in texts(message["blocks"], "mrkdwn"))]
    written = json.dumps(read, ensure_ascii=False)
    for forbidden in ("<!channel>", "<@U123>", "<https://evil", "\u202e", "<script", "*bold*", "`code`"):
        assert forbidden not in written, forbidden
    assert "&lt;!channel&gt;" in written
    assert all(one["verbatim"] for one in texts(message["blocks"], "mrkdwn"))


def test_slacks_limits_hold_however_long_the_values_are(hostile: Notification) -> None:
    blocks = slack_message(hostile)["blocks"]
    assert len(blocks) <= 50
    assert len(blocks[0]["text"]["text"]) <= 150
    assert all(len(one["text"]) <= 3_000 for one in texts(blocks, "mrkdwn"))
    assert all(len(one.get("fields", ())) <= 10 for one in blocks)
    assert all(len(one["text"]) <= 2_000 for block in blocks for one in block.get("fields", ()))


def texts(value: Any, kind: str) -> Iterator[dict[str, Any]]:
    """Yield every text object of a kind in some blocks."""
    if isinstance(value, dict):
        if value.get("type") == kind:
            yield value
        for held in value.values():
            yield from texts(held, kind)
    elif isinstance(value, list):
        for held in value:
            yield from texts(held, kind)


def test_teams_gets_a_card(secrets: Secrets, vault: Vault, receiver: Receiver, notification: Notification) -> None:
    vault.texts["muster/teams"] = receiver.address
    TeamsChannel(Teams(name="teams", secret="muster/teams"), secrets).send(notification)
    (message,) = receiver.documents
    (attachment,) = message["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert card["body"][0]["style"] == "attention"
    assert [one["text"] for one in card["body"][0]["items"]][:2] == ["HIGH", "Access key created for alice"]
    assert card["actions"][0]["title"] == "Open in Muster"


def test_nothing_in_a_finding_is_markdown_in_teams_and_its_limit_holds(hostile: Notification) -> None:
    written = json.dumps(teams_message(hostile), ensure_ascii=False)
    assert "[x](javascript" not in written
    assert "\u202e" not in written
    assert len(json.dumps(teams_message(hostile)).encode()) < 28_000


def test_pagerduty_gets_one_incident_for_a_thread(
    secrets: Secrets, vault: Vault, receiver: Receiver, notification: Notification
) -> None:
    vault.texts["muster/pagerduty"] = "R0UTING"
    channel = PagerdutyChannel(Pagerduty(name="pagerduty", secret="muster/pagerduty"), secrets, receiver.address)
    channel.send(notification)
    (event,) = receiver.documents
    assert (event["routing_key"], event["event_action"], event["dedup_key"]) == ("R0UTING", "trigger", "thread-1")
    assert event["payload"]["severity"] == "error"
    assert event["payload"]["summary"] == "[HIGH] shop: Access key created for alice (1 more)"
    assert event["payload"]["source"] == "111122223333"
    channel.send(Notification(id="d", kind=Kind.DIGEST, subject="weekly", title="weekly"))
    assert len(receiver.documents) == 1


def test_a_webhook_gets_a_signed_document(
    secrets: Secrets, vault: Vault, receiver: Receiver, notification: Notification
) -> None:
    vault.texts["muster/webhook"] = json.dumps({"url": receiver.address, "key": "k3y"})
    WebhookChannel(Webhook(name="webhook", secret="muster/webhook"), secrets, lambda: NOW).send(notification)
    ((_, headers, body),) = receiver.requests
    moment, _, signed = headers["X-Muster-Signature"].partition(",")
    expected = hmac.new(b"k3y", f"{moment.removeprefix('t=')}.".encode() + body, hashlib.sha256).hexdigest()
    assert (moment, signed) == (f"t={int(NOW.timestamp())}", f"v1={expected}")
    assert headers["X-Muster-Signature"] == signature("k3y", body, int(NOW.timestamp()))
    assert headers["X-Muster-Delivery"] == "20261120T090000-abc"
    document = json.loads(body)
    assert (document["schema"], document["kind"], document["severity"]) == (1, "alert", "HIGH")
    assert [one["id"] for one in document["findings"]] == ["f1", "f2"]
    assert "source" not in document["findings"][0]


def test_a_secret_of_another_form_says_which_it_should_have(
    secrets: Secrets, vault: Vault, notification: Notification
) -> None:
    vault.texts["muster/webhook"] = "https://example.com"
    channel = WebhookChannel(Webhook(name="webhook", secret="muster/webhook"), secrets, lambda: NOW)
    with pytest.raises(ChannelError, match=r'does not hold \{"url": "…", "key": "…"\}'):
        channel.send(notification)


def test_an_empty_secret_is_named(secrets: Secrets, vault: Vault, notification: Notification) -> None:
    vault.texts["muster/slack"] = " "
    with pytest.raises(ChannelError, match="secret muster/slack is empty"):
        SlackChannel(SLACK, secrets).send(notification)


def test_a_secret_is_kept_for_a_while(slack: SlackChannel, vault: Vault, notification: Notification) -> None:
    slack.send(notification)
    slack.send(notification)
    assert vault.reads == ["muster/slack"]


def test_a_test_is_known_as_one_everywhere() -> None:
    one = made_test(SLACK, NOW)
    assert slack_message(one)["blocks"][0]["text"]["text"].startswith("🧪 TEST: This is a test")
    assert "TEST" in json.dumps(teams_message(one))
