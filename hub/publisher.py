"""Publishes Muster's findings to Security Hub, where that is switched on."""

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.asff_written import published
from contract.catalogue import describe
from contract.finding import Finding
from contract.names import METRICS_NAMESPACE
from contract.settings import read_settings
from hub.clients import aws_client
from hub.settings import PublisherSettings

logger = Logger(service="publisher")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="publisher")

# BatchImportFindings takes a hundred findings.
_FINDINGS = 100
Asff = Mapping[str, Any]


@metrics.log_metrics
def publish_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Publish a batch of the queue; what Security Hub refuses comes back alone and ends in the dead-letter queue."""
    records = event["Records"]
    metrics.add_metric(name="Messages", unit=MetricUnit.Count, value=len(records))
    failed = _publisher().publish({record["messageId"]: record["body"] for record in records})
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}


@cache
def _publisher() -> "Publisher":
    return Publisher(aws_client("securityhub"), read_settings(PublisherSettings, os.environ))


class Publisher:
    """Security Hub in the hub's account and Region."""

    def __init__(self, client: Any, settings: PublisherSettings) -> None:
        """Take its client and the product under which findings are imported."""
        self._client = client
        self._settings = settings

    def publish(self, messages: Mapping[str, str]) -> list[str]:
        """Import the findings of messages (id → body) and return the ids of the messages that failed.

        Of one finding's several versions only the newest is imported, for all their messages.
        """
        read: dict[str, Asff] = {}
        failed: list[str] = []
        for message, body in messages.items():
            try:
                read[message] = self._asff(body)
            except Exception:  # the isolator of messages: one that cannot be read holds up no other
                logger.exception("A message is no finding", message_id=message)
                failed.append(message)
        newest = {one["Id"]: one for one in sorted(read.values(), key=lambda one: str(one["UpdatedAt"]))}
        refused = self._refused(list(newest.values()))
        metrics.add_metric(name="FindingsPublished", unit=MetricUnit.Count, value=len(newest) - len(refused))
        metrics.add_metric(name="FindingsRefused", unit=MetricUnit.Count, value=len(refused))
        return failed + [message for message, one in read.items() if one["Id"] in refused]

    def _asff(self, body: str) -> Asff:
        finding = msgspec.json.decode(body, type=Finding)
        text = describe(finding.detection)
        return published(finding, text, self._settings.product_arn, self._settings.dashboard_url)

    def _refused(self, findings: Sequence[Asff]) -> set[str]:
        groups = (findings[start : start + _FINDINGS] for start in range(0, len(findings), _FINDINGS))
        return {refused for group in groups for refused in self._imported(group)}

    def _imported(self, group: Sequence[Asff]) -> Iterator[str]:
        """Import at most a hundred findings and yield the ids of those that are refused.

        A finding that breaks ASFF's rules may take the whole call down: then each is tried alone.
        """
        try:
            answer = self._client.batch_import_findings(Findings=list(group))
        except self._client.exceptions.InvalidInputException as error:
            if len(group) > 1:
                yield from (refused for one in group for refused in self._imported([one]))
                return
            logger.error("Security Hub refused a finding", finding=group[0]["Id"], reason=str(error))  # noqa: TRY400
            yield group[0]["Id"]
            return
        for one in answer.get("FailedFindings", []):
            logger.error(
                "Security Hub refused a finding", finding=one["Id"], reason=f"{one['ErrorCode']}: {one['ErrorMessage']}"
            )
            yield one["Id"]
