"""Sends the command that installs, renews or removes the agent; its end is an event of Systems Manager."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.agents import AgentState
from contract.clock import now
from contract.settings import read_settings
from contract.spoke_events import AgentStatus
from spoke.agent_installer.calls import throttles_told
from spoke.agent_installer.command import Refusal, send
from spoke.agent_installer.instances import instance_of
from spoke.agent_installer.parameters import read_parameters
from spoke.agent_installer.reporting import Place, desk, gone, status
from spoke.agent_installer.work import Work, read_work
from spoke.clients import client
from spoke.settings import AgentInstallSettings

logger = Logger(service="agent-install")


@cache
def _settings() -> AgentInstallSettings:
    return read_settings(AgentInstallSettings, os.environ)


@logger.inject_lambda_context(clear_state=True)
def install_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Return the command's id, empty when none could be sent, which is reported."""
    settings, work = _settings(), read_work(event)
    logger.append_keys(instance=work.instance, via=work.via, action=work.action, platform=work.platform)
    out = desk(settings, context.invoked_function_arn, client)
    ssm = client("ssm", out.place.region)
    with throttles_told():
        sent = send(ssm, work, read_parameters(ssm, settings.prefix), settings.prefix)
    if isinstance(sent, Refusal):
        report = _refused(out.place, work, sent)
        out.send([report])
        logger.warning("no command was sent", state=report.state, reason=report.reason, details=report.details)
        return {"instance": work.instance, "command": ""}
    logger.info("command was sent", command=sent)
    return {"instance": work.instance, "command": sent}


def _refused(place: Place, work: Work, refusal: Refusal) -> AgentStatus:
    """Return the report of an instance to which nothing was sent: Systems Manager refuses those that are gone, too."""
    instance = instance_of(client("ec2", place.region), work.instance)
    return gone(place, work, instance, now()) or status(
        place, work, now(), state=AgentState.FAILED, reason=refusal.reason, details=refusal.details
    )
