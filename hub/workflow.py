"""Follows what becomes of findings: history, suppressions, and Security Hub, which should know what people decided."""

import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.clock import now
from contract.finding import Finding, Workflow
from contract.names import METRICS_NAMESPACE
from contract.settings import read_settings
from hub.clients import aws_client
from hub.settings import WorkflowSettings
from hub.store.findings import FindingStore
from hub.store.history import HistoryStore
from hub.store.suppressions import SuppressionStore
from hub.suppressing import Suppressing
from hub.turns import Turn
from hub.writeback import WriteBack

logger = Logger(service="workflow")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="workflow")


@metrics.log_metrics
def follow_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Follow a batch of the queue; a message that fails comes back alone and ends in the dead-letter queue."""
    records = event["Records"]
    metrics.add_metric(name="Messages", unit=MetricUnit.Count, value=len(records))
    failed = _follower().follow({record["messageId"]: record["body"] for record in records}, now())
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}


@cache
def _follower() -> "Follower":
    settings, client = read_settings(WorkflowSettings, os.environ), aws_client("dynamodb")
    suppressions = SuppressionStore(client, settings.state_table)
    return Follower(
        FindingStore(client, settings.findings_table),
        HistoryStore(client, settings.state_table),
        suppressions,
        Suppressing.of(client, settings.state_table),
        WriteBack(aws_client("securityhub")) if settings.reads_security_hub else None,
    )


class Follower:
    """The turns of findings, between queue, tables and Security Hub. Everything may be done again without harm."""

    def __init__(
        self,
        findings: FindingStore,
        history: HistoryStore,
        suppressions: SuppressionStore,
        suppressing: Suppressing,
        write_back: WriteBack | None,
    ) -> None:
        """Take what it works with; no `write_back` where nothing is read in Security Hub."""
        self._findings = findings
        self._history = history
        self._suppressions = suppressions
        self._suppressing = suppressing
        self._write_back = write_back

    def follow(self, messages: Mapping[str, str], moment: datetime) -> list[str]:
        """Follow the turns of messages (id → body) and return the ids of those that failed."""
        read = {message: _turn(body) for message, body in messages.items()}
        turns = {message: turn for message, turn in read.items() if turn}
        failed = [message for message in messages if message not in turns]
        findings = self._findings.read(one.finding for one in turns.values())
        for message, turn in turns.items():
            if not self._is_followed(turn, findings.get(turn.finding), moment):
                failed.append(message)
        told = {turn.finding for turn in turns.values() if turn.entry and turn.entry.is_peoples}
        unheard = self._told([one for name, one in findings.items() if name in told])
        _count_overtaken(findings.values(), turns.values())
        return failed + [message for message, one in turns.items() if one.finding in unheard and message not in failed]

    def _is_followed(self, turn: Turn, finding: Finding | None, moment: datetime) -> bool:
        try:
            if turn.entry:
                self._history.add(turn.finding, turn.entry)
            if finding and finding.workflow is Workflow.SUPPRESSED:
                self._suppressions.remember(finding)
            if finding and turn.is_opening:
                self._suppress(finding, moment)
        except Exception:  # the isolator of messages: one that fails holds up no other
            logger.exception("A turn was not followed", finding=turn.finding)
            return False
        return True

    def _suppress(self, finding: Finding, moment: datetime) -> None:
        decision = self._suppressing.decision_about(finding, moment)
        if decision:
            self._findings.decide(finding.id, decision)
            metrics.add_metric(name="FindingsSuppressed", unit=MetricUnit.Count, value=1)

    def _told(self, findings: Iterable[Finding]) -> set[str]:
        """Tell Security Hub what was decided here, as it stands now; return the findings that it did not take."""
        decided = [one for one in findings if one.is_told_here and one.is_of_security_hub]
        if not (decided and self._write_back):
            return set()
        refused = self._write_back.write(decided)
        metrics.add_metric(name="DecisionsWritten", unit=MetricUnit.Count, value=len(decided) - len(refused))
        return refused


def _count_overtaken(findings: Iterable[Finding], turns: Iterable[Turn]) -> None:
    """Say which decisions made here Security Hub's customers have changed before they were written there."""
    decided = {turn.finding for turn in turns if turn.entry and turn.entry.is_told_here}
    for one in findings:
        if one.id in decided and one.is_of_security_hub and not one.is_told_here:
            logger.warning("A decision was overtaken in Security Hub", finding=one.id)
            metrics.add_metric(name="DecisionsOvertaken", unit=MetricUnit.Count, value=1)


def _turn(body: str) -> Turn | None:
    try:
        return msgspec.json.decode(body, type=Turn)
    except msgspec.DecodeError:  # it comes back alone, and ends in the dead-letter queue
        logger.exception("A message is no turn")
        return None
