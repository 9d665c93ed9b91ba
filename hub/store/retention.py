"""The last report of each spoke's jobs on images and snapshots."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from botocore.exceptions import ClientError

from contract.clock import iso
from contract.names import RETENTION_PARTITION, checkpoint_key, retention_key
from contract.spoke_events import Job, RetentionReport
from hub.store.attributes import to_item
from hub.store.documents import Key, document_item, document_of, is_refused, key_item, read_document, read_partition
from hub.store.schema import TTL_ATTRIBUTE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Of an account that is gone, nothing is heard any more.
KEPT = timedelta(days=90)


class LastRun(msgspec.Struct, frozen=True):
    """A job's last run and when it was told of (`contract.clock.iso` text), by the hub's clock at the latest."""

    report: RetentionReport
    seen_at: str

    @property
    def is_failed(self) -> bool:
        """Whether it came to no end, or something could not be done."""
        return bool(self.report.error or self.report.failed)


class _Expected(msgspec.Struct, frozen=True):
    since: str


class RetentionStore:
    """Reports of the jobs in the state table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the state table's name."""
        self._client = client
        self._table = table

    def record(self, report: RetentionReport, at: datetime) -> bool:
        """Store a report and return True; one that is not newer than the stored one changes nothing."""
        seen_at = iso(at)
        more = to_item({"seen_at": seen_at, TTL_ATTRIBUTE: int((at + KEPT).timestamp())})
        key = retention_key(report.account, report.region, report.job)
        try:
            self._client.put_item(
                TableName=self._table,
                Item={**document_item(key, LastRun(report, seen_at)), **more},
                ConditionExpression="attribute_not_exists(pk) OR seen_at < :seen_at",
                ExpressionAttributeValues=to_item({":seen_at": seen_at}),
            )
        except ClientError as error:
            if not is_refused(error):
                raise
            return False
        return True

    def each(self) -> Iterator[LastRun]:
        """Yield the last run of every job that was ever heard of within 90 days."""
        for item in read_partition(self._client, self._table, RETENTION_PARTITION):
            yield document_of(item, LastRun)

    def expected_since(self, job: Job, moment: str) -> str:
        """Return since when a job's runs are expected: since now, the first time that anybody asks."""
        key = _expected_key(job)
        stored = read_document(self._client, self._table, key, _Expected)
        if not stored:
            self._client.put_item(TableName=self._table, Item=document_item(key, _Expected(moment)))
        return stored.since if stored else moment

    def expect_none(self, job: Job) -> None:
        """Forget since when a job's runs are expected."""
        key = _expected_key(job)
        if read_document(self._client, self._table, key, _Expected):
            self._client.delete_item(TableName=self._table, Key=key_item(key))


def _expected_key(job: Job) -> Key:
    return checkpoint_key(f"retention-{job}")
