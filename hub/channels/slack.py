"""Slack, by an incoming webhook."""

from collections.abc import Iterator
from typing import Any

from hub.channels.post import post_json
from hub.channels.secrets import Secrets
from hub.channels.settings import Slack
from hub.notifier.notification import Kind, Link, Notification
from hub.notifier.texts import one_line

# Block Kit: 150 characters of a header, 3,000 of a text, 2,000 of a field, ten fields, 50 blocks, 75 of a button.
_HEADER, _TEXT, _FIELD, _FIELDS, _BUTTONS = 150, 3_000, 500, 10, 5
_MARKS = {"CRITICAL": "🟣", "HIGH": "🔴", "MEDIUM": "🟠", "LOW": "🔵", "INFORMATIONAL": "⚪"}
_TEST_MARK, _PLAIN_MARK = "🧪", "📋"
# What Slack reads as formatting even within a plain word; a zero-width space keeps it text.
_FORMATTING = str.maketrans({one: f"\u200b{one}" for one in "*_~`"})


class SlackChannel:
    """Posts blocks."""

    def __init__(self, settings: Slack, secrets: Secrets) -> None:
        """Take settings, and where the webhook's address is."""
        self._settings = settings
        self._secrets = secrets

    def send(self, notification: Notification, _to: str = "") -> None:
        """Post it."""
        message = slack_message(notification)
        self._secrets.used(self._settings.secret, lambda address: post_json(address, message))


def slack_message(one: Notification) -> dict[str, Any]:
    """Return the message; nothing in a value is a mention, a link or formatting."""
    mark = _MARKS.get(one.severity or "", _TEST_MARK if one.kind is Kind.TEST else _PLAIN_MARK)
    return {"text": escaped(one.subject), "blocks": list(_blocks(one, mark)), "unfurl_links": False}


def _blocks(one: Notification, mark: str) -> Iterator[dict[str, Any]]:
    badge = one.severity.value if one.severity else one.kind.value.upper()
    header = one_line(f"{mark} {badge}: {one.title}", _HEADER)
    yield {"type": "header", "text": {"type": "plain_text", "text": header, "emoji": False}}
    if about := [text for text in (one.place, one.reason) if text]:
        yield {"type": "context", "elements": [_mrkdwn(escaped(text)) for text in about]}
    if fields := [
        _mrkdwn(f"*{escaped(label)}*\n{escaped(one_line(text, _FIELD))}") for label, text in one.facts.items()
    ]:
        yield {"type": "section", "fields": fields[:_FIELDS]}
    for heading, text in one.sections.items():
        yield _section(f"*{escaped(heading)}*\n{escaped(text)}")
    if one.rows:
        lines = [f"• {row.severity} {_linked(row.title, row.address)}" for row in one.rows]
        yield _section("\n".join([*lines, *([f"and {one.more:,} more"] if one.more else [])]))
    for table in one.tables:
        rows = [" · ".join(escaped(cell) for cell in row) for row in table.rows]
        yield _section(
            "\n".join([f"*{escaped(table.heading)}*", *rows, *([escaped(table.note)] if table.note else [])])
        )
    if one.links:
        yield {"type": "actions", "elements": [_button(link, place) for place, link in enumerate(one.links[:_BUTTONS])]}
    yield {"type": "context", "elements": [_mrkdwn(escaped(one.footer or "Muster"))]}


def escaped(text: str) -> str:
    """Return a text as Slack shows it letter by letter (Slack, "Formatting text for app surfaces")."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").translate(_FORMATTING)


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text[:_TEXT])}


def _mrkdwn(text: str) -> dict[str, Any]:
    # Verbatim: Slack makes no links, mentions or channels of what looks like one.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _linked(title: str, address: str) -> str:
    shown = escaped(one_line(title, 150))
    is_safe = address.startswith("https://") and not set("|<> ") & set(address)
    return f"<{address}|{shown}>" if is_safe else shown


def _button(link: Link, place: int) -> dict[str, Any]:
    label = {"type": "plain_text", "text": one_line(link.label, 75), "emoji": False}
    # Slack refuses the whole message for an address of more than 3,000 characters.
    return {"type": "button", "action_id": f"link-{place}", "text": label, "url": link.address[:3_000]}
