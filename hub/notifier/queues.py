"""The queues of channels: one each, so that a broken one delays no other."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from hub.notifier.routing import Target
from hub.store.outgoing import Pending

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# SQS takes 256 KB; a pending thing has well below 1 KB, a digest up to 100.
_LETTER_BYTES = 200_000


class Wake(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message of a channel's queue: look after a target; `pending` comes back from the dead letters."""

    target: str
    pending: tuple[Pending, ...] = ()


class ChannelQueues:
    """Queues by the channel's name; those of dead letters have the queue's name with `-dlq` behind it."""

    def __init__(self, sqs: "SQSClient", addresses: str) -> None:
        """Take a client, and the queues' addresses: `<channel>=<address>`, commas between."""
        self._sqs = sqs
        pairs = (one.partition("=") for one in addresses.split(",") if one)
        self._addresses = {name: address for name, _, address in pairs}

    def wake(self, target: str, after: timedelta) -> None:
        """Have somebody look after the target, after at most fifteen minutes."""
        seconds = max(0, min(900, -(-after // timedelta(seconds=1))))
        self._send(self._queue(target), Wake(target), seconds)

    def bury(self, target: str, pending: Sequence[Pending]) -> None:
        """Put what failed to the end among the dead letters of its channel."""
        for some in _letters(pending):
            self._send(f"{self._queue(target)}-dlq", Wake(target, tuple(some)))

    def _queue(self, target: str) -> str:
        return self._addresses[Target.parsed(target).channel]

    def _send(self, queue: str, message: Wake, delay: int = 0) -> None:
        self._sqs.send_message(QueueUrl=queue, MessageBody=msgspec.json.encode(message).decode(), DelaySeconds=delay)


def wake_of(body: str) -> Wake:
    """Return the message of a channel's queue; `msgspec.DecodeError` when it is none."""
    return msgspec.json.decode(body, type=Wake)


def _letters(pending: Sequence[Pending]) -> Iterator[list[Pending]]:
    letter, size = list[Pending](), 0
    for one in pending:
        length = len(msgspec.json.encode(one))
        if letter and size + length > _LETTER_BYTES:
            yield letter
            letter, size = [], 0
        letter.append(one)
        size += length
    if letter:
        yield letter
