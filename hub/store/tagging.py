"""What the spokes' creator taggers made of create events, kept for 90 days."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from contract.clock import iso
from contract.names import tagging_key
from contract.spoke_events import TaggingResult
from hub.store.attributes import to_item
from hub.store.documents import document_item, document_of, read_partition
from hub.store.schema import TTL_ATTRIBUTE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = timedelta(days=90)
# After every time of this millennium.
_LAST = "3"


class TaggingStore:
    """Tagging results in the state table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the state table's name."""
        self._client = client
        self._table = table

    def record(self, result: TaggingResult, at: datetime) -> None:
        """Store a result; the same event's again takes its place. When older spokes' was created, `at` must say."""
        key = tagging_key(result.account, result.created_at or iso(at), result.event_id)
        expires = to_item({TTL_ATTRIBUTE: int((at + KEPT).timestamp())})
        self._client.put_item(TableName=self._table, Item={**document_item(key, result), **expires})

    def of(self, account: str, since: datetime | None = None) -> Iterator[TaggingResult]:
        """Yield an account's results, or those of what was created since a moment, the latest first, page by page."""
        pk, oldest = tagging_key(account, iso(since) if since else "", "")
        for item in read_partition(self._client, self._table, pk, span=(oldest, _LAST), is_newest_first=True):
            yield document_of(item, TaggingResult)
