"""Counters of findings: what a page shows without reading findings."""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from contract.finding import Severity
from contract.names import ORGANIZATION_ROLLUP_KEY, checkpoint_key, control_rollup_key, day_rollup_key, rollup_key
from hub.store.attributes import Item, number, text, to_item
from hub.store.documents import Key, key_item, read_partition
from hub.store.schema import TTL_ATTRIBUTE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# TransactWriteItems takes 100 items; one is the checkpoint.
MOST_COUNTERS = 99
# What is open, where a counter has a day otherwise.
NOW = "now"
# The organization's item holds counters for each of these days.
DAYS = 30
_FORGOTTEN_AT_ONCE = 3
# As long as the archive: a day of an account and severity is an item of some 130 bytes, so that a thousand accounts
# with new findings of two severities every day make 0.7 GB in seven years.
_KEPT = timedelta(days=2_555)
_LAST_DAY = "9999"
# A stream's shard lives for hours and its records for a day.
_CHECKPOINT_KEPT = timedelta(days=7)
_ATTEMPTS = 5
_DAY_PARTITION = "ROLLUP#"
_OPEN = "open"
# Of findings that were first seen on a day.
SEEN = "seen"
_COUNT = "findings"
# Of findings that are suppressed, and still so.
ACCEPTED = "accepted"
# Of findings that were closed on a day, by an account and the severity that they had then.
CLOSED = "closed"

# A counter's item and attribute → by how much it changes.
Deltas = Mapping[tuple[Key, str], int]


class StaleCheckpointError(RuntimeError):
    """Another invocation counted records of the same shard meanwhile."""


class Summary(msgspec.Struct, frozen=True):
    """The organization at a glance: open and accepted findings by severity; new ones of the last 30 days, by day.

    Days (`2026-11-20`) come oldest first.
    """

    open: dict[str, int]
    by_day: dict[str, dict[str, int]]
    accepted: dict[str, int] = {}


class Day(msgspec.Struct, frozen=True):
    """How many findings the organization had on a day, by severity: first seen on it, and closed on it."""

    day: str
    seen: dict[str, int]
    closed: dict[str, int] = {}


class Count(msgspec.Struct, frozen=True):
    """How many findings an account has of a severity, or a detection or control has (then account is empty).

    `accepted` ones are suppressed, and not among them; `closed` ones were closed on the day, whenever they were found.
    """

    account: str
    severity: str
    control: str
    findings: int
    accepted: int = 0
    closed: int = 0


def open_counter(severity: str, what: str = _OPEN) -> tuple[Key, str]:
    """Return the counter of the organization's findings of a severity that are open, or `ACCEPTED`."""
    return ORGANIZATION_ROLLUP_KEY, f"{what}#{severity}"


def seen_counter(day: str, severity: str) -> tuple[Key, str]:
    """Return the counter of the organization's findings of a day and severity."""
    return ORGANIZATION_ROLLUP_KEY, f"{SEEN}#{day}#{severity}"


def day_counter(day: str, severity: str, what: str = SEEN) -> tuple[Key, str]:
    """Return the counter of the organization's findings of a day that is kept for years: `SEEN` on it, or `CLOSED`."""
    return day_rollup_key(day), f"{what}#{severity}"


def account_counter(day: str, account: str, severity: str) -> tuple[Key, str]:
    """Return the counter of an account's findings of a severity: those of a day, or those open `NOW`."""
    return rollup_key(day, account, severity), _COUNT


def control_counter(day: str, control: str) -> tuple[Key, str]:
    """Return the counter of a detection's findings: those of a day, or those open `NOW`."""
    return control_rollup_key(day, control), _COUNT


