"""A queue's messages, each on its own: one that fails is logged, counted and comes back alone."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, FailureResponse, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from contract.names import QUEUE_ATTEMPTS


class MessageProcessor(BatchProcessor):
    """Powertools' processor, which keeps quiet about failures, with a voice."""

    def __init__(self, logger: Logger, metrics: Metrics) -> None:
        """Take the handler's logger and metrics."""
        super().__init__(EventType.SQS, raise_on_entire_batch_failure=False)
        self._logger = logger
        self._metrics = metrics

    def failure_handler(self, record: Any, exception: Any) -> FailureResponse:
        """Say which message failed and why."""
        self._logger.error("A message failed", exc_info=exception, message_id=record.message_id)
        self._metrics.add_metric(name="MessagesFailed", unit=MetricUnit.Count, value=1)
        return super().failure_handler(record, exception)


def process_messages(
    event: dict[str, Any], handle: Callable[[str], None], logger: Logger, metrics: Metrics
) -> dict[str, Any]:
    """Hand each message's body to `handle` and return Lambda's answer."""
    return process_records(event, lambda record: handle(record.body), logger, metrics)


def process_records(
    event: dict[str, Any], handle: Callable[[SQSRecord], None], logger: Logger, metrics: Metrics
) -> dict[str, Any]:
    """Hand each message to `handle` and return Lambda's answer."""
    metrics.add_metric(name="Messages", unit=MetricUnit.Count, value=len(event["Records"]))
    return dict(process_partial_response(event, handle, MessageProcessor(logger, metrics)))


def is_last_attempt(record: SQSRecord) -> bool:
    """Whether the message goes to the dead letters if it fails now."""
    return int(record.attributes.approximate_receive_count) >= QUEUE_ATTEMPTS
