"""Messages about findings, and how a mail client reads them."""

import email
import email.policy
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

from contract.catalogue import DetectionText
from contract.finding import Finding, Mode, Severity
from hub.channels.settings import Email, Mailing
from hub.notifier.compose import Reader, Told, alert
from hub.notifier.email import mime
from hub.notifier.links import links_of
from hub.notifier.notification import Notification
from hub.store.accounts import Account
from hub.store.outgoing import Transition

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SHOP = Account(id="111122223333", name="shop-production", ou_path="Root/Workloads/Shop", owner="Team Shop")
WORDS = DetectionText(
    id="iam.access_key_created",
    title="Access key created",
    severity=Severity.HIGH,
    mode=Mode.LIVE,
    family="f",
    what="A long-lived secret was made.",
    false_positives="a rotation by its owner.",
    response="delete the key.",
    attack="T1098.001",
)
DASHBOARD = "https://muster.example.com/"
READER = Reader(lambda one: links_of(one, DASHBOARD), "Europe/Berlin", DASHBOARD)
SETTINGS = Email(name="email", sender="muster@example.com", recipients=("a@example.com",), reply_to="soc@example.com")


def made(
    findings: Sequence[Finding],
    transition: Transition = Transition.OPENED,
    account: Account | None = SHOP,
    words: DetectionText | None = WORDS,
    reader: Reader = READER,
) -> Notification:
    told = [Told(one, transition) for one in findings]
    return alert(told, account, words, reader, identifier="20261120T090000-abc", thread="thread")


def full(finding: Callable[..., Finding], **changes: Any) -> Finding:
    """Return a finding about which everything is known."""
    usual = {
        "actor": "bob",
        "actor_kind": "sso",
        "actor_role": "Admins",
        "actor_arn": "arn:aws:sts::111122223333:assumed-role/Admins/bob",
        "api_call": "iam.amazonaws.com:CreateAccessKey",
        "event_id": "e-1",
        "source_ip": "203.0.113.77",
        "user_agent": "aws-cli/2",
        "also": ("iam.other",),
        "resources": ("arn:aws:iam::111122223333:user/alice", "arn:second"),
    }
    return finding(**{**usual, **changes})


def sent(one: Notification, *to: str, settings: Mailing = SETTINGS) -> EmailMessage:
    """Return what a mail client makes of what a server gets."""
    parsed = email.message_from_bytes(mime(one, settings, to or settings.recipients, NOW), policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed
