"""A notification as a document for programs; `docs/webhook.md` describes it."""

from typing import Any

import msgspec

from contract.finding import Finding
from hub.notifier.notification import Notification
from hub.notifier.texts import one_line

SCHEMA = 1
# The first ones stand whole; a storm's thousands are in the API.
_FINDINGS = 20
_TEXT, _LISTED = 1_000, 20
# What of a finding is long and nobody's business but the store's.
_LEFT_OUT = ("source", "customer", "details")


def document(one: Notification, most: int = _FINDINGS) -> dict[str, Any]:
    """Return a notification as JSON takes it, with `most` findings at most."""
    return {
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
        "links": [{"label": link.label, "address": link.address} for link in one.links],
        "tables": [msgspec.to_builtins(table) for table in one.tables],
        "count": len(one.findings) if not one.more else len(one.rows) + one.more,
        "findings": [finding_document(finding) for finding in one.findings[:most]],
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON takes it; long texts and lists are cut."""
    held = msgspec.to_builtins(finding)
    kept = {name: _cut(value) for name, value in held.items() if name not in _LEFT_OUT}
    return {**kept, "status": finding.status.value}


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return one_line(value, _TEXT)
    return [_cut(one) for one in value[:_LISTED]] if isinstance(value, list | tuple) else value
