"""Puts the digests that are due into the outbox."""

import os
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.clock import iso, now
from contract.names import METRICS_NAMESPACE
from contract.settings import read_settings
from hub.channels.settings import ChannelSettings, load_channels
from hub.clients import aws_client
from hub.digest.due import Period, due_periods, load_times
from hub.digest.figures import figures
from hub.digest.gathering import Gathered, gather
from hub.notifier.queues import ChannelQueues
from hub.notifier.routing import OWNER, Route, Target, load_routing, owner_targets
from hub.settings import DigestSettings
from hub.silence import silences
from hub.store.accounts import ACTIVE, Account, AccountStore
from hub.store.agent_coverage import AgentCoverageStore
from hub.store.digests import DigestStore
from hub.store.findings import FindingStore
from hub.store.outbox import Outbox
from hub.store.outgoing import Pending
from hub.store.rollups import RollupStore
from hub.store.spokes import SpokeStore

logger = Logger(service="digest")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="digest")

# Whose readers are programs, or phones.
_UNREAD = {"eventbridge", "pagerduty", "sns", "webhook"}


@metrics.log_metrics
def digest_handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Make the digests that are due; answers how many are new.

    Those of a route are noted when all are in the outbox and every target was woken; what was interrupted begins again
    an hour later, and the outbox takes none twice.
    """
    settings, client = read_settings(DigestSettings, os.environ), aws_client("dynamodb")
    routing, channels, times, moment = load_routing(), load_channels(), load_times(), now()
    outbox = Outbox(client, settings.state_table)
    queues = ChannelQueues(aws_client("sqs"), settings.channel_queue_urls)
    made = DigestStore(client, settings.state_table)

    @cache
    def gathered(period: Period) -> Gathered:
        known = AccountStore(client, settings.state_table).all()
        active = [one for one in known if one.status == ACTIVE]
        silent = silences(active, SpokeStore(client, settings.state_table).each(), moment)
        findings = FindingStore(client, settings.findings_table)
        agents = AgentCoverageStore(client, settings.state_table).all()
        return gather(period, RollupStore(client, settings.state_table), findings, known, silent, times.sla, agents)

    new = 0
    for route in routing.routes:
        for period in due_periods(route.digest, times, moment):
            if made.is_made(route.name, period.name, period.until):
                continue
            known = gathered(period)
            for target, scope in scopes(route, known.accounts, channels).items():
                new += outbox.add(str(target), _pending(known, route, scope, moment), *_once(route, period))
                queues.wake(str(target), timedelta())
            made.note_made(route.name, period.name, period.until)
    metrics.add_metric(name="DigestsMade", unit=MetricUnit.Count, value=new)
    return {"digests": new}


def scopes(
    route: Route, accounts: Mapping[str, Account], channels: Mapping[str, ChannelSettings]
) -> dict[Target, frozenset[str] | None]:
    """Return who gets a route's digest, and of which accounts (None: of all); programs get none."""
    covered = [one for one in accounts.values() if route.covers_account(one)]
    everything = None if len(covered) == len(accounts) else frozenset(one.id for one in covered)
    found: dict[Target, frozenset[str] | None] = {
        Target(one): everything for one in route.channels if one != OWNER and _is_read(one, channels)
    }
    if OWNER in route.channels:
        for target, account in _owned(route, covered, channels):
            known = found.get(target, frozenset())
            found[target] = None if known is None else known | {account}
    return found


def _owned(
    route: Route, covered: list[Account], channels: Mapping[str, ChannelSettings]
) -> Iterator[tuple[Target, str]]:
    for account in covered:
        targets, _ = owner_targets(route, account, channels)
        yield from ((target, account.id) for target in targets if _is_read(target.channel, channels))


def _is_read(channel: str, channels: Mapping[str, ChannelSettings]) -> bool:
    known = channels.get(channel)
    return known is not None and str(known.__struct_config__.tag) not in _UNREAD


def _once(route: Route, period: Period) -> tuple[str, str]:
    return f"digest#{route.name}", f"{period.name}#{period.until}"


def _pending(known: Gathered, route: Route, scope: frozenset[str] | None, moment: datetime) -> Pending:
    said = figures(known, route.name, scope)
    key = "#".join(_once(route, known.period))
    return Pending(key=key, at=iso(moment), route=route.name, digest=msgspec.to_builtins(said))