class RollupStore:
    """Counters in the state table, each change counted exactly once."""

    def __init__(self, client: "DynamoDBClient", table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        """Take a low-level DynamoDB client and the state table's name."""
        self._client = client
        self._table = table
        self._sleep = sleep

    def position(self, shard: str) -> str:
        """Return the sequence number up to which a shard was counted, or nothing."""
        key = key_item(_checkpoint(shard))
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})
        return text(item, "sequence")

    def count(self, deltas: Deltas, shard: str, after: str, sequence: str, now: datetime) -> None:
        """Change at most `MOST_COUNTERS` counters and move the shard's position from `after`, all or nothing.

        `StaleCheckpointError`: the position is not `after` any more.
        """
        writes: Any = [_advance(self._table, shard, after, sequence, now), *_updates(self._table, deltas, now)]
        for attempt in range(_ATTEMPTS):
            try:
                self._client.transact_write_items(TransactItems=writes)
            except self._client.exceptions.TransactionCanceledException as error:
                reasons = [str(reason.get("Code")) for reason in error.response.get("CancellationReasons", [])]
                if "ConditionalCheckFailed" in reasons or "ConditionalCheckFailed" in str(error):
                    raise StaleCheckpointError(shard) from error
                # Other shards write the organization's item too.
                if "TransactionConflict" not in reasons or attempt == _ATTEMPTS - 1:
                    raise
                self._sleep(0.05 * 2**attempt)
            else:
                return

    def summary(self, now: datetime) -> Summary:
        """Return the organization at a glance: one read of one item."""
        item = self._client.get_item(TableName=self._table, Key=key_item(ORGANIZATION_ROLLUP_KEY)).get("Item", {})
        days = [_day(now, back) for back in range(DAYS)]
        return Summary(
            open=_by_severity(item, _OPEN),
            by_day={
                day: {severity.value: number(item, f"{SEEN}#{day}#{severity}") for severity in Severity}
                for day in reversed(days)
            },
            accepted=_by_severity(item, ACCEPTED),
        )

    def counts(self, day: str = NOW, *, is_consistent: bool = False) -> list[Count]:
        """Return the counters of a day, or of what is open now: by account and severity, and by detection."""
        pk, organization = ORGANIZATION_ROLLUP_KEY if day == NOW else rollup_key(day, "", "")
        items = read_partition(self._client, self._table, pk, is_consistent=is_consistent)
        return [_count(item) for item in items if text(item, "sk") != organization and _is_counted(item)]

    def days(self, since: str) -> list[Day]:
        """Return the organization's days from `since` (`2026-11-20`) on, oldest first, without those that had none."""
        pk, first = day_rollup_key(since)
        return [_day_of(item) for item in read_partition(self._client, self._table, pk, span=(first, _LAST_DAY))]

    def of_account(self, day: str, account: str) -> list[Count]:
        """Return an account's counters of a day: one small query, where all of a day's would be many."""
        pk, begin = rollup_key(day, account, "")
        return [_count(item) for item in read_partition(self._client, self._table, pk, span=(begin, f"{begin}~"))]

    def open_now(self) -> dict[str, int]:
        """Return the organization's open findings by severity, as they are at this moment."""
        key = key_item(ORGANIZATION_ROLLUP_KEY)
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})
        return _by_severity(item, _OPEN)

    def value(self, counter: tuple[Key, str]) -> int:
        """Return what a counter says at this moment."""
        key, attribute = counter
        answer = self._client.get_item(TableName=self._table, Key=key_item(key), ConsistentRead=True)
        return number(answer.get("Item", {}), attribute)

    def is_corrected(self, counter: tuple[Key, str], said: int, to: int) -> bool:
        """Set a counter; False when it does not say any more what it `said`."""
        key, attribute = counter
        unwritten = " OR attribute_not_exists(#a)" if said == 0 else ""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key_item(key),
                UpdateExpression="SET #a = :to",
                ConditionExpression=f"#a = :said{unwritten}",
                ExpressionAttributeNames={"#a": attribute},
                ExpressionAttributeValues=to_item({":to": to, ":said": said}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def counter_items(deltas: Deltas, now: datetime) -> Iterator[Item]:
    """Yield the items that hold counters of which none is stored yet."""
    for key, amounts in _by_key(deltas).items():
        expires = {} if _is_kept(key) else {TTL_ATTRIBUTE: int((now + _KEPT).timestamp())}
        yield {**key_item(key), **to_item({**amounts, **expires})}


def _is_kept(key: Key) -> bool:
    """Whether a counter says how things are now, rather than what was on a day."""
    return key[0] == ORGANIZATION_ROLLUP_KEY[0] or not key[0].startswith(_DAY_PARTITION)


def _by_severity(item: Item, what: str) -> dict[str, int]:
    return {severity.value: number(item, open_counter(severity, what)[1]) for severity in Severity}


def _day_of(item: Item) -> Day:
    counts = {what: {one.value: number(item, f"{what}#{one}") for one in Severity} for what in (SEEN, CLOSED)}
    return Day(text(item, "sk"), counts[SEEN], counts[CLOSED])


def _is_counted(item: Item) -> bool:
    return any(number(item, name) for name in (_COUNT, ACCEPTED, CLOSED))


def _count(item: Item) -> Count:
    left, _, right = text(item, "sk").partition("#")
    is_control = left == "control"
    return Count(
        account="" if is_control else left,
        severity="" if is_control else right,
        control=right if is_control else "",
        findings=number(item, _COUNT),
        accepted=number(item, ACCEPTED),
        closed=number(item, CLOSED),
    )


def _checkpoint(shard: str) -> Key:
    return checkpoint_key(f"rollups#{shard}")


def _advance(table: str, shard: str, after: str, sequence: str, now: datetime) -> dict[str, Any]:
    values = {":after": after} if after else {}
    put = {
        "TableName": table,
        "Item": {
            **key_item(_checkpoint(shard)),
            **to_item({"sequence": sequence, TTL_ATTRIBUTE: int((now + _CHECKPOINT_KEPT).timestamp())}),
        },
        "ConditionExpression": "#sequence = :after" if after else "attribute_not_exists(#sequence)",
        "ExpressionAttributeNames": {"#sequence": "sequence"},
    }
    return {"Put": {**put, "ExpressionAttributeValues": to_item(values)} if values else put}


def _updates(table: str, deltas: Deltas, now: datetime) -> list[dict[str, Any]]:
    return [{"Update": {"TableName": table, **_update(key, amounts, now)}} for key, amounts in _by_key(deltas).items()]


def _by_key(deltas: Deltas) -> dict[Key, dict[str, int]]:
    by_key: dict[Key, dict[str, int]] = {}
    for (key, attribute), amount in deltas.items():
        by_key.setdefault(key, {})[attribute] = amount
    return by_key


def _update(key: Key, amounts: Mapping[str, int], now: datetime) -> dict[str, Any]:
    names = {f"#a{place}": attribute for place, attribute in enumerate(amounts)}
    values = {f":a{place}": amount for place, amount in enumerate(amounts.values())}
    added = ", ".join(f"#a{place} :a{place}" for place in range(len(amounts)))
    if key == ORGANIZATION_ROLLUP_KEY:
        old = {f"#r{place}": name for place, name in enumerate(_forgotten(now))}
        expression = f"ADD {added} REMOVE {', '.join(old)}"
        names |= old
    elif _is_kept(key):
        expression = f"ADD {added}"
    else:
        expression = f"ADD {added} SET #ttl = if_not_exists(#ttl, :ttl)"
        names["#ttl"] = TTL_ATTRIBUTE
        values[":ttl"] = int((now + _KEPT).timestamp())
    return {
        "Key": key_item(key),
        "UpdateExpression": expression,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": to_item(values),
    }


def _forgotten(now: datetime) -> list[str]:
    """Return the organization's counters of the days that have just left its window."""
    days = [_day(now, DAYS + back) for back in range(_FORGOTTEN_AT_ONCE)]
    return [seen_counter(day, severity)[1] for day in days for severity in Severity]


def _day(now: datetime, back: int) -> str:
    return (now - timedelta(days=back)).date().isoformat()
