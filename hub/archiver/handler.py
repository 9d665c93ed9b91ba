"""The archiver: every day that is due, shard by shard, part by part; killed anywhere, it goes on."""

import os
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.archive import part_of, written
from contract.clock import now
from contract.names import ARCHIVE_LAG, METRICS_NAMESPACE
from contract.settings import read_settings
from hub.clients import aws_client
from hub.settings import ArchiverSettings
from hub.store.expired import ExpiredFindings, Progress, ProgressStore
from hub.store.items import MARGIN, SHARDS

logger = Logger(service="archiver")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="archiver")

# Some megabytes as they are, one compressed: what Athena reads well, and a function holds easily.
_PART = 4_000
_RESERVE_SECONDS = 60
Put = Callable[[str, bytes], None]


@metrics.log_metrics
def archive_handler(_event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Archive what is due and return how far the archive is; the rest follows with the next call."""
    settings, client = read_settings(ArchiverSettings, os.environ), aws_client("dynamodb")
    s3 = aws_client("s3")

    def put(key: str, body: bytes) -> None:
        s3.put_object(Bucket=settings.archive_bucket, Key=key, Body=body, ContentType="application/gzip")

    progress = ProgressStore(client, settings.state_table)
    archiver = Archiver(ExpiredFindings(client, settings.findings_table), progress, put)
    through = archiver.run(now(), lambda: bool(context.get_remaining_time_in_millis() / 1000 > _RESERVE_SECONDS))
    return {"through": through}


class Archiver:
    """The work list on one side, the bucket on the other."""

    def __init__(self, expired: ExpiredFindings, progress: ProgressStore, put: Put) -> None:
        """Take the work list, where it is kept how far it is done, and what writes an object."""
        self._expired = expired
        self._progress = progress
        self._put = put

    def run(self, moment: datetime, has_time: Callable[[], bool]) -> str:
        """Archive every day before today that is not; return the last one that is.

        Today may still get findings: whatever closes is due in 90 days, so its own day is over then.
        """
        yesterday = moment.date() - timedelta(days=1)
        first = yesterday - MARGIN
        progress = self._progress.read() or Progress(through=first.isoformat())
        while has_time() and progress.through < yesterday.isoformat():
            progress = self._step(progress)
            self._progress.write(progress)
        lag = (yesterday - date.fromisoformat(progress.through)).days
        metrics.add_metric(name=ARCHIVE_LAG, unit=MetricUnit.Count, value=max(lag, 0))
        return progress.through

    def _step(self, progress: Progress) -> Progress:
        """Write the next part; the same part is the same object, however often it is written."""
        day = (date.fromisoformat(progress.through) + timedelta(days=1)).isoformat()
        findings, after = self._expired.part(day, progress, _PART)
        if findings:
            self._put(part_of(day, progress.shard, progress.part), written(findings))
            metrics.add_metric(name="FindingsArchived", unit=MetricUnit.Count, value=len(findings))
        if after:
            return msgspec.structs.replace(progress, part=progress.part + 1, after=after)
        if progress.shard + 1 < SHARDS:
            return Progress(progress.through, progress.shard + 1)
        logger.info("A day is archived", day=day)
        return Progress(day)
