"""PagerDuty, by its Events API v2."""

from typing import Any

from hub.channels.addresses import web_links
from hub.channels.post import post_json
from hub.channels.secrets import Secrets
from hub.channels.settings import Pagerduty
from hub.notifier.notification import Kind, Notification
from hub.notifier.texts import one_line

# PagerDuty, "Service Regions": an account belongs to one of them.
_ADDRESSES = {
    "us": "https://events.pagerduty.com/v2/enqueue",
    "eu": "https://events.eu.pagerduty.com/v2/enqueue",
}
_SEVERITIES = {"CRITICAL": "critical", "HIGH": "error", "MEDIUM": "warning", "LOW": "info", "INFORMATIONAL": "info"}
# Events API: a summary has 1,024 characters, a dedup_key 255, all of it 512 KB.
_SUMMARY, _KEY, _DETAIL, _DETAILS = 1_024, 255, 2_000, 30


class PagerdutyChannel:
    """Triggers an alert for each message, however often that is sent: an open alert's next trigger pages nobody."""

    def __init__(self, settings: Pagerduty, secrets: Secrets, address: str = "") -> None:
        """Take settings, where the integration key is, and where PagerDuty is; empty: where the settings say."""
        self._settings = settings
        self._secrets = secrets
        self._address = address or _ADDRESSES[settings.service_region]

    def send(self, notification: Notification, _to: str = "") -> None:
        """Trigger it; digests are no alerts."""
        if notification.kind is not Kind.DIGEST:
            self._secrets.used(self._settings.secret, lambda key: self._post(notification, key))

    def _post(self, notification: Notification, key: str) -> None:
        post_json(self._address, pagerduty_event(notification, key), hidden=key)


def pagerduty_event(one: Notification, key: str) -> dict[str, Any]:
    """Return the event (PagerDuty, "Send an Alert Event")."""
    finding = one.findings[0] if one.findings else None
    # A summary is about many accounts.
    is_one = finding is not None and one.kind is Kind.ALERT
    return {
        "routing_key": key,
        "event_action": "trigger",
        "dedup_key": one.id[:_KEY],
        "client": "Muster",
        "links": [{"href": link.address, "text": one_line(link.label)} for link in web_links(one)],
        "payload": {
            "summary": one_line(one.subject, _SUMMARY),
            "source": one_line(finding.account, 100) if finding and is_one else "muster",
            "severity": _SEVERITIES.get(one.severity or "", "info"),
            "component": one_line(finding.resource, _SUMMARY) if finding and is_one else "",
            "group": one_line(finding.account, 100) if finding and is_one else "",
            "class": one_line(finding.control or finding.detection) if finding and is_one else one.kind.value,
            "custom_details": _details(one),
        },
    }


def _details(one: Notification) -> dict[str, Any]:
    told = {"Where": one.place, "Why now": one.reason, **one.facts, **one.sections}
    rows = {"Also": [one_line(f"{row.severity} {row.title} · {row.place}") for row in one.rows]} if one.rows else {}
    shown = {label: one_line(text, _DETAIL) for label, text in list(told.items())[:_DETAILS] if text}
    thread = {"Thread": one.thread} if one.thread else {}
    return {**shown, **rows, **thread, **({"More": one.more} if one.more else {})}
