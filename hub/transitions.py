"""Passes on to the notifier what people should hear of: findings that open, reopen or become more severe."""

import os
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.finding import Finding, Mode
from contract.names import METRICS_NAMESPACE
from contract.settings import read_settings
from hub.clients import aws_client
from hub.notifier.notice import Notice, Transition, notice_text
from hub.settings import TransitionsSettings
from hub.store.attributes import number
from hub.store.items import finding_of
from hub.streams import StreamRecord, batch_response, stream_records

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

logger = Logger(service="transitions")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="transitions")

# SendMessageBatch takes ten messages.
_MESSAGES = 10


@metrics.log_metrics
def pass_on_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Queue a notice for each transition of a batch of the stream, in order, up to the first that fails."""
    records = list(stream_records(event))
    metrics.add_metric(name="StreamRecords", unit=MetricUnit.Count, value=len(records))
    return batch_response(pass_on(records, aws_client("sqs"), _queue_url()))


@cache
def _queue_url() -> str:
    return read_settings(TransitionsSettings, os.environ).notifier_queue_url


def pass_on(records: Iterable[StreamRecord], sqs: "SQSClient", queue_url: str) -> str | None:
    """Queue the records' notices; return the first sequence number that failed, from which on Lambda comes again.

    What was queued behind it in one call is queued twice then: the notifier's ledger tells it once.
    """
    notices: list[tuple[str, Notice]] = []
    failed = None
    for record in records:
        try:
            notice = notice_about(record)
        except Exception:  # the isolator of stream records: those before one that cannot be read are passed on
            logger.exception("A stream record is no finding", sequence=record.sequence)
            metrics.add_metric(name="StreamRecordsRefused", unit=MetricUnit.Count, value=1)
            failed = record.sequence
            break
        if notice:
            notices.append((record.sequence, notice))
    return _first_unsent(notices, sqs, queue_url) or failed


def notice_about(record: StreamRecord) -> Notice | None:
    """Return what people should hear of a change, or None."""
    if record.new is None:
        return None
    after = finding_of(record.new)
    before = finding_of(record.old) if record.old else None
    transition = transition_between(before, after)
    return Notice(after, transition, number(record.new, "revision")) if transition else None


def transition_between(before: Finding | None, after: Finding) -> Transition | None:
    """Return why people should hear that a finding changed; of monitored and closed ones they hear nothing."""
    if not _is_told(after):
        return None
    if before is None or not _is_told(before):
        return Transition.REOPENED if before and not before.is_open else Transition.OPENED
    return Transition.WORSENED if after.severity.rank > before.severity.rank else None


def _is_told(finding: Finding) -> bool:
    return finding.is_open and finding.mode is Mode.LIVE


def _first_unsent(notices: Sequence[tuple[str, Notice]], sqs: "SQSClient", queue_url: str) -> str | None:
    for start in range(0, len(notices), _MESSAGES):
        sequences = [sequence for sequence, _ in notices[start : start + _MESSAGES]]
        answer = sqs.send_message_batch(
            QueueUrl=queue_url,
            Entries=[
                {"Id": str(place), "MessageBody": notice_text(notice)}
                for place, (_, notice) in enumerate(notices[start : start + _MESSAGES])
            ],
        )
        refused = [int(entry["Id"]) for entry in answer.get("Failed", [])]
        metrics.add_metric(name="NoticesQueued", unit=MetricUnit.Count, value=len(sequences) - len(refused))
        if refused:
            return sequences[min(refused)]
    return None
