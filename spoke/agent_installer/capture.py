"""Looks at an instance that was started, or that somebody named: does it get the agent."""

import os
from functools import cache
from typing import Any

import msgspec
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.agents import Action, AgentState, Reason, Via
from contract.clock import now
from contract.settings import read_settings
from contract.spoke_events import AgentStatus
from spoke.agent_installer.calls import throttles_told
from spoke.agent_installer.instances import Instance, instance_of, with_instance
from spoke.agent_installer.parameters import read_rules
from spoke.agent_installer.reporting import Place, desk, gone, status
from spoke.agent_installer.scope import Exclusion, Rules, exclusion
from spoke.agent_installer.work import Next, Work, read_work, written
from spoke.clients import client
from spoke.settings import AgentScopeSettings

logger = Logger(service="agent-capture")


@cache
def _settings() -> AgentScopeSettings:
    return read_settings(AgentScopeSettings, os.environ)


@logger.inject_lambda_context(clear_state=True)
def capture_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Return the work on an instance; its `next` is `end` when the instance is left out or gone, which is reported."""
    settings, work = _settings(), read_work(event)
    logger.append_keys(instance=work.instance, via=work.via, action=work.action)
    out = desk(settings, context.invoked_function_arn, client)
    region = out.place.region
    with throttles_told():
        s3, ssm = client("s3", region), client("ssm", region)
        rules = read_rules(ssm, s3, settings.prefix, settings.artefact_bucket, out.place.account)
        instance = instance_of(client("ec2", region), work.instance)
    work = with_instance(work, instance) if instance else work
    report = _ended(out.place, work, instance, rules)
    if report is None:
        logger.info("instance gets the agent", instance_name=work.name)
        return written(work)
    out.send([report])
    logger.info("instance is left alone", state=report.state, reason=report.reason, details=report.details)
    return written(msgspec.structs.replace(work, next=Next.END))


def _ended(place: Place, work: Work, instance: Instance | None, rules: Rules) -> AgentStatus | None:
    if instance is None or instance.has_ended:
        return gone(place, work, instance, now())
    left_out = _exclusion(work, instance, rules)
    if left_out is None:
        return None
    return status(place, work, now(), state=AgentState.EXCLUDED, reason=left_out.reason, details=left_out.details)


def _exclusion(work: Work, instance: Instance, rules: Rules) -> Exclusion | None:
    """Whoever names an instance means it, whatever its tags are; only where an account is left out, nobody installs."""
    if work.action is Action.UNINSTALL:
        return None
    left_out = exclusion(instance.tags, rules)
    if work.via is Via.COMMAND and left_out and left_out.reason is not Reason.ACCOUNT_EXCLUDED:
        return None
    return left_out
