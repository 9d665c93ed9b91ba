"""DynamoDB in memory, as much of it as the hub's stores ask, metered: a million findings in minutes.

`test_memory_table.py` holds it against moto.
"""

import re
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterator, Mapping
from math import ceil
from types import SimpleNamespace
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from hub.store.schema import Index, Table
from hub.streams import StreamRecord
from tests.bench.meter import Item, entry, index_units, size

_WRITE, _READ, _PAGE = 1024, 4096, 1 << 20
_AMOUNT = re.compile(r"(#\w+) (:\w+)")
# A sort key that is greater than any text.
_LAST = "\U0010ffff"
Key = tuple[str, str]


class RefusedError(ClientError):
    """The condition of a write did not hold."""

    def __init__(self, operation: str) -> None:
        super().__init__({"Error": {"Code": "ConditionalCheckFailedException", "Message": ""}}, operation)


class CancelledError(ClientError):
    """The condition of one of a transaction's writes did not hold."""

    def __init__(self) -> None:
        reasons = [{"Code": "ConditionalCheckFailed"}]
        said = {"Error": {"Code": "TransactionCanceledException", "Message": ""}, "CancellationReasons": reasons}
        super().__init__(said, "TransactWriteItems")  # type: ignore[arg-type] # as botocore makes it


