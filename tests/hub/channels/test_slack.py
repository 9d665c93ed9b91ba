"""Slack shows what a notification says letter by letter, within what Slack takes."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from contract.finding import Finding, Severity
from hub.channels.channel import ChannelError
from hub.channels.secrets import Secrets
from hub.channels.settings import Slack
from hub.channels.slack import SlackChannel, slack_message
from hub.notifier.notification import Kind, Link, Notification, Row, Table

if TYPE_CHECKING:
    from tests.hub.channels.conftest import Receiver, Vault

Told = Callable[..., Notification]


def walked(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object within a message."""
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from walked(one)
    if isinstance(value, list):
        for one in value:
            yield from walked(one)


def shown(message: dict[str, Any]) -> str:
    """Return all that a reader sees, a line each."""
    texts = [one["text"] for one in walked(message["blocks"]) if isinstance(one.get("text"), str)]
    return "\n".join(texts)


def check_limits(message: dict[str, Any]) -> None:
    """Check what Block Kit takes."""
    blocks = message["blocks"]
    assert len(blocks) <= 50
    assert len(msgspec.json.encode(blocks)) <= 10_100
    for block in blocks:
        if block["type"] == "header":
            assert 0 < len(block["text"]["text"]) <= 150
        if block["type"] == "context":
            assert 0 < len(block["elements"]) <= 10
        if block["type"] == "actions":
            assert 0 < len(block["elements"]) <= 25
            assert all(len(one["text"]["text"]) <= 75 and len(one["url"]) <= 3_000 for one in block["elements"])
    texts = [one["text"] for one in walked(blocks) if isinstance(one.get("text"), str)]
    assert all(0 < len(text) <= 3_000 for text in texts)


def check_nothing_is_read_as_markup(message: dict[str, Any]) -> None:
    """Check that only elements which Slack shows as they are hold texts."""
    types = {one["type"] for one in walked(message["blocks"]) if one.keys() != {"bold"}}
    assert types <= {
        *("header", "context", "actions", "rich_text", "rich_text_section", "rich_text_list"),
        *("plain_text", "text", "link", "button"),
    }
    assert not [one for one in walked(message["blocks"]) if one.get("emoji")]
    addresses = [one["url"] for one in walked(message["blocks"]) if "url" in one]
    assert all(one.startswith("https://") for one in addresses)
    assert not {"<", ">"} & set(message["text"])
    assert message["mrkdwn"] is False


def test_an_alert_says_what_where_who_and_how_to_respond(told: Told) -> None:
    message = slack_message(told())
    check_limits(message)
    check_nothing_is_read_as_markup(message)
    assert message["blocks"][0]["text"]["text"] == "🔴 HIGH: Access key created for alice"
    for text in (
        "Root/Workloads/Shop",
        "arn:aws:iam::111122223333:user/alice",
        "bob (sso)",
        "A long-lived secret was made.",
        "delete the key.",
        "New finding",
    ):
        assert text in shown(message)
    [actions] = [one for one in message["blocks"] if one["type"] == "actions"]
    assert [one["text"]["text"] for one in actions["elements"]] == [
        *("Open in Muster", "Acknowledge", "Suppress", "Open in the AWS console")
    ]
    assert message["text"] == "[HIGH] shop-production: Access key created for alice"


def test_names_can_be_copied_as_they_are(told: Told, finding: Callable[..., Finding]) -> None:
    resource = "arn:aws:s3:::my_bucket-*~`x`_"
    assert resource in shown(slack_message(told(finding(resource=resource))))


def test_other_findings_are_a_list_of_links(told: Told, finding: Callable[..., Finding]) -> None:
    message = slack_message(told(*(finding(f"f{number}") for number in range(14))))
    [items] = [one for one in walked(message["blocks"]) if one.get("type") == "rich_text_list"]
    links = [one for one in walked(items) if one.get("type") == "link"]
    assert [one["url"] for one in links] == [
        f"https://muster.example.com/findings?finding=f{number}" for number in range(1, 11)
    ]
    assert "and 3 more" in shown(message)


