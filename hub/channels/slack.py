"""Slack, by an incoming webhook.

Nothing that a finding says is in a text that Slack reads for formatting, mentions or links: it is in elements of plain
and of rich text, which are shown letter by letter.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from hub.channels.addresses import is_web, web_links
from hub.channels.post import post_json
from hub.channels.secrets import Secrets
from hub.channels.settings import Slack
from hub.notifier.notification import Kind, Notification, Row, Table
from hub.notifier.texts import one_line

Block = dict[str, Any]
# Block Kit: 150 characters of a header, 75 of a button, ten elements of a context, 25 of actions, 50 blocks.
_HEADER, _LABEL, _BUTTONS, _BLOCKS = 150, 75, 5, 50
_FACT, _SECTION, _TABLE_ROWS = 300, 1_000, 10
# So many other findings are listed, or fewer where there is no room.
_ROWS = (10, 5, 2)
# `msg_blocks_too_long`: a limit on all blocks together that Slack does not document; people met it at 11,341 characters
# of text and more (slackapi/bolt-js, issues 2509 and 2867). An alert with ten rows has some 8,500 bytes in all.
_BYTES = 10_000
_MARKS = {"CRITICAL": "🟣", "HIGH": "🔴", "MEDIUM": "🟠", "LOW": "🔵", "INFORMATIONAL": "⚪"}
_TEST_MARK, _PLAIN_MARK = "🧪", "📋"


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
    """Return the message; where it is too long, first rows and then what stands before the buttons are left out."""
    beginning, ending = list(_beginning(one)), list(_ending(one))
    room, most = _BYTES - _length([*beginning, *ending]), _BLOCKS - len(beginning) - len(ending)
    middles = [list(_middle(one, rows))[:most] for rows in _ROWS]
    middle = next((some for some in middles if _length(some) <= room), middles[-1])
    while middle and _length(middle) > room:
        middle.pop()
    # `text` is for notifications and screen readers.
    text = escaped(one_line(one.subject))
    return {"text": text, "mrkdwn": False, "unfurl_links": False, "blocks": [*beginning, *middle, *ending]}


def escaped(text: str) -> str:
    """Return a text in which Slack finds no mention or link (Slack, "Formatting text for app surfaces")."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _beginning(one: Notification) -> Iterator[Block]:
    mark = _TEST_MARK if one.kind is Kind.TEST else _MARKS.get(one.severity or "", _PLAIN_MARK)
    badge = one.severity.value if one.severity else one.kind.value.upper()
    yield {"type": "header", "text": _plain(f"{mark} {badge}: {one.title}", _HEADER)}
    if about := [text for text in (one.place, one.reason) if text]:
        yield _context(about)


def _middle(one: Notification, rows: int) -> Iterator[Block]:
    if one.facts:
        yield _rich(_section(_fact(label, text)) for label, text in one.facts.items())
    if one.rows:
        items = [_section(_row(row)) for row in one.rows[:rows]]
        yield {"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "bullet", "elements": items}]}
    if left := one.more + len(one.rows[rows:]):
        yield _context([f"and {left:,} more"])
    for heading, text in one.sections.items():
        yield _rich([_section([_bold(f"{heading}\n"), _text(text, _SECTION)])])
    for table in one.tables:
        yield _rich([_section(_table(table))])


def _ending(one: Notification) -> Iterator[Block]:
    links = list(web_links(one))[:_BUTTONS]
    if links:
        buttons = [
            {"type": "button", "action_id": f"link-{place}", "text": _plain(link.label, _LABEL), "url": link.address}
            for place, link in enumerate(links)
        ]
        yield {"type": "actions", "elements": buttons}
    yield _context([one.footer or "Muster"])


def _fact(label: str, text: str) -> list[Block]:
    return [_bold(f"{label}: "), _text(text, _FACT)]


def _row(row: Row) -> list[Block]:
    title = one_line(row.title, 150)
    linked = {"type": "link", "url": row.address, "text": title or row.address} if is_web(row.address) else _text(title)
    return [_bold(f"{row.severity} "), linked, *([_text(f" · {row.place}", 200)] if row.place else [])]


def _table(table: Table) -> list[Block]:
    rows = [one_line(" · ".join(row), 200) for row in table.rows[:_TABLE_ROWS]]
    left = len(table.rows[_TABLE_ROWS:])
    lines = [*rows, *([f"and {left:,} more"] if left else []), *([one_line(table.note)] if table.note else [])]
    return [_bold(f"{table.heading}\n"), {"type": "text", "text": "\n".join(lines) or "-"}]


def _rich(sections: Iterator[Block] | Sequence[Block]) -> Block:
    return {"type": "rich_text", "elements": list(sections)}


def _section(elements: list[Block]) -> Block:
    return {"type": "rich_text_section", "elements": elements}


def _bold(text: str) -> Block:
    return {"type": "text", "text": text, "style": {"bold": True}}


def _text(text: str, longest: int = 500) -> Block:
    # Slack refuses an empty one. A separator at its beginning keeps its space.
    space = " " if text.startswith(" ") else ""
    return {"type": "text", "text": f"{space}{one_line(text, longest)}" or "-"}


def _plain(text: str, longest: int) -> Block:
    return {"type": "plain_text", "text": one_line(text, longest), "emoji": False}


def _context(texts: Sequence[str]) -> Block:
    return {"type": "context", "elements": [_plain(text, 500) for text in texts]}


def _length(blocks: Sequence[Block]) -> int:
    return len(msgspec.json.encode(blocks))
