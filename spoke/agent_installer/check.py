"""A look at an instance: whether a command can be sent to it."""

import os
from functools import cache
from typing import Any

import msgspec
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.settings import read_settings
from spoke.agent_installer.ending import finish
from spoke.agent_installer.instances import find
from spoke.agent_installer.managed import readiness
from spoke.agent_installer.place import patient, site_of
from spoke.agent_installer.steps import Task, checked, gone
from spoke.clients import client
from spoke.settings import AgentCheckSettings

logger = Logger(service="agent-check")


@cache
def _settings() -> AgentCheckSettings:
    return read_settings(AgentCheckSettings, os.environ)


@logger.inject_lambda_context(clear_state=True)
@patient
def check_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Return whether the agent can be installed now, later, or not at all; of the last the hub hears why."""
    task, settings = msgspec.convert(event, Task), _settings()
    site = site_of(context, settings)
    logger.append_keys(instance=task.instance)
    logger.info("[START] Checking", waited=task.waited)
    instance = find(client("ec2", site.region), task.instance)
    if instance is None or instance.state not in {"running", "pending"}:
        return finish(gone(task, instance), instance, site, settings.agent_name, logger)
    seen = readiness(client("ssm", site.region), instance)
    logger.info("[SSM INFO] Instance", platform=seen.platform, system=seen.system, reason=seen.reason)
    return finish(checked(task, seen, settings.agent_registration_seconds), instance, site, settings.agent_name, logger)
