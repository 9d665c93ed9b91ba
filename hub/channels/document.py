"""A notification as a document for programs; `docs/webhook.md` describes it."""

from typing import Any

import msgspec

from contract.finding import Finding
from hub.notifier.notification import Notification

SCHEMA = 1
# The first ones stand whole; a storm's thousands are in the API.
_FINDINGS = 20
# What of a finding is long and nobody's business but the store's.
_LEFT_OUT = ("source", "customer", "details")


def document(one: Notification) -> dict[str, Any]:
    """Return a notification as JSON takes it."""
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
        "findings": [finding_document(finding) for finding in one.findings[:_FINDINGS]],
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON takes it."""
    held = msgspec.to_builtins(finding)
    kept = {name: value for name, value in held.items() if name not in _LEFT_OUT}
    return {**kept, "status": finding.status.value}
