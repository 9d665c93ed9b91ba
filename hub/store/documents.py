"""Records of the state table as JSON documents under a pk and an sk."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from botocore.exceptions import ClientError

from hub.store.attributes import Item, text, to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DocumentT = TypeVar("DocumentT", bound=msgspec.Struct)
Key = tuple[str, str]


def key_item(key: Key) -> Item:
    """Return a pk and an sk as DynamoDB takes them."""
    return to_item({"pk": key[0], "sk": key[1]})


def document_item(key: Key, document: msgspec.Struct) -> Item:
    """Return the item of a record."""
    return {**key_item(key), **to_item({"document": msgspec.json.encode(document).decode()})}


def has_document(item: Item) -> bool:
    """Whether an item holds a record."""
    return "document" in item


def document_of(item: Item, model: type[DocumentT]) -> DocumentT:
    """Return the record of an item; a field that the model lacks is left out."""
    return msgspec.json.decode(text(item, "document"), type=model)


def read_document(client: "DynamoDBClient", table: str, key: Key, model: type[DocumentT]) -> DocumentT | None:
    """Return the record under a key, or None."""
    item = client.get_item(TableName=table, Key=key_item(key)).get("Item")
    return document_of(item, model) if item else None


def read_partition(  # noqa: PLR0913 - what a query takes
    client: "DynamoDBClient",
    table: str,
    pk: str,
    *,
    span: tuple[str, str] | None = None,
    is_consistent: bool = False,
    is_newest_first: bool = False,
) -> Iterator[Item]:
    """Yield every item of a partition by sk, or those of which sk lies in a `span`, its ends included.

    `is_newest_first` turns the order round.
    """
    condition, values = "pk = :pk", {":pk": pk}
    if span:
        condition = f"{condition} AND sk BETWEEN :since AND :until"
        values |= {":since": span[0], ":until": span[1]}
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression=condition,
        ExpressionAttributeValues=to_item(values),
        ConsistentRead=is_consistent,
        ScanIndexForward=not is_newest_first,
    )
    for page in pages:
        yield from page["Items"]


def is_put(client: "DynamoDBClient", table: str, item: Item, revision: int, key: str = "pk") -> bool:
    """Write an item whose stored revision is `revision` (0: none is stored); False when somebody else was faster.

    `key` is the table's partition key; the item carries the next revision itself.
    """
    condition: Any = {"ConditionExpression": f"attribute_not_exists({key})"}
    if revision:
        values = to_item({":revision": revision})
        condition = {"ConditionExpression": "revision = :revision", "ExpressionAttributeValues": values}
    try:
        client.put_item(TableName=table, Item=item, **condition)
    except ClientError as error:
        if not is_refused(error):
            raise
        return False
    return True


def is_refused(error: Any) -> bool:
    """Whether a `ClientError` says that the condition of a write did not hold."""
    return bool(error.response["Error"]["Code"] == "ConditionalCheckFailedException")
