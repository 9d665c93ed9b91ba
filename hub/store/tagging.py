"""What the spokes' creator taggers made of create events, kept for 90 days."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from contract.names import tagging_key
from contract.spoke_events import TaggingResult
from hub.store.attributes import to_item
from hub.store.documents import document_item, document_of, read_partition
from hub.store.schema import TTL_ATTRIBUTE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = timedelta(days=90)


class TaggingStore:
    """Tagging results in the state table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the state table's name."""
        self._client = client
        self._table = table

    def record(self, result: TaggingResult, at: datetime) -> None:
        """Store a result; the same event's again takes its place."""
        expires = to_item({TTL_ATTRIBUTE: int((at + KEPT).timestamp())})
        item = {**document_item(tagging_key(result.account, result.event_id), result), **expires}
        self._client.put_item(TableName=self._table, Item=item)

    def of(self, account: str, since: datetime | None = None) -> Iterator[TaggingResult]:
        """Yield an account's results, or those that came since a moment, in no order that matters."""
        oldest = int((since + KEPT).timestamp()) if since else 0
        for item in read_partition(self._client, self._table, tagging_key(account, "")[0]):
            if int(item[TTL_ATTRIBUTE]["N"]) >= oldest:
                yield document_of(item, TaggingResult)
