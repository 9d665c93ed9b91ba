"""Asks Systems Manager whether it reaches an instance."""

import os
from functools import cache
from typing import Any

import msgspec
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.clock import now
from contract.settings import read_settings
from contract.spoke_events import AgentStatus
from spoke.agent_installer.calls import throttles_told
from spoke.agent_installer.instances import instance_of
from spoke.agent_installer.readiness import Readiness, node_of, readiness
from spoke.agent_installer.reporting import Place, desk, gone, status
from spoke.agent_installer.work import Next, Work, read_work, written
from spoke.clients import client
from spoke.settings import AgentCheckSettings

logger = Logger(service="agent-check")


@cache
def _settings() -> AgentCheckSettings:
    return read_settings(AgentCheckSettings, os.environ)


@logger.inject_lambda_context(clear_state=True)
def check_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Return the work with what is next: `go`, `wait` for so many seconds, or `end`, when it is reported."""
    settings, given = _settings(), read_work(event)
    work = msgspec.structs.replace(given, waited=given.waited + given.wait)
    logger.append_keys(instance=work.instance, via=work.via, waited=work.waited)
    out = desk(settings, context.invoked_function_arn, client)
    region = out.place.region
    with throttles_told():
        found = readiness(work, node_of(client("ssm", region), work.instance), settings.registration_seconds)
        report = _ended(out.place, work, found) if found.next is Next.END else None
    if report:
        out.send([report])
        logger.info("instance is unmanaged", state=report.state, reason=report.reason, details=report.details)
    else:
        logger.info("instance was checked", next=found.next, wait=found.wait, platform=found.platform)
    platform = found.platform or work.platform
    return written(msgspec.structs.replace(work, next=found.next, wait=found.wait, platform=platform))


def _ended(place: Place, work: Work, found: Readiness) -> AgentStatus:
    """Return the report of an instance that cannot be reached: it may be gone by now."""
    instance = instance_of(client("ec2", place.region), work.instance)
    known = msgspec.structs.replace(work, platform=found.platform)
    return gone(place, known, instance, now()) or status(
        place, known, now(), state=found.state, reason=found.reason, details=found.details
    )
