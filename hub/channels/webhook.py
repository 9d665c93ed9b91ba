"""A webhook of one's own: JSON, signed."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime

from hub.channels.document import encoded
from hub.channels.post import post_body
from hub.channels.secrets import Secrets, fields_of
from hub.channels.settings import Webhook
from hub.notifier.notification import Notification

SIGNATURE = "X-Muster-Signature"
DELIVERY = "X-Muster-Delivery"
# Receivers refuse what is long: API Gateway takes 10 MB, many a framework one.
_BYTES = 512 * 1024


class WebhookChannel:
    """Posts a document that only who has the key can have written."""

    def __init__(self, settings: Webhook, secrets: Secrets, clock: Callable[[], datetime]) -> None:
        """Take settings, where address and key are, and what tells the time."""
        self._settings = settings
        self._secrets = secrets
        self._clock = clock

    def send(self, notification: Notification, _to: str = "") -> None:
        """Post it; the delivery's header is the same when it is sent again."""
        body = encoded(notification, _BYTES)
        self._secrets.used(self._settings.secret, lambda text: self._post(text, body, notification.id))

    def _post(self, text: str, body: bytes, delivery: str) -> None:
        address, key = fields_of(self._settings.secret, text, "url", "key")
        signed = signature(key, body, int(self._clock().timestamp()))
        post_body(address, body, {SIGNATURE: signed, DELIVERY: delivery}, hidden=key)


def signature(key: str, body: bytes, moment: int) -> str:
    """Return the header that proves who wrote a body, and when: `t=<epoch seconds>,v1=<HMAC-SHA256 in hex>`."""
    digest = hmac.new(key.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"
