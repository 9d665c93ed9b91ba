"""Items in a table as a restored backup has them: no stream tells of them, and nothing is metered.

A year of findings would otherwise come through functions, one after the other.
"""

from typing import Any

from ministack.core.responses import request_scope
from ministack.services import dynamodb

from localorg import patches


class TableImportError(ValueError):
    """A table that does not exist, or an item that does not fit it."""


def install() -> None:
    """Nothing is replaced here; what is called must be there."""
    patches.require(dynamodb, "_set_item", "table")
    patches.require(dynamodb, "_validate_item", "sk_name")
    patches.require(dynamodb, "_validate_index_key_values", "table")


def put(account: str, region: str, name: str, items: list[dict[str, Any]]) -> int:
    """Put items, as DynamoDB's JSON has them, in place of those with the same keys; return how many.

    `TableImportError` names the first that does not fit; none is put then.
    """
    with request_scope(account, region):
        table = dynamodb._tables.get(name)
        if table is None:
            raise TableImportError(f"no table {name} in {account} {region}")
        keyed = [(_key(table, item, place), item) for place, item in enumerate(items)]
        for (partition, sort), item in keyed:
            dynamodb._set_item(table, partition, sort, item)
    return len(keyed)


def _key(table: dict[str, Any], item: dict[str, Any], place: int) -> tuple[str, str]:
    wrong = dynamodb._validate_item(item, table["pk_name"], table["sk_name"])
    wrong = wrong or dynamodb._validate_index_key_values(table, item)
    names = [name for name in (table["pk_name"], table["sk_name"]) if name]
    if wrong or not all(name in item for name in names):
        raise TableImportError(f"items[{place}] does not fit the table")
    partition, sort, _ = dynamodb._resolve_table_key_values(table, item, allow_extra=True)
    return partition, sort
