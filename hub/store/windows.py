"""What the detections that count have seen, shared by all runs of the detector."""

from typing import TYPE_CHECKING

import msgspec

from contract.names import window_key
from hub.detections.window import EMPTY, Alert, Memory, Sighting, counted
from hub.store.attributes import Item, Plain, number, text, to_item
from hub.store.documents import is_put, key_item
from hub.store.schema import TTL_ATTRIBUTE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# So many others may write the same key between our read and our write before the message is tried again.
_RACES = 8
# Past its last window an item is kept for late events: CloudTrail and the queue's retries together need less.
_MARGIN = 86_400


class WindowRaceError(RuntimeError):
    """Others kept writing the same key; the message comes back."""


class WindowStore:
    """Counts in the state table, an item for each detection and key; the same sighting again changes nothing."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the state table's name."""
        self._client = client
        self._table = table

    def count(self, sighting: Sighting) -> Alert | None:
        """Remember a sighting; return the alert that it completed. Raises `WindowRaceError`."""
        key = key_item(window_key(sighting.detection, sighting.key))
        for _ in range(_RACES):
            item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})
            memory = msgspec.json.decode(text(item, "document"), type=Memory) if item else EMPTY
            remembered, alert = counted(memory, sighting)
            if remembered is memory:
                return alert
            revision = number(item, "revision")
            if is_put(self._client, self._table, _item(key, remembered, sighting, revision + 1), revision):
                return alert
        raise WindowRaceError(f"{sighting.detection} {sighting.key}")


def _item(key: Item, memory: Memory, sighting: Sighting, revision: int) -> Item:
    written: dict[str, Plain] = {
        "document": msgspec.json.encode(memory).decode(),
        "revision": revision,
        TTL_ATTRIBUTE: sighting.at + 3 * sighting.seconds + _MARGIN,
    }
    return {**key, **to_item(written)}
