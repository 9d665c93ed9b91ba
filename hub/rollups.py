"""Counts findings as they change, from the findings table's stream, each change exactly once."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.clock import now
from contract.finding import Finding, Workflow
from contract.names import METRICS_NAMESPACE
from contract.settings import read_settings
from hub.clients import aws_client
from hub.settings import RollupsSettings
from hub.store.attributes import Item, text
from hub.store.compliance import ComplianceStore, Control, control_of, counters_of, together
from hub.store.documents import Key
from hub.store.items import finding_of
from hub.store.rollups import (
    ACCEPTED,
    CLOSED,
    DAYS,
    MOST_COUNTERS,
    NOW,
    RollupStore,
    account_counter,
    control_counter,
    day_counter,
    open_counter,
    seen_counter,
)
from hub.streams import StreamRecord, batch_response, comparable, stream_records

logger = Logger(service="rollups")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="rollups")

_Counts = Counter[tuple[Key, str]]


@metrics.log_metrics
def count_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Count a batch of the stream, with or without a tumbling window (which says the shard's name)."""
    records = list(stream_records(event))
    metrics.add_metric(name="StreamRecords", unit=MetricUnit.Count, value=len(records))
    failed = count(records, _shard(event), _store(), now()) if records else None
    _describe(one for one in records if failed is None or comparable(one.sequence) < comparable(failed))
    return {"state": event.get("state") or {}, **batch_response(failed)}


@cache
def _store() -> RollupStore:
    return RollupStore(aws_client("dynamodb"), read_settings(RollupsSettings, os.environ).state_table)


def _describe(records: Iterable[StreamRecord]) -> None:
    if findings := [found for one in records if (found := _of_control(one.new))]:
        _described().take_in(findings)


@cache
def _described() -> "DescribedControls":
    return DescribedControls(
        ComplianceStore(aws_client("dynamodb"), read_settings(RollupsSettings, os.environ).state_table)
    )


class DescribedControls:
    """What the findings of controls say about these, written when it is news."""

    def __init__(self, store: ComplianceStore) -> None:
        """Take where it is kept."""
        self._store = store
        self._known: dict[str, Control] | None = None

    def take_in(self, findings: Iterable[Finding]) -> None:
        """Write what findings say that is not known yet; said again it changes nothing."""
        for finding in findings:
            if self._known is None:
                self._known = {one.id: one for one in self._store.controls()}
            before = self._known.get(finding.detection)
            after = together(before, control_of(finding))
            if after != before:
                self._store.describe(after)
                self._known[after.id] = after


def _shard(event: Mapping[str, Any]) -> str:
    """Return the name under which the position is kept.

    Without a tumbling window Lambda does not say the shard, and a redrive must not: its records lie behind the shard's
    position. Then a batch that is delivered again is known by its first record.
    """
    first = event["Records"][0]
    return event.get("shardId") or f"{first.get('eventSourceARN', '')}#{first['dynamodb']['SequenceNumber']}"


def count(records: Iterable[StreamRecord], shard: str, store: RollupStore, moment: datetime) -> str | None:
    """Count the records after the shard's position; return the first that cannot be read, which ends the batch."""
    done = store.position(shard)
    counts: _Counts = Counter()
    last, failed = done, None
    for record in records:
        sequence = comparable(record.sequence)
        if sequence <= done:
            continue
        changed = _readable_changes(record, moment)
        if changed is None:
            failed = record.sequence
            break
        if len({*counts, *changed}) > MOST_COUNTERS:
            store.count(counts, shard, done, last, moment)
            done, counts = last, Counter()
        counts.update(changed)
        last = sequence
    if any(counts.values()):
        store.count({key: amount for key, amount in counts.items() if amount}, shard, done, last, moment)
    return failed


def _readable_changes(record: StreamRecord, moment: datetime) -> _Counts | None:
    try:
        return changes(record, moment)
    except Exception:  # the isolator of stream records: those before one that cannot be read are counted
        logger.exception("A stream record is no finding", sequence=record.sequence)
        metrics.add_metric(name="StreamRecordsRefused", unit=MetricUnit.Count, value=1)
        return None


def changes(record: StreamRecord, moment: datetime) -> _Counts:
    """Return by how much each counter changes; a finding that expires still happened on its day."""
    counts: _Counts = Counter(_open(record.new))
    counts.subtract(_open(record.old))
    counts.update(_accepted(record.new))
    counts.subtract(_accepted(record.old))
    counts.update(_compliance(record.new))
    counts.subtract(_compliance(record.old))
    if record.new is not None:
        counts.update(_seen(record.new, moment))
        counts.subtract(_seen(record.old, moment))
        counts.update(_closed(record.old, record.new, moment))
    return Counter({key: amount for key, amount in counts.items() if amount})


def _open(image: Item | None) -> list[tuple[Key, str]]:
    if image is None or "account_bucket" not in image:
        return []
    severity = _said(image, "severity")
    return [
        open_counter(severity),
        account_counter(NOW, _said(image, "account"), severity),
        control_counter(NOW, _said(image, "control")),
    ]


def _accepted(image: Item | None) -> list[tuple[Key, str]]:
    """Return the counters of a finding that is still so, and suppressed."""
    if image is None or _said(image, "workflow") != Workflow.SUPPRESSED:
        return []
    if "record_state" in image or "compliance" in image:
        return []
    severity = _said(image, "severity")
    counters = (account_counter(NOW, _said(image, "account"), severity), control_counter(NOW, _said(image, "control")))
    return [open_counter(severity, ACCEPTED), *((key, ACCEPTED) for key, _ in counters)]


def _compliance(image: Item | None) -> list[tuple[Key, str]]:
    finding = _of_control(image)
    return counters_of(finding) if finding else []


def _of_control(image: Item | None) -> Finding | None:
    """Return the whole finding of a control's image; only its body tells what its standards are."""
    if image is None or "product" not in image or "body" not in image:
        return None
    found = finding_of(image)
    return found if found.control else None


def _seen(image: Item | None, moment: datetime) -> list[tuple[Key, str]]:
    if image is None:
        return []
    day, severity = _said(image, "first_seen")[:10], _said(image, "severity")
    age = moment.date() - datetime.fromisoformat(day).date()
    return [
        account_counter(day, _said(image, "account"), severity),
        control_counter(day, _said(image, "control")),
        day_counter(day, severity),
        *([seen_counter(day, severity)] if age.days < DAYS else []),
    ]


def _closed(before: Item | None, after: Item, moment: datetime) -> list[tuple[Key, str]]:
    """Return the counters of findings that were closed today: they only grow, for one that opens again was closed."""
    if not _open(before) or _open(after):
        return []
    day, severity = moment.date().isoformat(), _said(after, "severity")
    return [(account_counter(day, _said(after, "account"), severity)[0], CLOSED), day_counter(day, severity, CLOSED)]


def _said(image: Item, name: str) -> str:
    value = text(image, name)
    if not value:
        raise ValueError(f"the image lacks {name}")
    return value
