"""Stores what spokes report: heartbeats, tagging results, agents, runs over images and snapshots."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.clock import iso, now
from contract.cloudtrail import timestamp
from contract.names import (
    AGENT_STATUS,
    HEARTBEAT,
    LAMBDA_RESULT,
    METRICS_NAMESPACE,
    RETENTION_ERRORS,
    RETENTION_FAILURES,
    RETENTION_MEMORY,
    RETENTION_REPORT,
    RETENTION_RUNS,
    RETENTION_SECONDS,
    RETENTION_SEEN,
    TAGGING_LAG,
    TAGGING_RESULT,
    UNWELL_SPOKES,
)
from contract.settings import read_settings
from contract.spoke_events import SCHEMA, AgentStatus, Heartbeat, RetentionReport, SpokeEvent, TaggingResult
from hub.clients import aws_client
from hub.messages import process_messages
from hub.settings import ReportsSettings
from hub.store.agents import AgentStore
from hub.store.retention import RetentionStore
from hub.store.spokes import SpokeStore
from hub.store.tagging import TaggingStore

logger = Logger(service="reports")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="reports")

# Clocks differ; more than this is a sender that would look alive for longer than it is.
_AHEAD = timedelta(minutes=5)

REPORTS: Mapping[str, type[SpokeEvent]] = {
    HEARTBEAT: Heartbeat,
    TAGGING_RESULT: TaggingResult,
    AGENT_STATUS: AgentStatus,
    RETENTION_REPORT: RetentionReport,
}


class ReportError(ValueError):
    """A report that is not of a known kind and form, or speaks for an account that did not send it."""


@metrics.log_metrics
def record_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Store a batch of reports; one that is refused comes back alone and ends in the dead-letter queue."""
    return process_messages(event, _recorder().record, logger, metrics)


@cache
def _recorder() -> "Recorder":
    client = aws_client("dynamodb")
    table = read_settings(ReportsSettings, os.environ).state_table
    stores = Stores(
        SpokeStore(client, table), TaggingStore(client, table), AgentStore(client, table), RetentionStore(client, table)
    )
    return Recorder(stores, now)


class Stores(msgspec.Struct, frozen=True):
    """The stores of reports, by kind."""

    spokes: SpokeStore
    tagging: TaggingStore
    agents: AgentStore
    retention: RetentionStore


class Recorder:
    """Brings each report where its kind is kept."""

    def __init__(self, stores: Stores, clock: Callable[[], datetime]) -> None:
        """Take the stores, and the hub's clock: the time of an event is its sender's."""
        self._stores = stores
        self._clock = clock

    def record(self, body: str) -> None:
        """Store the report in a message; `ReportError` when it must not be stored."""
        event = _event(body)
        report = report_of(event)
        sent_at = _sent_at(event, self._clock())
        if isinstance(report, Heartbeat):
            self._stores.spokes.beat(report, iso(sent_at))
            _note_problems(report)
        elif isinstance(report, TaggingResult):
            self._stores.tagging.record(report, sent_at)
            _note_lag(report)
        elif isinstance(report, AgentStatus):
            _check_time(report.at, self._clock())
            self._stores.agents.record(report)
        elif isinstance(report, RetentionReport):
            self._stores.retention.record(report, sent_at)
            _note_run(report)


def _sent_at(event: Mapping[str, Any], moment: datetime) -> datetime:
    sent_at = timestamp(event.get("time"))
    if sent_at is None:
        raise ReportError("field time is no time")
    _check_time(iso(sent_at), moment)
    return min(sent_at, moment)


def _check_time(text: str, moment: datetime) -> None:
    if text > iso(moment + _AHEAD):
        raise ReportError(f"the time is in the future: {text}")


def _note_lag(report: TaggingResult) -> None:
    """Measure how long after a creation its tags were there: once for the whole organization."""
    if report.lag_seconds is not None:
        metrics.add_metric(TAGGING_LAG, MetricUnit.Seconds, report.lag_seconds)


def _note_run(report: RetentionReport) -> None:
    """Measure the runs over images and snapshots: for the whole organization, for a spoke's own metrics cost."""
    metrics.add_metric(name=RETENTION_RUNS, unit=MetricUnit.Count, value=1)
    metrics.add_metric(name=RETENTION_ERRORS, unit=MetricUnit.Count, value=bool(report.error))
    metrics.add_metric(name=RETENTION_SECONDS, unit=MetricUnit.Seconds, value=report.seconds)
    metrics.add_metric(name=RETENTION_MEMORY, unit=MetricUnit.Megabytes, value=report.peak_memory_mb)
    metrics.add_metric(name=RETENTION_SEEN, unit=MetricUnit.Count, value=report.images + report.snapshots)
    metrics.add_metric(name=RETENTION_FAILURES, unit=MetricUnit.Count, value=report.failed)
    if report.error or report.failed:
        logger.warning(
            "A run over images and snapshots failed",
            account=report.account,
            in_region=report.region,
            job=report.job,
            failed=report.failed,
            reason=report.error,
        )


def _note_problems(report: Heartbeat) -> None:
    """Count what a spoke finds wrong with itself: the alarm on it stands in for alarms in every account."""
    wrong = {check: text for check, text in report.checks.items() if text}
    if wrong:
        logger.warning("A spoke is unwell", account=report.account, region=report.region, checks=wrong)
        metrics.add_metric(UNWELL_SPOKES, MetricUnit.Count, 1)


def _event(body: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ReportError("not a JSON object") from error


def report_of(event: Mapping[str, Any]) -> SpokeEvent:
    """Return the report in an EventBridge event; `ReportError` says why there is none."""
    kind, detail = str(event.get("detail-type")), event.get("detail")
    if kind == LAMBDA_RESULT:
        # Lambda handed over what the spoke's tagger returned.
        kind, detail = TAGGING_RESULT, detail.get("responsePayload") if isinstance(detail, dict) else None
    model = REPORTS.get(kind)
    if model is None:
        raise ReportError(f"unknown detail-type {kind}")
    try:
        report = msgspec.convert(detail, model)
    except msgspec.ValidationError as error:
        raise ReportError(str(error)) from error
    if report.schema != SCHEMA:
        raise ReportError(f"unknown schema {report.schema}")
    # EventBridge writes the envelope's account: it is the sender's, whatever the report says. Its Region is that of the
    # bus, on which spokes of all Regions put their reports.
    if report.account != event.get("account"):
        raise ReportError(f"account {event.get('account')} reports for {report.account}")
    return report
