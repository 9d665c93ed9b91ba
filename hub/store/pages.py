"""Reads a page over many buckets: each a little, joined in the order of the list, refilled when it runs out."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from contract.finding import Finding
from hub.store.attributes import Item, text, to_item
from hub.store.batches import read_items
from hub.store.cursor import DONE, Position, cursor_of, positions_of
from hub.store.items import closing_time, finding_of, row_of
from hub.store.query import FindingQuery, Page, Plan, plan_of, span_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Twice the rows that a bucket holds of a page on average: nine rows of 400 bytes stay within half a read unit.
_SPARE = 2
# When rows must be picked, a request reads this many.
_FILTERED_ROWS = 100
# Then a page gives up and is short.
_REQUESTS = 600
_PARALLEL = 10


class Bucket:
    """One key of an index, read in the order of the list; knows what was read and what was shown."""

    def __init__(self, key: str, position: Position) -> None:
        """Begin after a position."""
        self.key = key
        self.rows: deque[Finding] = deque()
        self.is_finished = position == DONE
        self.read = position
        self._shown = position

    @property
    def is_hungry(self) -> bool:
        """Whether its next row is not known yet."""
        return not self.rows and not self.is_finished

    @property
    def position(self) -> Position:
        """Where the next page begins."""
        if self.rows:
            return self._shown
        return DONE if self.is_finished else self.read

    def take_in(self, rows: Sequence[Finding], last: Item | None) -> None:
        """Take rows that were read; `last` is the key to go on from, None after the last."""
        self.rows.extend(rows)
        self.is_finished = not last
        if last:
            self.read = (text(last, "first_seen"), text(last, "id"))

    def show(self) -> Finding:
        """Return the next row and pass it."""
        row = self.rows.popleft()
        self._shown = (row.first_seen, row.id)
        return row


def read_page(client: "DynamoDBClient", table: str, query: FindingQuery, cursor: str | None, limit: int) -> Page:
    """Return a page of a query: at most `limit` findings, in its order."""
    plan = plan_of(query)
    positions = positions_of(query, cursor, len(plan.buckets))
    buckets = [Bucket(key, position) for key, position in zip(plan.buckets, positions, strict=True)]
    request = {**_request(table, plan, limit), "ScanIndexForward": query.oldest_first}

    def feed(bucket: Bucket) -> None:
        answer = client.query(**request, **_place(plan, query, bucket))
        rows = [row for row in map(row_of, answer["Items"]) if query.matches(row)]
        if plan.is_mixed(bucket.key):
            rows = _closed_on(client, table, query.closed_on, rows)
        bucket.take_in(rows, answer.get("LastEvaluatedKey"))

    findings = _joined(buckets, feed, limit, min if query.oldest_first else max)
    return Page(tuple(findings), cursor_of(query, [bucket.position for bucket in buckets]))


def _closed_on(client: "DynamoDBClient", table: str, day: str, rows: Sequence[Finding]) -> list[Finding]:
    """Return the rows of findings that were closed on a day, which their bodies say."""
    keys = [to_item({"id": row.id}) for row in rows]
    found = (finding_of(item) for item in read_items(client, table, keys))
    then = {one.id for one in found if not one.is_open and closing_time(one).date().isoformat() == day}
    return [row for row in rows if row.id in then]


def _joined(
    buckets: Sequence[Bucket], feed: Callable[[Bucket], None], limit: int, first: Callable[..., Bucket]
) -> list[Finding]:
    found: list[Finding] = []
    requests = 0
    with ThreadPoolExecutor(_PARALLEL) as pool:
        while len(found) < limit:
            hungry = [bucket for bucket in buckets if bucket.is_hungry]
            if hungry and requests > _REQUESTS:
                break
            requests += len(hungry)
            list(pool.map(feed, hungry))
            if any(bucket.is_hungry for bucket in hungry):
                continue
            heads = [bucket for bucket in buckets if bucket.rows]
            if not heads:
                break
            found.append(first(heads, key=lambda bucket: (bucket.rows[0].first_seen, bucket.rows[0].id)).show())
    return found


def _request(table: str, plan: Plan, limit: int) -> dict[str, Any]:
    rows = min(limit, limit * _SPARE // len(plan.buckets) + 3)
    return {
        "TableName": table,
        "IndexName": plan.index,
        "Limit": max(rows, _FILTERED_ROWS) if plan.is_filtered else rows,
        "KeyConditionExpression": "#key = :key AND first_seen BETWEEN :since AND :until",
        "ExpressionAttributeNames": {"#key": plan.attribute},
    }


def _place(plan: Plan, query: FindingQuery, bucket: Bucket) -> dict[str, Any]:
    since, until = span_of(query)
    place: dict[str, Any] = {
        "ExpressionAttributeValues": to_item({":key": bucket.key, ":since": since, ":until": until})
    }
    if isinstance(bucket.read, tuple):
        first_seen, finding_id = bucket.read
        place["ExclusiveStartKey"] = to_item({plan.attribute: bucket.key, "first_seen": first_seen, "id": finding_id})
    return place