def test_a_hostile_finding_mentions_nobody_and_links_nowhere(hostile: Notification) -> None:
    message = slack_message(hostile)
    check_limits(message)
    check_nothing_is_read_as_markup(message)
    assert "<!channel>" in shown(message)
    assert "\u202e" not in shown(message)


def test_where_room_lacks_rows_give_way_to_how_to_respond() -> None:
    rows = tuple(Row(Severity.LOW, "x" * 300, "y" * 300, "", f"https://example.com/{'z' * 900}") for _ in range(10))
    facts = {f"fact {number}": "x" * 250 for number in range(12)}
    sections = {"How to respond": "delete the key."}
    one = Notification(id="i", kind=Kind.ALERT, subject="s", title="t", facts=facts, rows=rows, sections=sections)
    message = slack_message(one)
    check_limits(message)
    assert "delete the key." in shown(message)
    assert "and 8 more" in shown(message)


def test_a_notification_that_nobody_bounded_stays_within_the_limits() -> None:
    long = "<!here> " + "x" * 100_000
    message = slack_message(
        Notification(
            id="i",
            kind=Kind.SUMMARY,
            subject=long,
            title=long,
            severity=Severity.CRITICAL,
            place=long,
            reason=long,
            facts={f"fact {number}": long for number in range(100)},
            sections={f"section {number}": long for number in range(100)},
            rows=tuple(Row(Severity.LOW, long, long, "", "javascript:alert(1)") for _ in range(100)),
            tables=tuple(Table(f"table {number}", ("a", "b"), ((long, long),) * 100) for number in range(100)),
            links=(
                Link("bad", "javascript:alert(1)"),
                Link("broken", "https://example.com/|x>"),
                Link("long", f"https://example.com/{long}"),
                *(Link(long, f"https://example.com/{number}") for number in range(40)),
            ),
            footer=long,
        )
    )
    check_limits(message)
    check_nothing_is_read_as_markup(message)
    [actions] = [one for one in message["blocks"] if one["type"] == "actions"]
    assert actions["elements"][0]["url"] == "https://example.com/0"


def test_an_empty_value_is_no_empty_text() -> None:
    table = Table("Nothing", ("a", "b"), ())
    one = Notification(id="i", kind=Kind.DIGEST, subject="s", title="t", facts={"a": ""}, tables=(table,))
    check_limits(slack_message(one))


def test_a_digest_shows_its_tables() -> None:
    table = Table("New", ("Severity", "Findings"), (("HIGH", "3"), ("LOW", "1")), "since Monday")
    one = Notification(id="i", kind=Kind.DIGEST, subject="Weekly", title="Weekly", tables=(table,))
    text = shown(slack_message(one))
    assert "📋 DIGEST: Weekly" in text
    assert "New\n" in text
    assert "HIGH · 3\nLOW · 1\nsince Monday" in text


def test_a_test_is_recognised(tested: Notification) -> None:
    message = slack_message(tested)
    assert message["blocks"][0]["text"]["text"] == "🧪 TEST: This is a test of channel payments"
    assert message["text"].startswith("[TEST]")
    check_limits(message)


def test_it_is_posted_and_a_rotated_webhook_is_read_anew(
    receiver: "Receiver", vault: "Vault", secrets: Secrets, told: Told
) -> None:
    slack = SlackChannel(Slack(name="s", secret="muster/slack"), secrets)
    vault.texts["muster/slack"] = receiver.address
    slack.send(told())
    assert receiver.documents == [slack_message(told())]
    receiver.status, receiver.body = 404, b"no_service"
    vault.texts["muster/slack"] = f"{receiver.address}-new"
    with pytest.raises(ChannelError, match="make a new one"):
        slack.send(told())
    assert [path.rpartition("/")[2] for path, _, _ in receiver.came] == [
        "very-secret-part",
        "very-secret-part",
        "very-secret-part-new",
    ]
