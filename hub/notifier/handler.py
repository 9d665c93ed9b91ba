"""Decides who hears of findings: routes in, what waits for each target out."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.clock import iso, now
from contract.finding import Finding
from contract.names import METRICS_NAMESPACE
from contract.settings import read_settings
from hub.channels.settings import ChannelSettings, load_channels
from hub.clients import aws_client
from hub.messages import process_messages
from hub.notifier.notice import Notice, notice_of
from hub.notifier.queues import ChannelQueues
from hub.notifier.routing import Routing, Target, load_routing, targets_of
from hub.settings import NotifierSettings
from hub.store.accounts import Account, AccountStore
from hub.store.findings import FindingStore
from hub.store.outbox import Outbox
from hub.store.outgoing import Pending, Transition
from hub.succession import has_predecessor
from hub.suppressing import Suppressing

logger = Logger(service="notifier")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="notifier")


@metrics.log_metrics
def notify_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Put the alerts of a batch of the queue into the outbox and wake the senders; a failure stops no other."""
    notifier = _notifier()
    woken: set[Target] = set()
    answer = process_messages(event, lambda body: woken.update(notifier.notify(notice_of(body))), logger, metrics)
    # What is in the outbox already is woken too: whoever put it there may have died before this.
    queues = _queues()
    for target in sorted(woken):
        queues.wake(str(target), timedelta())
    return answer


@cache
def _queues() -> ChannelQueues:
    return ChannelQueues(aws_client("sqs"), _settings().channel_queue_urls)


@cache
def _settings() -> NotifierSettings:
    return read_settings(NotifierSettings, os.environ)


@cache
def _notifier() -> "Notifier":
    settings, client = _settings(), aws_client("dynamodb")
    suppressing = Suppressing.of(client, settings.state_table)
    return Notifier(
        Outbox(client, settings.state_table),
        load_routing(),
        load_channels(),
        AccountStore(client, settings.state_table).get,
        clock=now,
        has_predecessor=partial(has_predecessor, store=FindingStore(client, settings.findings_table)),
        is_accepted=lambda finding: suppressing.decision_about(finding, now()) is not None,
    )


class Notifier:
    """Routes, and the outbox that holds what they send where."""

    def __init__(  # noqa: PLR0913 - what it works with is this list
        self,
        outbox: Outbox,
        routing: Routing,
        channels: Mapping[str, ChannelSettings],
        account: Callable[[str], Account | None],
        *,
        clock: Callable[[], datetime],
        has_predecessor: Callable[[Finding], bool],
        is_accepted: Callable[[Finding], bool],
    ) -> None:
        """Take what it works with.

        `has_predecessor`: people were told of it when it had another id. `is_accepted`: a suppression covers it, which
        the workflow is about to write.
        """
        self._outbox = outbox
        self._routing = routing
        self._channels = channels
        self._account = account
        self._clock = clock
        self._has_predecessor = has_predecessor
        self._is_accepted = is_accepted

    def notify(self, notice: Notice) -> set[Target]:
        """Put a notice into the outbox of every target that a route names; return those to wake."""
        finding, moment = notice.finding, self._clock()
        account = self._account(finding.account) or Account(id=finding.account, name="")
        targets = targets_of(self._routing.answers(finding, account, self._channels, moment))
        later = self._escalating(finding)
        if not (targets or later) or self._is_known(notice):
            return set()
        for target, route in targets.items():
            self._add(target, notice, pending_of(notice, route, moment))
        due = iso(moment + timedelta(minutes=self._routing.escalation.after_minutes))
        for target in later:
            self._add(target, notice, pending_of(notice, "escalation", moment, due))
        return {*targets, *later}

    def _escalating(self, finding: Finding) -> set[Target]:
        """Return who hears of a finding later, whatever the routes say, unless somebody acknowledges it by then."""
        escalation = self._routing.escalation
        if not (escalation.after_minutes and escalation.concerns(finding)):
            return set()
        return {Target(one) for one in escalation.channels if one in self._channels}

    def _add(self, target: Target, notice: Notice, pending: Pending) -> None:
        occurrence = pending.key.partition("#")[2]
        if self._outbox.add(str(target), pending, notice.finding.id, occurrence):
            metrics.add_metric(name="NotificationsQueued", unit=MetricUnit.Count, value=1)

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


def pending_of(notice: Notice, route: str, moment: datetime, escalated_at: str = "") -> Pending:
    """Return what waits for a target; `escalated_at`: it is told that nobody acknowledged it, unless somebody has."""
    finding = notice.finding
    occurrence = f"escalated:{notice.occurrence}" if escalated_at else notice.occurrence
    return Pending(
        key=f"{finding.id}#{occurrence}",
        at=iso(moment),
        finding=finding.id,
        detection=finding.control or finding.detection,
        account=finding.account,
        severity=finding.severity,
        transition=Transition.ESCALATED if escalated_at else notice.transition,
        route=route,
        not_before=escalated_at,
    )
