"""An instance that was started: whether it gets the agent."""

import os
from functools import cache
from typing import Any

import msgspec
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.agents import Action
from contract.settings import read_settings
from spoke.agent_installer.ending import finish
from spoke.agent_installer.instances import find
from spoke.agent_installer.place import patient, read_rules, site_of
from spoke.agent_installer.scope import ALL, Rules, why_not
from spoke.agent_installer.steps import Task, captured, gone
from spoke.clients import client
from spoke.settings import AgentCaptureSettings

logger = Logger(service="agent-capture")


@cache
def _settings() -> AgentCaptureSettings:
    return read_settings(AgentCaptureSettings, os.environ)


@logger.inject_lambda_context(clear_state=True)
@patient
def capture_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Return how a started instance goes on; the hub hears of it when it does not."""
    task, settings = msgspec.convert(event, Task), _settings()
    site = site_of(context, settings)
    logger.append_keys(instance=task.instance)
    logger.info("[START] Capturing")
    instance = find(client("ec2", site.region), task.instance)
    if instance is None or instance.state != "running":
        return finish(gone(task, instance), instance, site, settings.agent_name, logger)
    # What is to be removed may be where it should never have been.
    is_removal = task.action is Action.UNINSTALL
    rules = Rules(scope=ALL) if is_removal else read_rules(site, settings.prefix, settings.artefact_bucket)
    # What somebody asks for by name needs no time to boot.
    wait = task.wait if "wait" in event else settings.agent_wait_seconds
    return finish(captured(task, why_not(instance.tags, rules), wait), instance, site, settings.agent_name, logger)
