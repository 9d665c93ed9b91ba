"""The sync with Security Hub: in slices, each a message, each as long as the function's five minutes last."""

import os
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.clock import iso, now
from contract.names import METRICS_NAMESPACE, SYNC_AGE, SYNC_REFUSED, SYNC_WHOLE_AGE
from contract.settings import read_settings
from hub.clients import aws_client
from hub.ingestion import Ingestion
from hub.messages import process_messages
from hub.settings import SyncSettings
from hub.store.findings import FindingStore
from hub.store.runs import Kind, Run, RunStore
from hub.sync.reader import LONGEST_BACK_OFF, Reader, ReaderV2
from hub.sync.steps import Steps

logger = Logger(service="sync")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="sync")

# Kept for the page that is being read, should Security Hub let it wait, and for saying how far the run is.
_RESERVE_SECONDS = LONGEST_BACK_OFF + 30
_HOURS, _DAYS = 3_600, 86_400


class Order(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message: begin a run, or with a step go on with it."""

    kind: Kind
    step: int | None = None


@metrics.log_metrics
def sync_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take the orders of the queue as far as the time lasts, and queue the rest; a message that fails comes back."""

    def obey(body: str) -> None:
        order = msgspec.json.decode(body, type=Order)
        _sync().obey(order, lambda: bool(context.get_remaining_time_in_millis() / 1000 > _RESERVE_SECONDS))

    return process_messages(event, obey, logger, metrics)


@cache
def _sync() -> "Sync":
    settings, client = read_settings(SyncSettings, os.environ), aws_client("dynamodb")
    store, sqs = FindingStore(client, settings.findings_table), aws_client("sqs")
    reader = (ReaderV2 if settings.is_ocsf else Reader)(aws_client("securityhub"))
    steps = Steps(reader, Ingestion(store, settings.hub_account, settings.other_feeds.split(",")), store, now)

    def send(order: Order) -> None:
        sqs.send_message(QueueUrl=settings.sync_queue_url, MessageBody=msgspec.json.encode(order).decode())

    return Sync(RunStore(client, settings.state_table), steps, send, now)


class Sync:
    """The runs: one of each kind at a time, whatever the queue repeats."""

    def __init__(
        self, runs: RunStore, steps: Steps, send: Callable[[Order], None], clock: Callable[[], datetime]
    ) -> None:
        """Take what it works with; `send` queues an order."""
        self._runs = runs
        self._steps = steps
        self._send = send
        self._clock = clock

    def obey(self, order: Order, has_time: Callable[[], bool]) -> None:
        """Begin a run, or take it further; killed anywhere, the same order again goes on from the last page."""
        run, revision = self._runs.read(order.kind)
        if order.step is None:
            self._begin(order.kind, run, revision)
            return
        if run is None or run.is_done or order.step < run.step - 1:
            logger.info("An order is out of date", kind=order.kind, step=order.step)
            return
        if order.step == run.step - 1:  # killed between the checkpoint and the next order
            self._send(Order(order.kind, run.step))
            return
        self._go_on(run, revision, has_time)

    def _begin(self, kind: Kind, last: Run | None, revision: int) -> None:
        """Begin a run, unless one is under way: that is only pushed again, should its order be lost."""
        self._measure()
        if last and not last.is_done:
            self._send(Order(kind, last.step))
            return
        whole = last if kind is Kind.EVERYTHING else self._runs.read(Kind.EVERYTHING)[0]
        if kind is Kind.CHANGES and whole is None:
            self._send(Order(Kind.EVERYTHING))
        before = last or whole
        read_at = before.started if before else iso(self._clock())
        run = self._steps.begun(kind, last, read_at)
        if self._runs.is_written(run, revision):
            self._send(Order(kind, run.step))

    def _go_on(self, run: Run, revision: int, has_time: Callable[[], bool]) -> None:
        for after in self._steps.taken(run, has_time):
            if not self._runs.is_written(after, revision):
                logger.info("Another call took the run further", kind=run.kind)
                return
            revision += 1
            run = after
        metrics.add_metric(name="SyncFindings", unit=MetricUnit.Count, value=run.findings)
        metrics.add_metric(name=SYNC_REFUSED, unit=MetricUnit.Count, value=run.refused)
        if run.is_done:
            logger.info("A sync is done", **msgspec.to_builtins(run))
            metrics.add_metric(name="SyncChanges", unit=MetricUnit.Count, value=run.changed)
            metrics.add_metric(name="SyncForgotten", unit=MetricUnit.Count, value=run.gone)
            return
        self._send(Order(run.kind, run.step))

    def _measure(self) -> None:
        """Say how long ago the last runs began, also those under way: one that comes to no end grows old."""
        for kind, name, unit in ((Kind.CHANGES, SYNC_AGE, _HOURS), (Kind.EVERYTHING, SYNC_WHOLE_AGE, _DAYS)):
            run, _ = self._runs.read(kind)
            if run:
                age = (self._clock() - datetime.fromisoformat(run.started)).total_seconds() / unit
                metrics.add_metric(name=name, unit=MetricUnit.Count, value=age)
