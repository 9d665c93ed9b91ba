"""The findings table's stream as Lambda delivers it: a shard's records in order."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from hub.store.attributes import Item

# Sequence numbers are decimal text of up to 40 digits; padded, comparing text compares them.
_DIGITS = 40


class StreamRecord(msgspec.Struct, frozen=True):
    """One change of an item; an image is None where there was or is no item.

    `is_expiry`: DynamoDB removed the item because its time was over (its guide, "DynamoDB Streams and Time to Live").
    """

    sequence: str
    old: Item | None
    new: Item | None
    is_expiry: bool = False


def stream_records(event: Mapping[str, Any]) -> Iterator[StreamRecord]:
    """Yield the changes of a batch."""
    for record in event.get("Records", ()):
        change = record["dynamodb"]
        is_expiry = (record.get("userIdentity") or {}).get("principalId") == "dynamodb.amazonaws.com"
        yield StreamRecord(change["SequenceNumber"], change.get("OldImage"), change.get("NewImage"), is_expiry)


def comparable(sequence: str) -> str:
    """Return a sequence number as text that sorts."""
    return sequence.zfill(_DIGITS)


def batch_response(failed: str | None) -> dict[str, Any]:
    """Return Lambda's answer: everything before the failed sequence number is done."""
    return {"batchItemFailures": [{"itemIdentifier": failed}] if failed else []}
