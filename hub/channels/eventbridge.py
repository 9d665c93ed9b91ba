"""A bus of EventBridge, for what people build on findings."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from contract.names import FINDING_EVENT, HUB_SOURCE
from hub.channels.channel import ChannelError
from hub.channels.document import SCHEMA, finding_document
from hub.channels.settings import Eventbridge
from hub.notifier.notification import Kind, Notification

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

# PutEvents takes ten entries.
_ENTRIES = 10


class EventbridgeChannel:
    """Puts an event for each finding; what has none (a digest, a summary) is none of a program's business."""

    def __init__(self, events: "EventBridgeClient", settings: Eventbridge) -> None:
        """Take an EventBridge client."""
        self._events = events
        self._settings = settings

    def send(self, notification: Notification, _to: str = "") -> None:
        """Put the events; a part that is refused fails all, and all come again with the same delivery."""
        entries = list(self._entries(notification))
        for start in range(0, len(entries), _ENTRIES):
            answer = self._events.put_events(Entries=entries[start : start + _ENTRIES])
            refused = [one for one in answer["Entries"] if "ErrorCode" in one]
            if refused:
                raise ChannelError(f"bus {self._settings.bus}: {refused[0]['ErrorCode']}: {refused[0]['ErrorMessage']}")

    def _entries(self, one: Notification) -> Iterator[Any]:
        details: list[dict[str, Any]] = [{"finding": finding_document(finding)} for finding in one.findings]
        tests = [{"test": one.title}] if one.kind is Kind.TEST else []
        for detail in [*details, *tests]:
            body = {"schema": SCHEMA, "delivery": one.id, "reason": one.reason, **detail}
            yield {
                "EventBusName": self._settings.bus,
                "Source": HUB_SOURCE,
                "DetailType": FINDING_EVENT,
                "Detail": msgspec.json.encode(body).decode(),
            }
