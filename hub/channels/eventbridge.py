"""A bus of EventBridge, for what people build on findings."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from contract.names import FINDING_EVENT, HUB_SOURCE
from hub.channels.channel import ChannelError
from hub.channels.document import SCHEMA, encoded_finding
from hub.channels.settings import Eventbridge
from hub.notifier.notification import Kind, Notification

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

# PutEvents takes ten entries of 256 KB together, in which names count too.
_ENTRIES = 10
_BYTES = 256 * 1024 - 4_096
# An entry that the bus was too busy for is put again at once, without those that it took.
_TIMES = 3


class EventbridgeChannel:
    """Puts an event for each finding; what has none (a digest) is none of a program's business."""

    def __init__(self, events: "EventBridgeClient", settings: Eventbridge) -> None:
        """Take an EventBridge client."""
        self._events = events
        self._settings = settings

    def send(self, notification: Notification, _to: str = "") -> None:
        """Put the events; where a part stays refused all come again, with the same delivery."""
        for call in _calls(_details(notification)):
            self._put([self._entry(detail) for detail in call])

    def _put(self, entries: list[Any]) -> None:
        refused: list[Any] = []
        for _ in range(_TIMES):
            answers = self._answers(entries)
            refused = [one for one in answers if one.get("ErrorCode")]
            entries = [entry for entry, one in zip(entries, answers, strict=True) if one.get("ErrorCode")]
            if not entries:
                return
        said = f"{refused[0]['ErrorCode']}: {refused[0].get('ErrorMessage', '')}"
        raise ChannelError(f"bus {self._settings.bus} refuses {len(entries)} events: {said}")

    def _answers(self, entries: list[Any]) -> Sequence[Any]:
        try:
            return self._events.put_events(Entries=entries)["Entries"]
        except ClientError as error:
            said = error.response["Error"]
            mend = "see that it is there, and that its policy lets the hub's account put events"
            raise ChannelError(
                f"bus {self._settings.bus}: {said['Code']}: {said.get('Message', '')}; {mend}"
            ) from error

    def _entry(self, detail: str) -> Any:
        return {
            "EventBusName": self._settings.bus,
            "Source": HUB_SOURCE,
            "DetailType": FINDING_EVENT,
            "Detail": detail,
        }


def _details(one: Notification) -> Iterator[str]:
    around = {"schema": SCHEMA, "delivery": one.id, "kind": one.kind.value, "reason": one.reason}
    if one.kind is Kind.TEST:
        yield msgspec.json.encode({**around, "test": one.title}).decode()
    reasons = one.reasons or (one.reason,) * len(one.findings)
    for finding, reason in zip(one.findings, reasons, strict=True):
        yield encoded_finding(finding, {**around, "reason": reason}, _BYTES).decode()


def _calls(details: Iterator[str]) -> Iterator[list[str]]:
    """Yield as many details as one call takes."""
    call, size = list[str](), 0
    for detail in details:
        length = len(detail.encode()) + 200
        if call and (len(call) == _ENTRIES or size + length > _BYTES):
            yield call
            call, size = [], 0
        call.append(detail)
        size += length
    if call:
        yield call
