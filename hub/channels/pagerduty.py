"""PagerDuty, by its Events API v2."""

from typing import Any

from hub.channels.post import post_json
from hub.channels.secrets import Secrets
from hub.channels.settings import Pagerduty
from hub.notifier.notification import Kind, Notification
from hub.notifier.texts import one_line

_ADDRESS = "https://events.pagerduty.com/v2/enqueue"
_SEVERITIES = {"CRITICAL": "critical", "HIGH": "error", "MEDIUM": "warning", "LOW": "info", "INFORMATIONAL": "info"}
# Events API: a summary has 1,024 characters, a dedup_key 255.
_SUMMARY, _KEY = 1_024, 255


class PagerdutyChannel:
    """Triggers an alert; those of one thread are one alert there, however often it is sent."""

    def __init__(self, settings: Pagerduty, secrets: Secrets, address: str = _ADDRESS) -> None:
        """Take settings, and where the integration key is."""
        self._settings = settings
        self._secrets = secrets
        self._address = address

    def send(self, notification: Notification, _to: str = "") -> None:
        """Trigger it; digests are no alerts."""
        if notification.kind is Kind.DIGEST:
            return
        self._secrets.used(
            self._settings.secret, lambda key: post_json(self._address, pagerduty_event(notification, key))
        )


def pagerduty_event(one: Notification, key: str) -> dict[str, Any]:
    """Return the event (PagerDuty, "Send an Alert Event")."""
    finding = one.findings[0] if one.findings else None
    return {
        "routing_key": key,
        "event_action": "trigger",
        "dedup_key": (one.thread or one.id)[:_KEY],
        "client": "Muster",
        "links": [{"href": link.address, "text": link.label} for link in one.links],
        "payload": {
            "summary": one_line(one.subject, _SUMMARY),
            "source": finding.account if finding else "muster",
            "severity": _SEVERITIES.get(one.severity or "", "info"),
            "component": finding.resource[:_SUMMARY] if finding else "",
            "group": finding.account if finding else "",
            "class": (finding.control or finding.detection) if finding else one.kind.value,
            "custom_details": {**one.facts, **one.sections, **({"more": one.more} if one.more else {})},
        },
    }
