"""How many events each account sent on a day, and how late they came: about, because a queue may repeat itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from contract.names import events_key
from hub.store.attributes import Item, number, text, to_item
from hub.store.batches import read_items
from hub.store.documents import key_item
from hub.store.schema import TTL_ATTRIBUTE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT = timedelta(days=400)
# An expression has 300 operands at most (DynamoDB guide, "Quotas").
_AT_ONCE = 100
_LATE, _TIMED = "late_seconds", "timed"


class DayOfEvents(msgspec.Struct, frozen=True):
    """A day's events by account, and how long they took on average from the call to the hub; None: nobody measured."""

    day: str
    by_account: dict[str, int]
    late_seconds: float | None = None


class EventCountStore:
    """Counts in the state table, an item a day: a thousand accounts are 20 KB."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the state table's name."""
        self._client = client
        self._table = table

    def add(self, counts: Mapping[str, int], late_seconds: Sequence[int], now: datetime) -> float:
        """Add events by account, and how many seconds some of them took; return the write units that it cost."""
        late = {_LATE: sum(late_seconds), _TIMED: len(late_seconds)} if late_seconds else {}
        added = [*counts.items()]
        parts = [dict(added[start : start + _AT_ONCE]) for start in range(0, len(added), _AT_ONCE)]
        return sum(self._add({**part, **(late if place == 0 else {})}, now) for place, part in enumerate(parts))

    def days(self, days: Sequence[str]) -> list[DayOfEvents]:
        """Return those of the days (`2026-11-20`, in their order) of which anything is known."""
        keys = [key_item(events_key(day)) for day in days]
        found = {text(item, "sk"): item for item in read_items(self._client, self._table, keys)}
        return [_day(found[day]) for day in days if day in found]

    def _add(self, amounts: Mapping[str, int], now: datetime) -> float:
        names = {f"#n{place}": name for place, name in enumerate(amounts)}
        values = {f":v{place}": amount for place, amount in enumerate(amounts.values())}
        added = ", ".join(f"#n{place} :v{place}" for place in range(len(amounts)))
        answer = self._client.update_item(
            TableName=self._table,
            Key=key_item(events_key(now.date().isoformat())),
            UpdateExpression=f"ADD {added} SET #ttl = :ttl",
            ExpressionAttributeNames={**names, "#ttl": TTL_ATTRIBUTE},
            ExpressionAttributeValues=to_item({**values, ":ttl": int((now + _KEPT).timestamp())}),
            ReturnConsumedCapacity="TOTAL",
        )
        return float(answer.get("ConsumedCapacity", {}).get("CapacityUnits", 1))


def _day(item: Item) -> DayOfEvents:
    timed = number(item, _TIMED)
    return DayOfEvents(
        day=text(item, "sk"),
        by_account={name: number(item, name) for name in item if _is_account(name)},
        late_seconds=number(item, _LATE) / timed if timed else None,
    )


def _is_account(name: Any) -> bool:
    return len(name) == 12 and name.isdecimal()
