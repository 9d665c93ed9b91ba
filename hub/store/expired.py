"""Closed findings by the day on which they are due for the archive."""

from typing import TYPE_CHECKING, Any

import msgspec

from contract.finding import Finding
from contract.names import SEVERITY_INDEX, checkpoint_key
from hub.store.attributes import Item, text, to_item
from hub.store.batches import read_items
from hub.store.documents import document_item, read_document
from hub.store.items import bucket, expiry_key, finding_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_JOB = checkpoint_key("archive")


class Progress(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far the archive is: every day up to `through`, of the next one `part` parts of `shard` (and those before it).

    `after` is the last finding of the last part, as the index names its place: when first seen, and the id.
    """

    through: str
    shard: int = 0
    part: int = 0
    after: tuple[str, str] | None = None


class ProgressStore:
    """How far the archive is, in the state table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the state table's name."""
        self._client = client
        self._table = table

    def read(self) -> Progress | None:
        """Return how far the archive is, or None before its first day."""
        return read_document(self._client, self._table, _JOB, Progress)

    def write(self, progress: Progress) -> None:
        """Write how far the archive is."""
        self._client.put_item(TableName=self._table, Item=document_item(_JOB, progress))


class ExpiredFindings:
    """The work list of the archive."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the findings table's name."""
        self._client = client
        self._table = table

    def part(self, day: str, place: Progress, most: int) -> tuple[list[Finding], tuple[str, str] | None]:
        """Return the next whole findings of a day's shard, at most so many, and where to go on if more follow."""
        names: list[str] = []
        after = place.after
        while len(names) < most:
            answer = self._client.query(**_request(day, place.shard, after, self._table, most - len(names)))
            names += [text(item, "id") for item in answer["Items"]]
            last: Item | None = answer.get("LastEvaluatedKey")
            if not last:
                return self._whole(names), None
            after = (text(last, "first_seen"), text(last, "id"))
        return self._whole(names), after

    def _whole(self, names: list[str]) -> list[Finding]:
        """Return the findings in the order of their names; what was opened again or deleted meanwhile is not due."""
        items = read_items(self._client, self._table, [to_item({"id": name}) for name in names])
        found = {text(item, "id"): finding_of(item) for item in items}
        return [found[name] for name in names if name in found and not found[name].is_open]


def _request(day: str, shard: int, after: tuple[str, str] | None, table: str, most: int) -> Any:
    key = bucket(expiry_key(day), shard)
    request: dict[str, Any] = {
        "TableName": table,
        "IndexName": SEVERITY_INDEX,
        "KeyConditionExpression": "severity_bucket = :key",
        "ExpressionAttributeValues": to_item({":key": key}),
        "ProjectionExpression": "id",
        "Limit": most,
    }
    if after:
        first_seen, finding = after
        request["ExclusiveStartKey"] = to_item({"severity_bucket": key, "first_seen": first_seen, "id": finding})
    return request
