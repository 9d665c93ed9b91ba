"""Reads and writes of many items, repeated until DynamoDB has answered for each."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from hub.store.attributes import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# BatchGetItem takes 100 keys, BatchWriteItem 25 items.
_READ = 100
_WRITE = 25
_ATTEMPTS = 8
_FIRST_WAIT_SECONDS = 0.05


class UnprocessedError(RuntimeError):
    """DynamoDB left a part of a batch undone, again and again: the table is throttled."""


def read_items(
    client: "DynamoDBClient", table: str, keys: Sequence[Item], sleep: Callable[[float], None] = time.sleep
) -> Iterator[Item]:
    """Yield the items that exist of the keys (no key twice)."""
    for start in range(0, len(keys), _READ):
        waiting: Any = {table: {"Keys": list(keys[start : start + _READ])}}
        for pause in _pauses():
            answer = client.batch_get_item(RequestItems=waiting)
            yield from answer["Responses"].get(table, [])
            waiting = answer.get("UnprocessedKeys")
            if not waiting:
                break
            sleep(pause)
        else:
            raise UnprocessedError(f"{table}: keys were left unread")


def write_items(
    client: "DynamoDBClient", table: str, items: Sequence[Item], sleep: Callable[[float], None] = time.sleep
) -> None:
    """Put the items (no key twice), whatever stood there."""
    _write(client, table, [{"PutRequest": {"Item": item}} for item in items], sleep)


def remove_items(
    client: "DynamoDBClient", table: str, keys: Sequence[Item], sleep: Callable[[float], None] = time.sleep
) -> None:
    """Delete the items of the keys (no key twice), also those that are gone."""
    _write(client, table, [{"DeleteRequest": {"Key": key}} for key in keys], sleep)


def _write(
    client: "DynamoDBClient", table: str, requests: Sequence[dict[str, Any]], sleep: Callable[[float], None]
) -> None:
    for start in range(0, len(requests), _WRITE):
        waiting: Any = {table: requests[start : start + _WRITE]}
        for pause in _pauses():
            waiting = client.batch_write_item(RequestItems=waiting).get("UnprocessedItems")
            if not waiting:
                break
            sleep(pause)
        else:
            raise UnprocessedError(f"{table}: items were left unwritten")


def _pauses() -> Iterator[float]:
    return (_FIRST_WAIT_SECONDS * 2**attempt for attempt in range(_ATTEMPTS))
