"""Sends alerts: each channel hears of each transition of a finding once."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.catalogue import describe
from contract.clock import now
from contract.finding import Finding, Severity
from contract.names import METRICS_NAMESPACE
from contract.settings import read_settings
from hub.clients import aws_client
from hub.messages import process_messages
from hub.notifier.channels import Channel, configured_channels
from hub.notifier.message import Message, compose
from hub.notifier.notice import Notice, Transition, notice_of
from hub.settings import NotifierSettings
from hub.store.accounts import AccountStore
from hub.store.findings import FindingStore
from hub.store.ledger import Claim, Ledger
from hub.succession import has_predecessor
from hub.suppressing import Suppressing

logger = Logger(service="notifier")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="notifier")


class NotificationError(RuntimeError):
    """Some channels could not be told; the message comes again and tells only those."""


@metrics.log_metrics
def notify_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Send the alerts of a batch of the queue; a failure brings its message back and stops no other."""
    notifier = _notifier()
    return process_messages(event, lambda body: notifier.notify(notice_of(body)), logger, metrics)


@cache
def _notifier() -> "Notifier":
    settings = read_settings(NotifierSettings, os.environ)
    client = aws_client("dynamodb")
    accounts = AccountStore(client, settings.state_table)

    def composed(notice: Notice) -> Message:
        account = accounts.get(notice.finding.account)
        return compose(notice, account, describe(notice.finding.detection), settings.dashboard_url)

    ledger = Ledger(client, settings.state_table)
    findings = FindingStore(client, settings.findings_table)
    channels = configured_channels(settings)
    suppressing = Suppressing.of(client, settings.state_table)
    return Notifier(
        ledger,
        channels,
        composed,
        settings.minimum_severity,
        clock=now,
        has_predecessor=partial(has_predecessor, store=findings),
        is_accepted=lambda finding: suppressing.decision_about(finding, now()) is not None,
    )


class Notifier:
    """Channels and the ledger of what they were told."""

    def __init__(  # noqa: PLR0913 - what it works with is this list
        self,
        ledger: Ledger,
        channels: Mapping[str, Channel],
        compose: Callable[[Notice], Message],
        minimum: Severity,
        *,
        clock: Callable[[], datetime],
        has_predecessor: Callable[[Finding], bool],
        is_accepted: Callable[[Finding], bool],
    ) -> None:
        """Take what it works with; findings below the minimum are for the dashboard only.

        `has_predecessor`: people were told of it when it had another id. `is_accepted`: a suppression covers it, which
        the workflow is about to write.
        """
        self._ledger = ledger
        self._channels = channels
        self._compose = compose
        self._minimum = minimum
        self._clock = clock
        self._has_predecessor = has_predecessor
        self._is_accepted = is_accepted

    def notify(self, notice: Notice) -> None:
        """Tell every channel that was not told; `NotificationError` names those that could not be."""
        if notice.finding.severity.rank < self._minimum.rank or self._is_known(notice):
            return
        message = self._compose(notice)
        failures = {name: self._told(name, channel, notice, message) for name, channel in self._channels.items()}
        failed = {name: reason for name, reason in failures.items() if reason}
        if failed:
            metrics.add_metric(name="NotificationsFailed", unit=MetricUnit.Count, value=len(failed))
            raise NotificationError("; ".join(f"{name}: {reason}" for name, reason in failed.items()))

    def _is_known(self, notice: Notice) -> bool:
        if self._is_accepted(notice.finding):
            logger.info("A finding is accepted", finding=notice.finding.id)
            metrics.add_metric(name="FindingsAccepted", unit=MetricUnit.Count, value=1)
            return True
        is_known = notice.transition is Transition.OPENED and self._has_predecessor(notice.finding)
        if is_known:
            logger.info("A finding has a new id", finding=notice.finding.id)
            metrics.add_metric(name="FindingsRenamed", unit=MetricUnit.Count, value=1)
        return is_known

    def _told(self, name: str, channel: Channel, notice: Notice, message: Message) -> str:
        """Tell a channel and return why it could not be told, or nothing."""
        key = (notice.finding.id, notice.occurrence, name)
        try:
            claim = self._ledger.claim(*key, self._clock())
            if claim is Claim.OURS:
                self._send(channel, key, message)
        except Exception as error:  # the isolator of channels: one that fails silences no other
            logger.exception("A channel could not be told", channel=name, finding=notice.finding.id)
            return f"{type(error).__name__}: {error}"
        return "another function is at it" if claim is Claim.BUSY else ""

    def _send(self, channel: Channel, key: tuple[str, str, str], message: Message) -> None:
        try:
            channel.send(message)
        except Exception:  # whatever it was, the claim must not keep the next attempt waiting; it is raised again
            self._ledger.release(*key)
            raise
        self._ledger.confirm(*key, self._clock())
        metrics.add_metric(name="NotificationsSent", unit=MetricUnit.Count, value=1)
