"""Passes on what changed findings lead to: what people should hear of, and what Security Hub should."""

import base64
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.finding import Finding, Mode, Severity
from contract.names import CRITICAL_FINDINGS, METRICS_NAMESPACE
from contract.settings import read_settings
from hub.clients import aws_client
from hub.notifier.notice import Notice, notice_text, queueable
from hub.publications import is_to_publish
from hub.settings import TransitionsSettings
from hub.store.attributes import from_item, number, text
from hub.store.expired import ProgressStore
from hub.store.items import finding_of
from hub.store.outgoing import Transition
from hub.streams import StreamRecord, batch_response, comparable, stream_records
from hub.turns import turn_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

logger = Logger(service="transitions")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="transitions")

# SendMessageBatch takes ten messages.
_MESSAGES = 10


# Security Hub tells of a new finding within minutes.
_NEWS = timedelta(days=1)


class Change(msgspec.Struct, frozen=True):
    """A finding before (None: there was none) and after a change, and the revision that it has now."""

    before: Finding | None
    after: Finding
    revision: int


# A message of a queue, with the sequence number of the record that it is about.
Message = tuple[str, str]


class Outlet(msgspec.Struct):
    """A queue that hears of some changes: `body` returns what it hears of one, empty for nothing."""

    metric: str
    queue: str
    body: Callable[[Change], str]
    messages: list[Message] = []


@metrics.log_metrics
def pass_on_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Queue what follows from a batch of the stream, in order, up to the first record that fails."""
    records = list(stream_records(event))
    metrics.add_metric(name="StreamRecords", unit=MetricUnit.Count, value=len(records))
    settings = _settings()
    failed = pass_on(records, aws_client("sqs"), settings, cache(lambda: _archived_through(settings.state_table)))
    return batch_response(failed)


@cache
def _settings() -> TransitionsSettings:
    return read_settings(TransitionsSettings, os.environ)


def pass_on(
    records: Iterable[StreamRecord],
    sqs: "SQSClient",
    settings: TransitionsSettings,
    archived_through: Callable[[], str] = lambda: "",
) -> str | None:
    """Queue what the records lead to: notices, turns, and with a publisher's queue what it should publish.

    Return the first sequence number that failed, from which on Lambda comes again. What was queued behind it in one
    call is queued twice then: the notifier's ledger tells it once, the others take it as no change.
    """
    outlets = [
        Outlet("NoticesQueued", settings.notifier_queue_url, _notice),
        Outlet("TurnsQueued", settings.workflow_queue_url, _turn),
        Outlet("PublicationsQueued", settings.publisher_queue_url, _publication),
    ]
    deleted = Outlet("DeletionsQueued", settings.late_archiver_queue_url, lambda _: "")
    failed = None
    for record in records:
        is_kept = bool(deleted.queue) and is_unarchived(record, archived_through)
        try:
            if is_kept:
                deleted.messages.append((record.sequence, _body(record)))
            change = change_of(record)
        except Exception:  # the isolator of stream records: those before one that cannot be read are passed on
            logger.exception("A stream record is no finding", sequence=record.sequence)
            metrics.add_metric(name="StreamRecordsRefused", unit=MetricUnit.Count, value=1)
            failed = record.sequence
            break
        for outlet in outlets if change else ():
            if change and outlet.queue and (body := outlet.body(change)):
                outlet.messages.append((record.sequence, body))
    unsent = (_unsent(one.messages, sqs, one.queue, one.metric) for one in [*outlets, deleted])
    return min((one for one in unsent if one), key=comparable, default=failed)


def _archived_through(table: str) -> str:
    """Return the last day that is archived whole; empty before the first."""
    progress = ProgressStore(aws_client("dynamodb"), table).read()
    return progress.through if progress else ""


def is_unarchived(record: StreamRecord, archived_through: Callable[[], str]) -> bool:
    """Whether a finding expired before its day was archived."""
    if not (record.is_expiry and record.old):
        return False
    day = text(record.old, "severity_bucket").partition("#")[2].partition("#")[0]
    return day > archived_through()


def _body(record: StreamRecord) -> str:
    """Return a deleted finding as its item had it, in base64 (the stream's own form)."""
    body = from_item({"body": (record.old or {})["body"]})["body"]
    return base64.b64encode(body if isinstance(body, bytes) else b"").decode()


def _notice(change: Change) -> str:
    notice = notice_about(change)
    if notice and notice.finding.severity is Severity.CRITICAL:
        metrics.add_metric(name=CRITICAL_FINDINGS, unit=MetricUnit.Count, value=1)
    return notice_text(notice) if notice else ""


def _turn(change: Change) -> str:
    turn = turn_of(change.before, change.after, change.revision)
    return msgspec.json.encode(turn).decode() if turn else ""


def _publication(change: Change) -> str:
    is_published = is_to_publish(change.before, change.after)
    return msgspec.json.encode(queueable(change.after)).decode() if is_published else ""


def change_of(record: StreamRecord) -> Change | None:
    """Return how a finding changed, or None when it is gone."""
    if record.new is None:
        return None
    before = finding_of(record.old) if record.old else None
    return Change(before, finding_of(record.new), number(record.new, "revision"))


def notice_about(change: Change) -> Notice | None:
    """Return what people should hear of a change, or None."""
    transition = transition_between(change.before, change.after)
    return Notice(change.after, transition, change.revision) if transition else None


def transition_between(before: Finding | None, after: Finding) -> Transition | None:
    """Return why people should hear that a finding changed; of monitored and closed ones they hear nothing."""
    if not _is_told(after) or (before is None and _is_old_news(after)):
        return None
    if before is None or not _is_told(before):
        return Transition.REOPENED if before and not before.is_open else Transition.OPENED
    return Transition.WORSENED if after.severity.rank > before.severity.rank else None


def _is_told(finding: Finding) -> bool:
    return finding.is_open and finding.mode is Mode.LIVE


def _is_old_news(finding: Finding) -> bool:
    """Whether a finding of Security Hub's was there long before the hub: the first sync brings thousands."""
    seen = datetime.fromisoformat(finding.observed_at)
    return finding.is_of_security_hub and seen - datetime.fromisoformat(finding.first_seen) > _NEWS


def _unsent(messages: Sequence[Message], sqs: "SQSClient", queue_url: str, metric: str) -> str | None:
    """Queue messages; return the first sequence number whose message the queue refused, after which none is tried."""
    for start in range(0, len(messages), _MESSAGES):
        group = messages[start : start + _MESSAGES]
        answer = sqs.send_message_batch(
            QueueUrl=queue_url,
            Entries=[{"Id": str(place), "MessageBody": body} for place, (_, body) in enumerate(group)],
        )
        refused = [int(entry["Id"]) for entry in answer.get("Failed", [])]
        metrics.add_metric(name=metric, unit=MetricUnit.Count, value=len(group) - len(refused))
        if refused:
            return group[min(refused)][0]
    return None
