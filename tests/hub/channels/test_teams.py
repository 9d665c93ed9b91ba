"""Teams shows a card whose texts mean nothing but themselves, within what Teams takes."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from markdown_it import MarkdownIt

from contract.finding import Finding, Severity
from hub.channels.secrets import Secrets
from hub.channels.settings import Teams
from hub.channels.teams import TeamsChannel, escaped, teams_message
from hub.notifier.notification import Kind, Link, Notification, Row, Table
from hub.notifier.texts import one_line
from tests.hub.channels.conftest import HOSTILE

if TYPE_CHECKING:
    from tests.hub.channels.conftest import Receiver, Vault

Told = Callable[..., Notification]
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"])


def card(message: dict[str, Any]) -> dict[str, Any]:
    [attachment] = message["attachments"]
    assert message["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    content = attachment["content"]
    assert (content["type"], content["version"]) == ("AdaptiveCard", "1.4")
    return dict(content)


def texts(value: Any) -> Iterator[str]:
    """Yield every text of a card that is read as Markdown."""
    if isinstance(value, dict):
        if value.get("type") == "TextBlock":
            yield value["text"]
        yield from (value[name] for name in ("title", "value") if name in value and "type" not in value)
        for one in value.values():
            yield from texts(one)
    if isinstance(value, list):
        for one in value:
            yield from texts(one)


def read(markdown: str) -> str:
    """Return what a reader of Markdown sees; fails where anything is more than text."""
    seen = ""
    for block in MARKDOWN.parse(markdown):
        assert block.type in {"paragraph_open", "paragraph_close", "inline"}, block.type
        for one in block.children or []:
            assert one.type in {"text", "text_special"}, one.type
            seen += one.content
    return seen


@pytest.mark.parametrize(
    "text",
    [
        HOSTILE,
        "**bold** _a_ __b__ `code` ~~gone~~ [x](https://example.com) ![y](https://example.com/y.png)",
        "<https://example.com> <b>x</b> &lt;b&gt; &#60;",
        "- a list",
        "+ a list",
        "* a list",
        "1. a list",
        "12) a list",
        "# a heading",
        "> a quotation",
        "---",
        "| a | b |",
        "\\[x\\](y)",
        "a_b_c and _d_e_f_",
    ],
)
def test_markdown_means_nothing(text: str) -> None:
    assert read(escaped(text)) == one_line(text, 1_000)


@pytest.mark.parametrize(
    "name",
    ["arn:aws:iam::111122223333:user/alice", "my_bucket-2026.logs", "iam.access_key_created (2 more)", "10.0.0.1"],
)
def test_names_stay_as_they_are(name: str) -> None:
    assert escaped(name) == name


def test_a_function_of_cards_stays_text() -> None:
    assert "{{" not in escaped("{{DATE(2026-11-20T09:00:00Z, SHORT)}}")
    assert read(escaped("{{DATE(2026-11-20T09:00:00Z, SHORT)}}")) == "{{DATE(2026-11-20T09:00:00Z, SHORT)}}"


def test_an_alert_says_what_where_who_and_how_to_respond(told: Told) -> None:
    content = card(teams_message(told()))
    said = [read(one) for one in texts(content)]
    for text in (
        "HIGH",
        "Access key created for alice",
        "New finding",
        "arn:aws:iam::111122223333:user/alice",
        "bob (sso)",
        "A long-lived secret was made.",
        "delete the key.",
    ):
        assert text in said
    assert [one["title"] for one in content["actions"]] == [
        *("Open in Muster", "Acknowledge", "Suppress", "Open in the AWS console")
    ]
    assert content["body"][0]["style"] == "attention"


def test_other_findings_are_listed_and_the_rest_counted(told: Told, finding: Callable[..., Finding]) -> None:
    said = [read(one) for one in texts(card(teams_message(told(*(finding(f"f{n}") for n in range(14))))))]
    assert sum(one.startswith("HIGH Access key created for alice") for one in said) == 10
    assert "and 3 more" in said


def test_a_hostile_finding_is_shown_letter_by_letter(hostile: Notification) -> None:
    message = teams_message(hostile)
    assert len(msgspec.json.encode(message)) <= 28 * 1024
    content = card(message)
    said = [read(one) for one in texts(content)]
    assert any("<!channel>" in one for one in said)
    assert not any("\u202e" in one for one in said)
    # A mention needs an entity, which no text can make.
    assert "entities" not in content["msteams"]
    assert all(one["url"].startswith("https://") for one in content["actions"])


def test_a_notification_that_nobody_bounded_stays_within_the_limit() -> None:
    long = "[x](y) " + "ü" * 100_000
    message = teams_message(
        Notification(
            id="i",
            kind=Kind.SUMMARY,
            subject=long,
            title=long,
            severity=Severity.LOW,
            place=long,
            reason=long,
            facts={f"fact {number}": long for number in range(100)},
            sections={f"section {number}": long for number in range(100)},
            rows=tuple(Row(Severity.LOW, long, long) for _ in range(100)),
            tables=(Table("t", ("a", "b"), ((long, long),) * 100),),
            links=(
                Link("bad", "javascript:alert(1)"),
                *(Link(long, f"https://example.com/{'y' * 1_900}{number}") for number in range(40)),
            ),
            footer=long,
        )
    )
    assert len(msgspec.json.encode(message)) <= 28 * 1024
    content = card(message)
    assert len(content["actions"]) == 6
    assert content["body"][0]["type"] == "Container"


def test_a_test_is_recognised(tested: Notification) -> None:
    message = teams_message(tested)
    said = [read(one) for one in texts(card(message))]
    assert said[:2] == ["TEST", "This is a test of channel payments"]
    assert message["summary"].startswith("[TEST]")


def test_it_is_posted(receiver: "Receiver", vault: "Vault", secrets: Secrets, told: Told) -> None:
    receiver.status = 202
    vault.texts["muster/teams"] = f"{receiver.address}?sig=0123456789"
    TeamsChannel(Teams(name="t", secret="muster/teams"), secrets).send(told())
    assert receiver.documents == [teams_message(told())]