class MemoryTable:
    """One table: items packed, so that a million of them fit, and each index as sorted places."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.write_units = self.index_units = 0
        self.read_units = 0.0
        self.largest = 0
        # Write units by index (the table itself: empty) and partition key.
        self.heat: Counter[Key] = Counter()
        self.records: list[StreamRecord] = []
        self._items: dict[Key, bytes] = {}
        self._places: dict[Key, list[Key]] = {}
        self._sequence = 0

    def __len__(self) -> int:
        return len(self._items)

    def key(self, item: Item) -> Key:
        """Return an item's key, with an empty sort key where the table has none."""
        return item[self.table.partition]["S"], item[self.table.sort]["S"] if self.table.sort else ""

    def item(self, key: Key) -> Item:
        """Return an item, empty where there is none."""
        packed = self._items.get(key)
        return dict(msgspec.msgpack.decode(packed)) if packed else {}

    def put(self, new: Item, times: int = 1) -> None:
        """Write an item and its entries; a transaction charges twice."""
        key = self.key(new)
        old = self.item(key)
        self._charge("", key[0], times * ceil(max(size(old), size(new)) / _WRITE))
        self._items[key] = msgspec.msgpack.encode(new)
        self.largest = max(self.largest, size(new))
        if not old and self.table.sort:
            insort(self._places.setdefault(("", key[0]), []), (key[1], key[1]))
        for index in self.table.indexes:
            self._index(index, key[0], old, new)
        if self.table.indexes:
            self._sequence += 1
            self.records.append(StreamRecord(str(self._sequence), old or None, new))

    def read(self, items: list[Item], *, is_consistent: bool = False) -> None:
        """Charge for reading items one by one; an empty one was not there."""
        self.read_units += sum(max(1, ceil(size(one) / _READ)) for one in items) * (1 if is_consistent else 0.5)

    def query(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a query of one partition, by sort key, up to 1 MB."""
        index = next((one for one in self.table.indexes if one.name == request.get("IndexName")), None)
        values = request["ExpressionAttributeValues"]
        partition = (values.get(":key") or values[":pk"])["S"]
        start = request.get("ExclusiveStartKey")
        found, last, used = [], None, 0
        for place in self._between(index, partition, request, start):
            if used >= _PAGE or len(found) >= request.get("Limit", len(self)):
                last = found[-1]
                break
            found.append(self._entry(index, partition, place))
            used += size(found[-1])
        units = max(1, ceil(used / _READ))
        self.read_units += units if request.get("ConsistentRead") else units / 2
        return {"Items": found, **({"LastEvaluatedKey": self._start(index, last)} if last else {})}

    def _charge(self, index: str, partition: str, units: int) -> None:
        self.write_units += units
        self.index_units += units if index else 0
        self.heat[index, partition] += units

    def _index(self, index: Index, key: str, old: Item, new: Item) -> None:
        before, after = entry(index, self.table, old), entry(index, self.table, new)
        units = index_units(index, self.table, old, new)
        if units:
            self._charge(index.name, (after or before)[index.partition]["S"], units)
        for one in (before, after):
            if one:
                places = self._places.setdefault((index.name, one[index.partition]["S"]), [])
                place = (one[index.sort]["S"], key)
                if one is before:
                    del places[bisect_left(places, place)]
                else:
                    insort(places, place)

    def _between(self, index: Index | None, partition: str, request: Mapping[str, Any], start: Any) -> Iterator[Key]:
        values, is_forward = request["ExpressionAttributeValues"], request.get("ScanIndexForward", True)
        places = self._places.get((index.name if index else "", partition), [])
        low = bisect_left(places, (values[":since"]["S"], "")) if ":since" in values else 0
        high = bisect_right(places, (values[":until"]["S"], _LAST)) if ":until" in values else len(places)
        if start:
            begun = (start[index.sort if index else self.table.sort]["S"], start[self._name(index)]["S"])
            low, high = (bisect_right(places, begun), high) if is_forward else (low, bisect_left(places, begun))
        chosen = range(low, high) if is_forward else range(high - 1, low - 1, -1)
        return (places[place] for place in chosen)

    def _name(self, index: Index | None) -> str:
        return self.table.partition if index else self.table.sort

    def _entry(self, index: Index | None, partition: str, place: Key) -> Item:
        if index is None:
            return self.item((partition, place[1]))
        return entry(index, self.table, self.item((place[1], "")))

    def _start(self, index: Index | None, last: Item) -> Item:
        names = [self.table.partition, self.table.sort, *([index.partition, index.sort] if index else [])]
        return {name: last[name] for name in names if name}


class MemoryClient:
    """A low-level DynamoDB client of tables in memory."""

    def __init__(self, **tables: Table) -> None:
        self.tables = {name: MemoryTable(table) for name, table in tables.items()}
        self.calls: Counter[str] = Counter()
        self.exceptions = SimpleNamespace(
            ConditionalCheckFailedException=RefusedError, TransactionCanceledException=CancelledError
        )

    def get_item(self, **request: Any) -> dict[str, Any]:
        self.calls["GetItem"] += 1
        table = self.tables[request["TableName"]]
        found = table.item(table.key(request["Key"]))
        table.read([found], is_consistent=request.get("ConsistentRead", False))
        return {"Item": found} if found else {}

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        self.calls["BatchGetItem"] += 1
        answers = {}
        for name, asked in request["RequestItems"].items():
            table = self.tables[name]
            items = [table.item(table.key(key)) for key in asked["Keys"]]
            table.read(items)
            answers[name] = [one for one in items if one]
        return {"Responses": answers, "UnprocessedKeys": {}}

    def query(self, **request: Any) -> dict[str, Any]:
        self.calls["Query"] += 1
        return self.tables[request["TableName"]].query(request)

    def get_paginator(self, _operation: str) -> "MemoryClient":
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        while True:
            page = self.query(**request)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def put_item(self, **request: Any) -> None:
        self.calls["PutItem"] += 1
        table = self.tables[request["TableName"]]
        if not self._holds(request, table.item(table.key(request["Item"]))):
            table.write_units += 1
            raise RefusedError("PutItem")
        table.put(request["Item"])

    def update_item(self, **request: Any) -> None:
        self.calls["UpdateItem"] += 1
        table = self.tables[request["TableName"]]
        old = table.item(table.key(request["Key"]))
        if not self._holds(request, old):
            raise RefusedError("UpdateItem")
        name = request["ExpressionAttributeNames"]["#a"]
        table.put({**request["Key"], **old, name: request["ExpressionAttributeValues"][":to"]})

    def transact_write_items(self, TransactItems: list[Any]) -> None:  # noqa: N803 - boto3's name
        self.calls["TransactWriteItems"] += 1
        for one in TransactItems:
            write = one.get("Put") or one["Update"]
            table = self.tables[write["TableName"]]
            if not self._holds(write, table.item(table.key(write.get("Item") or write["Key"]))):
                raise CancelledError
        for one in TransactItems:
            write = one.get("Put") or one["Update"]
            table = self.tables[write["TableName"]]
            table.put(write.get("Item") or _added(write, table.item(table.key(write["Key"]))), times=2)

    def _holds(self, request: Mapping[str, Any], old: Item) -> bool:
        condition = request.get("ConditionExpression", "")
        names = {**request.get("ExpressionAttributeNames", {}), "revision": "revision"}
        values = request.get("ExpressionAttributeValues", {})
        return not condition or any(_is_so(one, old, names, values) for one in condition.split(" OR "))


def _is_so(condition: str, old: Item, names: Mapping[str, str], values: Item) -> bool:
    absent = re.fullmatch(r"attribute_not_exists\((#?\w+)\)", condition)
    if absent:
        return names.get(absent[1], absent[1]) not in old
    name, value = condition.split(" = ")
    return bool(old.get(names[name]) == values[value])


def _added(write: Mapping[str, Any], old: Item) -> Item:
    """`ADD #a :a, … [REMOVE #r, …][SET #ttl = if_not_exists(#ttl, :ttl)]`, as the counters write it."""
    names, values = write["ExpressionAttributeNames"], write["ExpressionAttributeValues"]
    adding, _, rest = write["UpdateExpression"].removeprefix("ADD ").partition(" REMOVE ")
    adding, _, setting = adding.partition(" SET ")
    new = {**write["Key"], **old}
    for name, value in _AMOUNT.findall(adding):
        before = int(new.get(names[name], {}).get("N", 0))
        new[names[name]] = {"N": str(before + int(values[value]["N"]))}
    for name in filter(None, rest.split(", ")):
        new.pop(names[name], None)
    if setting:
        new.setdefault(names["#ttl"], values[":ttl"])
    return new
