"""Judges forwarded events and stores what the detections find."""

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.clock import iso, now
from contract.cloudtrail import timestamp
from contract.finding import OURS, Finding, detection_finding_id
from contract.names import CROWDED, GLOBAL_REGIONS, METRICS_NAMESPACE, Names, partition_of
from contract.settings import read_settings
from hub.clients import aws_client
from hub.crowd import Tally, crowding
from hub.detections.catalogue import DETECTIONS
from hub.detections.engine import Engine
from hub.detections.settings import load_settings
from hub.detections.verdict import Verdict
from hub.events import event_of
from hub.lookups.lookup import Question
from hub.lookups.questions import LookupQueue, questions_about
from hub.membership import Membership
from hub.named_accounts import judged
from hub.organization import listed_accounts, places_of
from hub.own_findings import UNKNOWN_ACCOUNT
from hub.republished import met
from hub.settings import DetectorSettings
from hub.store.accounts import AccountStore
from hub.store.findings import FindingStore, UpsertError
from hub.store.windows import WindowStore

logger = Logger(service="detector")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="detector")

_TUNING = Path(__file__).with_name("settings.json")

Ask = Callable[[Sequence[Question]], set[str]]


class Judged(msgspec.Struct, frozen=True):
    """What was found in an event, what a look-up must say about it, and whether what it adds to counts was kept."""

    findings: Sequence[Finding] = ()
    questions: Sequence[Question] = ()
    is_counted: bool = True


UNWATCHED = Judged()


@metrics.log_metrics
def detect_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Judge a batch of the queue; a message that fails comes back alone and ends in the dead-letter queue."""
    records = event["Records"]
    messages = {record["messageId"]: record["body"] for record in records}
    for account, events in crowding(messages.values()).items():
        logger.info(CROWDED, account=account, events=events)
    failed = _detector().detect(messages)
    _count(messages.values())
    metrics.add_metric(name="Events", unit=MetricUnit.Count, value=len(records))
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}


def _count(bodies: Collection[str]) -> None:
    try:
        _tally().count(bodies, now())
    except Exception:  # the isolator of numbers to look at: what was found is stored, whether or not they are
        logger.exception("Events were not counted")


@cache
def _tally() -> Tally:
    # Detecting does without it: its cold start.
    from hub.store.event_counts import EventCountStore  # noqa: PLC0415

    table = read_settings(DetectorSettings, os.environ).state_table
    return Tally(EventCountStore(aws_client("dynamodb"), table).add)


@cache
def _detector() -> "Detector":
    settings = read_settings(DetectorSettings, os.environ)
    client = aws_client("dynamodb")
    engine = Engine(DETECTIONS, load_settings(_TUNING), names=Names(settings.prefix))
    membership = Membership(
        AccountStore(client, settings.state_table),
        lambda: listed_accounts(aws_client("organizations")),
        now,
        logger,
        on_change=lambda members: engine.know_places(places_of(members.values())),
    )
    lookups = LookupQueue(lambda: aws_client("sqs"), settings.lookups_queue_url)
    stores = Stores(FindingStore(client, settings.findings_table), WindowStore(client, settings.state_table))
    return Detector(engine, stores, membership, now, lookups.put)


class Stores(msgspec.Struct, frozen=True):
    """What the detector keeps: findings, and what the detections that count have seen."""

    findings: FindingStore
    windows: WindowStore


class Detector:
    """The catalogue, the organization's accounts and the store, between queue and table."""

    def __init__(
        self, engine: Engine, stores: Stores, membership: Membership, clock: Callable[[], datetime], ask: Ask
    ) -> None:
        """Take what it works with; `ask` queues questions and returns the findings about which it could not."""
        self._engine = engine
        self._stores = stores
        self._membership = membership
        self._clock = clock
        self._ask = ask

    def detect(self, messages: Mapping[str, str]) -> list[str]:
        """Judge messages (id → body), store their findings in one go and return the ids of those that failed.

        Only what is stored is asked about: an alert waits for no look-up.
        """
        observed_at = iso(self._clock())
        found: dict[str, Judged] = {}
        failed: list[str] = []
        for message, body in messages.items():
            try:
                found[message] = self._judged(body, observed_at)
            except Exception:  # the isolator of messages: one that cannot be read holds up no other
                logger.exception("A message was not judged", message_id=message)
                failed.append(message)
        metrics.add_metric(name="EventsRefused", unit=MetricUnit.Count, value=len(failed))
        failed += self._unstored(found)
        failed += [message for message, one in found.items() if not (one.is_counted or message in failed)]
        return failed + self._unasked({message: one for message, one in found.items() if message not in failed})

    def _judged(self, body: str, observed_at: str) -> Judged:
        if self._is_nobodys_business(body):
            return UNWATCHED
        event = event_of(body)
        is_stranger = self._membership.is_stranger(event["account"])
        verdict = judged(self._engine, self._membership, event, observed_at)
        for failure in verdict.failures:
            logger.error("A detection failed", detection=failure.detection, reason=failure.reason)
            metrics.add_metric(name="DetectionsFailed", unit=MetricUnit.Count, value=1)
        findings, is_counted = self._settled(verdict)
        strange = [unknown_account(event, observed_at)] if is_stranger else []
        questions = questions_about(findings, event, self._engine.detections)
        return Judged([*findings, *strange], questions, is_counted)

    def _settled(self, verdict: Verdict) -> tuple[list[Finding], bool]:
        """Return the findings, those of complete counts too, and whether the counts could be kept."""
        try:
            return verdict.settled(self._stores.windows.count), True
        except Exception:  # the isolator of counts: what the event shows by itself is stored all the same
            logger.exception("An event was not counted", detections=[one.detection for one in verdict.sightings])
            return list(verdict.findings), False

    def _is_nobodys_business(self, body: str) -> bool:
        """Whether a member's event needs no reading, because no detection has a word on it."""
        glance = self._engine.glance(body)
        account = glance and glance.get("account")
        if not (glance and account and self._engine.is_unwatched(glance)):
            return False
        return not self._membership.is_stranger(account)

    def _unstored(self, found: Mapping[str, Judged]) -> list[str]:
        findings = [finding for one in found.values() for finding in one.findings]
        metrics.add_metric(name="Findings", unit=MetricUnit.Count, value=len(findings))
        if not findings:
            return []
        try:
            self._stores.findings.upsert(self._met(findings))
        except UpsertError as error:
            logger.exception("Findings were not stored", findings=list(error.failed))
            return [name for name, one in found.items() if any(each.id in error.failed for each in one.findings)]
        return []

    def _met(self, findings: Iterable[Finding]) -> list[Finding]:
        """Return the findings of other services as later sights of what the store has of them; ours as they are."""
        ours = [one for one in findings if one.product == OURS]
        others = [one for one in findings if one.product != OURS]
        return [*ours, *(met(others, self._stores.findings.read(one.id for one in others)) if others else [])]

    def _unasked(self, found: Mapping[str, Judged]) -> list[str]:
        unasked = self._ask([question for one in found.values() for question in one.questions])
        if unasked:
            logger.error("Look-ups were not asked for", findings=sorted(unasked))
        return [name for name, one in found.items() if any(each.finding in unasked for each in one.questions)]


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
