"""Which digests were made: of each route's days and weeks the last, in the state table."""

from typing import TYPE_CHECKING

from contract.names import checkpoint_key
from hub.store.attributes import text, to_item
from hub.store.documents import key_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DigestStore:
    """How far the digests are: one item for each route and kind of period."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the state table's name."""
        self._client = client
        self._table = table

    def is_made(self, route: str, period: str, until: str) -> bool:
        """Whether a route's digests of a kind (`daily`) that end at a day (`2026-11-20`) are all in the outbox."""
        key = key_item(_key(route, period))
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})
        return text(item, "until") == until

    def note_made(self, route: str, period: str, until: str) -> None:
        """Note that they are."""
        item = {**key_item(_key(route, period)), **to_item({"until": until})}
        self._client.put_item(TableName=self._table, Item=item)


def _key(route: str, period: str) -> tuple[str, str]:
    return checkpoint_key(f"digest#{route}#{period}")
