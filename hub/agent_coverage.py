"""Watches over the agent on instances: counts who has it, and opens a finding for each that lacks it too long."""

import os
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.agent_mends import mend
from contract.agents import REASONS_OF_LACKING
from contract.clock import iso, now
from contract.finding import Finding, detection_finding_id
from contract.names import AGENTS_LACKING, METRICS_NAMESPACE
from contract.settings import read_settings
from hub.clients import aws_client
from hub.conditions import follow
from hub.own_findings import AGENT_MISSING
from hub.settings import AgentCoverageSettings
from hub.store.accounts import ACTIVE, AccountStore
from hub.store.agent_coverage import AgentCoverage, AgentCoverageStore
from hub.store.agents import AgentStore, KnownInstance
from hub.store.findings import FindingStore

logger = Logger(service="agent_coverage")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="agent_coverage")

# Of a script's output, what a finding holds.
_SHOWN = 500


class Stores(msgspec.Struct, frozen=True):
    """What the hub remembers."""

    accounts: AccountStore
    agents: AgentStore
    coverage: AgentCoverageStore
    findings: FindingStore


@metrics.log_metrics
def follow_handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Count instances and follow those that lack the agent; answers how many have and lack it."""
    settings = read_settings(AgentCoverageSettings, os.environ)
    return look(_stores(), now(), timedelta(days=settings.agent_missing_days), is_on=settings.installs_agents)


@cache
def _stores() -> Stores:
    settings, client = read_settings(AgentCoverageSettings, os.environ), aws_client("dynamodb")
    return Stores(
        AccountStore(client, settings.state_table),
        AgentStore(client, settings.state_table),
        AgentCoverageStore(client, settings.state_table),
        FindingStore(client, settings.findings_table),
    )


def look(stores: Stores, moment: datetime, patience: timedelta, *, is_on: bool = True) -> dict[str, int]:
    """Store the coverage of each account and of the day; open and close findings.

    Where the installer is off, nothing lacks the agent: what is open closes.
    """
    accounts = [one.id for one in stores.accounts.all() if one.status == ACTIVE] if is_on else []
    total: Counter[str] = Counter()
    lacking: list[Finding] = []
    for account in accounts:
        known = list(stores.agents.of(account, moment))
        coverage = coverage_of(account, known, moment)
        stores.coverage.write(coverage)
        total.update(coverage.states)
        lacking += [agent_missing(one, iso(moment)) for one in known if _is_due(one, moment, patience)]
    stores.coverage.forget_others(accounts)
    if is_on:
        stores.coverage.write_day(moment.date().isoformat(), dict(total), moment)
    changes = follow(stores.findings, (AGENT_MISSING.id,), lacking, iso(moment))
    metrics.add_metric(name=AGENTS_LACKING, unit=MetricUnit.Count, value=len(lacking))
    metrics.add_metric(name="Findings", unit=MetricUnit.Count, value=len(changes))
    logger.info("Instances counted", states=dict(total))
    return {"installed": total["installed"], "lacking": len(lacking)}


def coverage_of(account: str, known: Iterable[KnownInstance], moment: datetime) -> AgentCoverage:
    """Return how an account's instances are: how many by state, and by reason."""
    states: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for one in known:
        states[one.status.state] += 1
        # One that has the agent may say why it could not be upgraded or removed.
        if one.is_lacking or one.status.reason not in REASONS_OF_LACKING:
            reasons[one.status.reason] += 1
    return AgentCoverage(account, dict(states), dict(reasons), iso(moment))


def _is_due(one: KnownInstance, moment: datetime, patience: timedelta) -> bool:
    return bool(one.missing_since) and moment - datetime.fromisoformat(one.missing_since) >= patience


def agent_missing(one: KnownInstance, moment: str) -> Finding:
    """Return the finding that an instance lacks the agent: one for each instance, while it does."""
    said = one.status
    resource = said.resource
    name = f"{said.instance_name} ({said.instance})" if said.instance_name else said.instance
    shown = {"details": said.details, "output": said.output[-_SHOWN:], "platform": said.platform}
    return Finding(
        id=detection_finding_id(AGENT_MISSING.family, "", resource, is_attempt=False),
        detection=AGENT_MISSING.id,
        title=AGENT_MISSING.title.format(
            instance=name,
            account=said.account,
            agent=said.agent or "security agent",
            reason=said.reason.replace("_", " "),
        ),
        severity=AGENT_MISSING.severity,
        account=said.account,
        region=said.region,
        resource=resource,
        resources=(resource,),
        family=AGENT_MISSING.family,
        details={
            "reason": said.reason,
            "mend": mend(said.reason),
            **{key: text for key, text in shown.items() if text},
        },
        first_seen=one.missing_since,
        updated_at=one.missing_since,
        observed_at=moment,
    )
