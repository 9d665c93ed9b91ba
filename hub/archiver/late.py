"""Archives findings that were deleted before their day was archived: the archive was behind for two weeks."""

import base64
import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.archive import late_part_of, written
from contract.names import METRICS_NAMESPACE
from contract.settings import read_settings
from hub.clients import aws_client
from hub.messages import process_messages
from hub.settings import LateArchiverSettings
from hub.store.body import unpacked
from hub.store.items import due_day

logger = Logger(service="late_archiver")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="late_archiver")


@metrics.log_metrics
def archive_late_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Archive the deleted findings of a queue, each in a file of its own; a message that fails comes back alone."""
    settings, s3 = read_settings(LateArchiverSettings, os.environ), aws_client("s3")

    def archive(body: str) -> None:
        finding = unpacked(base64.b64decode(body, validate=True))
        key = late_part_of(due_day(finding), finding.id)
        s3.put_object(Bucket=settings.archive_bucket, Key=key, Body=written([finding]))
        metrics.add_metric(name="FindingsArchivedLate", unit=MetricUnit.Count, value=1)

    return process_messages(event, archive, logger, metrics)
