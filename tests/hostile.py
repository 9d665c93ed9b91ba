"""Notifications whose every text an attacker wrote."""

from typing import Any

import msgspec

from contract.finding import LOOK_UP, Confidence, Finding, Severity
from hub.digest.figures import Figures, Old
from hub.digest.words import digest
from hub.notifier.compose import Told, alert, summary
from hub.notifier.notification import Notification
from hub.store.accounts import Account
from hub.store.outgoing import Pending, Transition
from tests.notifications import READER, figures

HOSTILE = (
    '<script>alert("1")</script> & \'x\'" onload=alert(1)\r\nBcc: eve@example.com\n\n--==boundary\u2028'
    "\u202e\U000e0041\x00 {{ 7*7 }} {% raw %} {# x #} ${7*7} $id %s <!--[if mso]> <!channel> <@U123> </style></td>"
    " <img src=//eve.example/p> [x](javascript:alert(1)) @everyone " + "x" * 100_000
)
_TIMES = ("first_seen", "_at", "_until")


def finding_that_says(text: str, **changes: Any) -> Finding:
    """Return a finding whose every text is this; but times, which are read as such, and the id, a digest of ours."""
    texts = {one.name: text for one in msgspec.structs.fields(Finding) if one.type is str}
    lists = {one.name: (text, f"y{text}") for one in msgspec.structs.fields(Finding) if one.type == tuple[str, ...]}
    texts = {name: text for name, text in texts.items() if not name.endswith(_TIMES)}
    others: dict[str, Any] = {
        "id": text[:200],
        "severity": Severity.CRITICAL,
        "confidence": Confidence.CONFIRMED,
        "details": {"error": text, LOOK_UP: text, text: [text]},
        "is_attempt": True,
    }
    return Finding(**{**texts, **lists, **others, **changes})


def hostile_of_each(text: str = HOSTILE) -> dict[str, Notification]:
    """Return an alert about a finding that we describe, one about many of a product's, a storm and a digest."""
    account = Account(id="1", name=text, ou_path=text, owner=text)
    told = [Told(finding_that_says(text), Transition.OPENED)] * 20
    nobodys = [Told(finding_that_says(text, source_ip=""), Transition.OPENED)]
    pending = [Pending(key=str(number), at="2026-11-20T09:00:00Z", detection=text, account="1") for number in range(9)]
    storm = [Told(finding_that_says(text), Transition.OPENED)] * 9
    return {
        "alert": alert(nobodys, None, None, READER, identifier="i", thread="t"),
        "alerts": alert(told, account, None, READER, identifier="i", thread="t"),
        "summary": summary(pending, storm, {"1": text}, READER, identifier="i"),
        "digest": digest(msgspec.to_builtins(_figures(text)), READER, identifier="i"),
    }


def _figures(text: str) -> Figures:
    old = Old(text[:200], text, Severity.CRITICAL, text, text, text, "2026-10-02T00:00:00.000000Z", 49)
    return msgspec.structs.replace(
        figures(),
        oldest=[old],
        accounts=[(text, 1)],
        detections=[(text, 1)],
        silent=[(text, text, "2026-11-19T10:00:00.000000Z")],
    )
