"""Stores Security Hub's findings as its events bring them."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.clock import iso, now
from contract.cloudtrail import timestamp
from contract.finding import Finding
from contract.names import METRICS_NAMESPACE
from contract.settings import read_settings
from hub.clients import aws_client
from hub.events import MalformedMessageError, event_of
from hub.ingestion import Ingestion
from hub.settings import IngesterSettings
from hub.store.findings import FindingStore, UpsertError

logger = Logger(service="ingester")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="ingester")


@metrics.log_metrics
def ingest_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Store a batch of the queue; a message that fails comes back alone and ends in the dead-letter queue."""
    records = event["Records"]
    metrics.add_metric(name="Events", unit=MetricUnit.Count, value=len(records))
    failed = _ingester().ingest({record["messageId"]: record["body"] for record in records})
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}


@cache
def _ingester() -> "Ingester":
    settings = read_settings(IngesterSettings, os.environ)
    store = FindingStore(aws_client("dynamodb"), settings.findings_table)
    return Ingester(Ingestion(store, settings.hub_account, settings.other_feeds.split(",")), now)


class Ingester:
    """Security Hub's events, between queue and table."""

    def __init__(self, ingestion: Ingestion, clock: Callable[[], datetime]) -> None:
        """Take what it works with."""
        self._ingestion = ingestion
        self._clock = clock

    def ingest(self, messages: Mapping[str, str]) -> list[str]:
        """Store the findings of messages (id → body), all in one go, and return the ids of those that failed."""
        read: dict[str, list[Finding]] = {}
        failed: list[str] = []
        for message, body in messages.items():
            try:
                read[message] = self._findings(body)
            except Exception:  # the isolator of messages: one that cannot be read holds up no other
                logger.exception("A message was not read", message_id=message)
                failed.append(message)
        metrics.add_metric(name="EventsRefused", unit=MetricUnit.Count, value=len(failed))
        return failed + self._unstored(read)

    def _findings(self, body: str) -> list[Finding]:
        """Return an event's findings, seen when Security Hub sent it."""
        event = event_of(body)
        documents = event.get("detail", {}).get("findings")
        if not isinstance(documents, list) or not all(isinstance(one, dict) for one in documents):
            raise MalformedMessageError("field detail.findings must be a list of objects")
        sent_at = timestamp(event.get("time"))
        return self._ingestion.findings(documents, iso(sent_at or self._clock()))

    def _unstored(self, read: Mapping[str, list[Finding]]) -> list[str]:
        findings = [finding for one in read.values() for finding in one]
        metrics.add_metric(name="Findings", unit=MetricUnit.Count, value=len(findings))
        try:
            changes = self._ingestion.store(findings, renewing=True) if findings else []
        except UpsertError as error:
            logger.exception("Findings were not stored", findings=list(error.failed))
            return [message for message, one in read.items() if any(each.id in error.failed for each in one)]
        metrics.add_metric(name="FindingsChanged", unit=MetricUnit.Count, value=len(changes))
        return []
