"""Runs the demo from nothing to the report."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import msgspec

from contract.finding import Severity
from generator.agents.scripts import load_scripts
from generator.config import Config, Target, load
from generator.demo.backups import date_backups, make_backups
from generator.demo.fleet import start_fleet
from generator.demo.outbox import write_outbox
from generator.demo.recorded import EVENTS, recorded, replay
from generator.demo.report import DemoReport, Events, Findings
from generator.demo.results import (
    account_rows,
    agents_of,
    arrived_findings,
    backups_of,
    counted_findings,
    problems,
    tags_written,
)
from generator.demo.schedules import run_now
from generator.deployment import configured_deployment
from generator.explain import Explanation, explain
from generator.functions import AGENT_COVERAGE
from generator.generate import generate
from generator.local.organization import LocalOrganization, wait_until_settled
from generator.reading import Item
from generator.rollout.apply import deploy
from generator.rollout.session import Sessions, hub_session
from generator.rollout.stack_set import StackSet
from generator.rollout.step import Step

SETTLE_SECONDS = 120
BUILD = Path("build")
_ACCOUNTS_WITH_INSTANCES = 3

Say = Callable[[str], None]
Fill = Callable[[LocalOrganization, Config], None]


class Stage(msgspec.Struct, frozen=True):
    """Where the demo plays: the organization, its settings, the hub's session."""

    organization: LocalOrganization
    config: Config
    session: boto3.Session


class Replayed(msgspec.Struct, frozen=True):
    """The events as they were injected, which member plays which foreign account, and what could not be sent."""

    events: list[dict[str, Any]]
    account_map: dict[str, str]
    failures: list[str]


def _leave_empty(_organization: LocalOrganization, _config: Config) -> None:
    """The hub has no past."""


def run_demo(organization: LocalOrganization, say: Say, started: float, fill: Fill = _leave_empty) -> DemoReport:
    """Deploy to a running local organization, replay the recorded events, wait, and report.

    `started` is when the demo began (`time.monotonic()`, seconds); `fill` puts a past into the hub before the events.
    """
    config = load(organization.config)
    stage = Stage(organization, config, hub_session(config, organization.config.parent))
    say("Packaging the functions and writing the templates")
    scripts = load_scripts(config.agent, organization.config.parent)
    manifest = generate(config, Target.HOST, BUILD, scripts=scripts)
    for step in deploy(config, manifest, BUILD / Target.HOST, Sessions(stage.session), poll_seconds=0.1):
        if isinstance(step, Step):
            say(f"{step.what}: {step.state} {step.detail}".rstrip())
    wait_until_settled(organization, SETTLE_SECONDS)
    fill(organization, config)
    members = member_sessions(config, organization)
    say("Making images and snapshots, which get the date until when they are kept")
    make_backups(members)
    date_backups(members, config.names)
    say("Starting instances, which get the security agent")
    start_fleet(organization, members)
    say("Replaying recorded events in the member accounts")
    replayed = _replayed(organization)
    say("Waiting until everything has arrived")
    dead_letters = wait_until_settled(organization, SETTLE_SECONDS)
    # As every hour: the dashboard shows what was counted.
    run_now(stage.session, config.names.function(AGENT_COVERAGE.name))
    report = _report(stage, replayed, dead_letters)
    return report.model_copy(update={"seconds": round(time.monotonic() - started, 1)})


def member_sessions(config: Config, organization: LocalOrganization) -> list[tuple[str, boto3.Session]]:
    """Return the first member accounts, each with a session of its own."""
    folder = organization.config.parent
    members = [one for one in organization.members if one.id != organization.hub][:_ACCOUNTS_WITH_INSTANCES]
    return [
        (
            one.id,
            hub_session(config.model_copy(update={"aws": config.aws.model_copy(update={"profile": one.name})}), folder),
        )
        for one in members
    ]


def _replayed(organization: LocalOrganization) -> Replayed:
    items, failures = recorded([str(EVENTS)])
    sent: list[dict[str, Any]] = []
    account_map: dict[str, str] = {}
    for answer in replay(organization, items):
        account_map |= answer["accounts"]
        sent += [one["event"] for one in answer["items"] if not one["error"]]
        failures += [f"replay: {one['error']}" for one in answer["items"] if one["error"]]
    return Replayed(sent, account_map, failures)


def _explained(config: Config, events: list[dict[str, Any]]) -> list[Explanation]:
    return list(explain([Item(event) for event in events], configured_deployment(config)))


def _report(stage: Stage, replayed: Replayed, dead_letters: dict[str, int]) -> DemoReport:
    organization, names = stage.organization, stage.config.names
    counts = counted_findings(stage.session, names)
    tags = tags_written(stage.session, names, [account.id for account in organization.members])
    emails = organization.get(f"/_localorg/emails?account={organization.hub}")
    write_outbox(emails, organization.outbox)
    instances = StackSet(stage.session.client("cloudformation"), names.spoke_stack_set).instances()
    explanations = _explained(stage.config, replayed.events)
    arrived = arrived_findings(stage.session, names, explanations)
    by_severity: Counter[str] = Counter()
    for one in counts:
        by_severity[one.severity] += one.findings
    return DemoReport(
        accounts=len({one.account for one in instances}),
        stack_instances=dict(Counter(one.status for one in instances)),
        events=Events(replayed=len(explanations), forwarded=sum(one.forwarded for one in explanations)),
        findings=Findings(
            total=by_severity.total(), by_severity={severity: by_severity[severity] for severity in reversed(Severity)}
        ),
        tags=sum(len(arns) for arns in tags.values()),
        agents=agents_of(stage.session, names),
        backups=backups_of(stage.session, names),
        emails=len(emails),
        dead_letters=sum(dead_letters.values()),
        seconds=0.0,
        rows=account_rows(organization, counts, tags, emails),
        account_map=replayed.account_map,
        problems=replayed.failures + problems(explanations, arrived, tags, dead_letters),
    )
