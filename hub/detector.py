"""Judges forwarded events and stores what the detections find."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.clock import iso, now
from contract.cloudtrail import timestamp
from contract.finding import Finding, detection_finding_id
from contract.names import GLOBAL_REGIONS, METRICS_NAMESPACE, Names, partition_of
from contract.settings import read_settings
from hub.clients import aws_client
from hub.detections.catalogue import DETECTIONS
from hub.detections.engine import Engine
from hub.detections.settings import load_settings
from hub.membership import Membership
from hub.organization import listed_accounts
from hub.own_findings import UNKNOWN_ACCOUNT
from hub.settings import DetectorSettings
from hub.store.accounts import AccountStore
from hub.store.findings import FindingStore, UpsertError

logger = Logger(service="detector")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="detector")

_TUNING = Path(__file__).with_name("settings.json")


class MalformedMessageError(ValueError):
    """A queue's message that is no EventBridge event."""


@metrics.log_metrics
def detect_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Judge a batch of the queue; a message that fails comes back alone and ends in the dead-letter queue."""
    records = event["Records"]
    failed = _detector().detect({record["messageId"]: record["body"] for record in records})
    metrics.add_metric(name="Events", unit=MetricUnit.Count, value=len(records))
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}


@cache
def _detector() -> "Detector":
    settings = read_settings(DetectorSettings, os.environ)
    client = aws_client("dynamodb")
    engine = Engine(DETECTIONS, load_settings(_TUNING), names=Names(settings.prefix))
    membership = Membership(
        AccountStore(client, settings.state_table),
        lambda: listed_accounts(aws_client("organizations")),
        now,
        on_change=engine.know_accounts,
    )
    return Detector(engine, FindingStore(client, settings.findings_table), membership, now)


class Detector:
    """The catalogue, the organization's accounts and the store, between queue and table."""

    def __init__(
        self, engine: Engine, store: FindingStore, membership: Membership, clock: Callable[[], datetime]
    ) -> None:
        """Take what it works with."""
        self._engine = engine
        self._store = store
        self._membership = membership
        self._clock = clock

    def detect(self, messages: Mapping[str, str]) -> list[str]:
        """Judge messages (id → body), store their findings in one go and return the ids of those that failed."""
        observed_at = iso(self._clock())
        found: dict[str, Sequence[Finding]] = {}
        failed: list[str] = []
        for message, body in messages.items():
            try:
                found[message] = self._findings(body, observed_at)
            except Exception:  # the isolator of messages: one that cannot be read holds up no other
                logger.exception("A message was not judged", message_id=message)
                failed.append(message)
        metrics.add_metric(name="EventsRefused", unit=MetricUnit.Count, value=len(failed))
        return failed + self._unstored(found)

    def _findings(self, body: str, observed_at: str) -> list[Finding]:
        seen = self._engine.glance(body)
        if seen and not seen.is_watched and not self._membership.is_stranger(seen.account):
            return []
        event = event_of(body)
        is_stranger = self._membership.is_stranger(event["account"])
        verdict = self._engine.judge(event, observed_at)
        for failure in verdict.failures:
            logger.error("A detection failed", detection=failure.detection, reason=failure.reason)
            metrics.add_metric(name="DetectionsFailed", unit=MetricUnit.Count, value=1)
        return [*verdict.findings, *([unknown_account(event, observed_at)] if is_stranger else [])]

    def _unstored(self, found: Mapping[str, Sequence[Finding]]) -> list[str]:
        findings = [finding for group in found.values() for finding in group]
        metrics.add_metric(name="Findings", unit=MetricUnit.Count, value=len(findings))
        if not findings:
            return []
        try:
            self._store.upsert(findings)
        except UpsertError as error:
            logger.exception("Findings were not stored", findings=list(error.failed))
            return [message for message, group in found.items() if any(one.id in error.failed for one in group)]
        return []


def event_of(body: str) -> dict[str, Any]:
    """Return the EventBridge event in a message; `MalformedMessageError` when there is none."""
    try:
        event = _parsed(body)
    except ValueError as error:
        raise MalformedMessageError("not JSON") from error
    if not (isinstance(event, dict) and isinstance(event.get("account"), str) and event["account"]):
        raise MalformedMessageError("field account must be the sender's account")
    return event


def _parsed(body: str) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:  # JSON allows what it refuses, such as half a surrogate pair
        return json.loads(body)


def unknown_account(event: Mapping[str, Any], observed_at: str) -> Finding:
    """Return the finding that an account which is no member of the organization sends events: one per account.

    It says nothing of the event but when it was, so that the account's next events change nothing.
    """
    account, partition = event["account"], partition_of(str(event.get("region")))
    resource = f"arn:{partition}:iam::{account}:root"
    sent_at = timestamp(event.get("time"))
    return Finding(
        id=detection_finding_id(UNKNOWN_ACCOUNT.family, "", resource, is_attempt=False),
        detection=UNKNOWN_ACCOUNT.id,
        title=UNKNOWN_ACCOUNT.title.format(account=account),
        severity=UNKNOWN_ACCOUNT.severity,
        account=account,
        region=GLOBAL_REGIONS[partition],
        resource=resource,
        resources=(resource,),
        family=UNKNOWN_ACCOUNT.family,
        first_seen=iso(sent_at) if sent_at else observed_at,
        observed_at=observed_at,
    )
