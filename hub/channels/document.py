"""A notification as a document for programs; `docs/webhook.md` describes it."""

from typing import Any, NamedTuple

import msgspec

from contract.finding import Finding
from hub.notifier.notification import Kind, Notification
from hub.notifier.texts import one_line

SCHEMA = 1
# What of a finding is long and nobody's business but the store's.
_LEFT_OUT = ("source", "customer", "details")


class Room(NamedTuple):
    """How much a document may hold: findings, characters of a text, entries of a list."""

    findings: int
    characters: int
    entries: int


# What providers write is well within the first; the others are for what somebody blew up.
_ROOMS = (Room(20, 2_000, 50), Room(5, 1_000, 20), Room(1, 500, 10), Room(0, 500, 10), Room(0, 100, 5))


def encoded(one: Notification, most: int) -> bytes:
    """Return a notification as JSON of at most so many bytes: what of it is least is left out."""
    made = (msgspec.json.encode(document(one, room)) for room in _ROOMS)
    return next((body for body in made if len(body) <= most), b"")


def encoded_finding(one: Finding, around: dict[str, Any], most: int) -> bytes:
    """Return a finding, with what stands around it, as JSON of at most so many bytes."""
    made = (msgspec.json.encode({**around, "finding": finding_document(one, room)}) for room in _ROOMS)
    return next((body for body in made if len(body) <= most), b"")


def document(one: Notification, room: Room = _ROOMS[0]) -> dict[str, Any]:
    """Return a notification as JSON takes it."""
    whole = {
        "schema": SCHEMA,
        "id": one.id,
        "kind": one.kind.value,
        "thread": one.thread,
        "severity": one.severity.value if one.severity else None,
        "subject": one.subject,
        "title": one.title,
        "reason": one.reason,
        "place": one.place,
        "facts": one.facts,
        "sections": one.sections,
        "links": [{"label": link.label, "address": link.address} for link in one.links],
        "tables": [msgspec.to_builtins(table) for table in one.tables],
        "count": _count(one),
    }
    return {**_cut(whole, room), "findings": [finding_document(each, room) for each in one.findings[: room.findings]]}


def finding_document(finding: Finding, room: Room = _ROOMS[0]) -> dict[str, Any]:
    """Return a finding as JSON takes it."""
    held = msgspec.to_builtins(finding)
    kept = {name: value for name, value in held.items() if name not in _LEFT_OUT}
    return {**_cut(kept, room), "status": finding.status.value}


def _count(one: Notification) -> int:
    """Return how many findings a notification tells of: an alert's own stands outside its rows."""
    return len(one.rows) + one.more + (one.kind is Kind.ALERT)


def _cut(value: Any, room: Room) -> Any:
    if isinstance(value, str):
        return one_line(value, room.characters)
    if isinstance(value, list | tuple):
        return [_cut(one, room) for one in value[: room.entries]]
    if isinstance(value, dict):
        return {name: _cut(one, room) for name, one in list(value.items())[: max(room.entries, 50)]}
    return value
