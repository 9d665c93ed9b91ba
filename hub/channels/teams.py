"""Microsoft Teams, by a workflow that posts what a webhook brings."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from hub.channels.addresses import web_links
from hub.channels.post import post_json
from hub.channels.secrets import Secrets
from hub.channels.settings import Teams
from hub.notifier.notification import Notification
from hub.notifier.texts import one_line

# Teams takes 28 KB of a message (Microsoft, "Limits and specifications for Microsoft Teams").
_BYTES = 27_000
# Cards show six buttons, and what is more behind a menu.
_ROWS, _ACTIONS, _LABEL = 10, 6, 100
_STYLES = {
    "CRITICAL": "attention",
    "HIGH": "attention",
    "MEDIUM": "warning",
    "LOW": "accent",
    "INFORMATIONAL": "default",
}
# What has a meaning in the Markdown of Adaptive Cards (CommonMark), and only there, so that names stay as they are: an
# underscore beside a word, a list's mark at the beginning, an entity, a function such as {{DATE(…)}}.
_MARKDOWN = re.compile(r"[\\`*\[\]<>|~]|(?<![^\W_])_|_(?![^\W_])|^[#+-](?=[ #+-]|$)|&(?=#?\w+;)|(?<=\{)\{|(?<=\})\}")
_NUMBER = re.compile(r"^(\d{1,9})([.)])(?= |$)")


class TeamsChannel:
    """Posts an Adaptive Card."""

    def __init__(self, settings: Teams, secrets: Secrets) -> None:
        """Take settings, and where the workflow's address is."""
        self._settings = settings
        self._secrets = secrets

    def send(self, notification: Notification, _to: str = "") -> None:
        """Post it."""
        message = teams_message(notification)
        self._secrets.used(self._settings.secret, lambda address: post_json(address, message))


def teams_message(one: Notification) -> dict[str, Any]:
    """Return the message; where it is too long, what stands at its end is left out."""
    body = list(_body(one))
    message = _message(one, body)
    while len(msgspec.json.encode(message)) > _BYTES and len(body) > 1:
        body.pop()
        message = _message(one, body)
    return message


def _message(one: Notification, body: list[dict[str, Any]]) -> dict[str, Any]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
        "actions": [
            {"type": "Action.OpenUrl", "title": one_line(link.label, _LABEL), "url": link.address}
            for link in list(web_links(one))[:_ACTIONS]
        ],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {
        "type": "message",
        "summary": one_line(one.subject),
        "attachments": [{"contentType": kind, "content": card}],
    }


def _body(one: Notification) -> Iterator[dict[str, Any]]:
    badge = one.severity.value if one.severity else one.kind.value.upper()
    style = _STYLES.get(one.severity or "", "default")
    yield {
        "type": "Container",
        "style": style,
        "bleed": True,
        "items": [
            _text(badge, weight="Bolder", size="Small"),
            _text(one.title, weight="Bolder", size="Large"),
            *(_text(text, isSubtle=True, spacing="None") for text in (one.place, one.reason) if text),
        ],
    }
    if one.facts:
        facts = [{"title": escaped(label), "value": escaped(text)} for label, text in one.facts.items()]
        yield {"type": "FactSet", "facts": facts}
    for row in one.rows[:_ROWS]:
        yield _text(f"{row.severity} {row.title} · {row.place}")
    if left := one.more + len(one.rows[_ROWS:]):
        yield _text(f"and {left:,} more")
    for table in one.tables:
        yield _text(table.heading, weight="Bolder")
        yield {
            "type": "FactSet",
            "facts": [{"title": escaped(row[0]), "value": escaped(" · ".join(row[1:]))} for row in table.rows],
        }
    for heading, text in one.sections.items():
        yield _text(heading, weight="Bolder")
        yield _text(text, spacing="None")
    if one.footer:
        yield _text(one.footer, isSubtle=True, size="Small")


def escaped(text: str) -> str:
    """Return a text without a meaning in the Markdown of Adaptive Cards."""
    return _NUMBER.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\g<0>", one_line(text, 1_000)))


def _text(text: str, **style: Any) -> dict[str, Any]:
    return {"type": "TextBlock", "text": escaped(text), "wrap": True, **style}
