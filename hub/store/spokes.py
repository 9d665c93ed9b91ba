"""The last heartbeat of each spoke."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from botocore.exceptions import ClientError

from contract.names import SPOKES_PARTITION, spoke_key
from contract.spoke_events import INTERVAL_SECONDS, Heartbeat
from hub.store.attributes import to_item
from hub.store.documents import document_item, document_of, is_refused, read_partition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


# One heartbeat may be late or lost.
_MISSED_BEATS = 2
# How long a spoke that was never heard of is waited for.
PATIENCE = timedelta(seconds=_MISSED_BEATS * INTERVAL_SECONDS)
# What a spoke claims is not trusted: a longer interval (seconds) would keep it from ever being silent.
_LONGEST_INTERVAL = 86_400


class Spoke(msgspec.Struct, frozen=True):
    """A spoke's last heartbeat and when it was sent (`contract.clock.iso` text), by the hub's clock at the latest."""

    heartbeat: Heartbeat
    seen_at: str

    @property
    def silent_from(self) -> datetime:
        """The moment after which more than two heartbeats are missing."""
        interval = min(max(self.heartbeat.interval_seconds, 0), _LONGEST_INTERVAL)
        return datetime.fromisoformat(self.seen_at) + timedelta(seconds=_MISSED_BEATS * interval)

    def is_silent(self, now: datetime) -> bool:
        """Return whether more than two heartbeats are missing."""
        return now > self.silent_from


class SpokeStore:
    """Heartbeats in the state table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the state table's name."""
        self._client = client
        self._table = table

    def beat(self, heartbeat: Heartbeat, seen_at: str) -> bool:
        """Store a heartbeat and return True; one that is not newer than the stored one changes nothing."""
        key = spoke_key(heartbeat.account, heartbeat.region)
        try:
            self._client.put_item(
                TableName=self._table,
                Item={**document_item(key, Spoke(heartbeat, seen_at)), **to_item({"seen_at": seen_at})},
                ConditionExpression="attribute_not_exists(pk) OR seen_at < :seen_at",
                ExpressionAttributeValues=to_item({":seen_at": seen_at}),
            )
        except ClientError as error:
            if not is_refused(error):
                raise
            return False
        return True

    def all(self) -> list[Spoke]:
        """Return every spoke that was ever heard of."""
        return list(self.each())

    def each(self) -> Iterator[Spoke]:
        """Yield every spoke that was ever heard of: a large organization has more than a small function can hold."""
        for item in read_partition(self._client, self._table, SPOKES_PARTITION):
            yield document_of(item, Spoke)
