"""Calls counted where they leave a client, and what DynamoDB would charge for its own: read and write units."""

from collections import Counter
from math import ceil
from typing import TYPE_CHECKING, Any

from hub.store.schema import Index, Table

if TYPE_CHECKING:
    from collections.abc import Callable

Item = dict[str, Any]
# A write unit is 1 KB, a read unit two reads of 4 KB that need not be the newest (DynamoDB developer guide).
_WRITE = 1024
_READ = 4096


class Calls:
    """Counts every answered call of the clients that a session makes from now on, by operation."""

    def __init__(self, session: Any) -> None:
        self.made: Counter[str] = Counter()
        session.events.register("after-call.*.*", self._end)

    def _end(self, model: Any, **_: Any) -> None:
        self.made[model.name] += 1


class Meter:
    """Follows a client's calls on one table, which it must see from the first write on."""

    def __init__(self, client: Any, table: Table) -> None:
        self.calls: Counter[str] = Counter()
        self.write_units = 0
        self.index_units = 0
        self.read_units = 0.0
        self.largest = 0
        self._table = table
        self._items: dict[str, Item] = {}
        self._metered: dict[str, Callable[[Any, Any], None]] = {
            "BatchGetItem": self._batch_read,
            "GetItem": self._read,
            "PutItem": self._put,
            "Query": self._query,
        }
        client.meta.events.register("provide-client-params.dynamodb.*", self._begin)
        client.meta.events.register("after-call.dynamodb.*", self._end)

    def reset(self) -> None:
        """Count from zero; the table stays as it is."""
        self.calls.clear()
        self.write_units = self.index_units = 0
        self.read_units = 0.0

    def _begin(self, params: Any, context: Any, **_: Any) -> None:
        context["metered"] = params

    def _end(self, parsed: Any, model: Any, context: Any, **_: Any) -> None:
        self.calls[model.name] += 1
        self._metered[model.name](context["metered"], parsed)

    def _batch_read(self, params: Any, parsed: Any) -> None:
        for table, wanted in params["RequestItems"].items():
            found = parsed["Responses"].get(table, [])
            absent = len(wanted["Keys"]) - len(found)
            self.read_units += 0.5 * (absent + sum(ceil(size(item) / _READ) for item in found))

    def _read(self, params: Any, parsed: Any) -> None:
        units = max(1, ceil(size(parsed.get("Item", {})) / _READ))
        self.read_units += units if params.get("ConsistentRead") else units / 2

    def _query(self, params: Any, parsed: Any) -> None:
        units = max(1, ceil(sum(map(size, parsed["Items"])) / _READ))
        self.read_units += units if params.get("ConsistentRead") else units / 2

    def _put(self, params: Any, parsed: Any) -> None:
        new = params["Item"]
        key = new[self._table.partition]["S"]
        old = self._items.get(key, {})
        self.write_units += ceil(max(size(old), size(new)) / _WRITE)
        if "Error" in parsed:
            return
        self._items[key] = new
        self.largest = max(self.largest, size(new))
        units = sum(index_units(index, self._table, old, new) for index in self._table.indexes)
        self.write_units += units
        self.index_units += units


def size(item: Item) -> int:
    """Return an item's bytes as DynamoDB counts them: the names, and the values by type."""
    return sum(len(name.encode()) + _size(*next(iter(value.items()))) for name, value in item.items())


def _size(kind: str, value: Any) -> int:
    if kind == "N":
        return ceil(len(value.lstrip("-").strip("0")) / 2) + 1
    return len(value.encode() if kind == "S" else value)


def index_units(index: Index, table: Table, old: Item, new: Item) -> int:
    before, after = entry(index, table, old), entry(index, table, new)
    if before == after:
        return 0
    keys = (index.partition, index.sort)
    if before and after and all(before[key] == after[key] for key in keys):
        return ceil(max(size(before), size(after)) / _WRITE)
    return ceil(size(before) / _WRITE) + ceil(size(after) / _WRITE)


def entry(index: Index, table: Table, item: Item) -> Item:
    if not {index.partition, index.sort} <= item.keys():
        return {}
    names = {table.partition, index.partition, index.sort, *index.projected}
    return {name: value for name, value in item.items() if name in names}
