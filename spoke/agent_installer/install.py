"""Sends the command that installs, upgrades or removes the agent; its events tell what came of it."""

import os
from functools import cache
from typing import Any

import msgspec
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from contract.agents import Action, AgentState, Platform, Reason, script_key
from contract.settings import read_settings
from spoke.agent_installer.ending import finish
from spoke.agent_installer.instances import find
from spoke.agent_installer.parameters import digest_name, script_digest
from spoke.agent_installer.place import parameters_of, patient, site_of
from spoke.agent_installer.steps import END, Task, Verdict
from spoke.clients import client
from spoke.settings import AgentInstallSettings

logger = Logger(service="agent-install")

# For how long Systems Manager tries to hand a command to an instance, in seconds.
_DELIVERY_SECONDS = 600
# What SendCommand says of an instance that it cannot reach at this moment.
_UNREACHABLE = {"InvalidInstanceId"}


@cache
def _settings() -> AgentInstallSettings:
    return read_settings(AgentInstallSettings, os.environ)


@logger.inject_lambda_context(clear_state=True)
@patient
def install_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Send an instance the document of its task. No secret is among the parameters: the script comes from S3."""
    task, settings = msgspec.convert(event, Task), _settings()
    site = site_of(context, settings)
    logger.append_keys(instance=task.instance)
    logger.info("[START] Processing", action=task.action)
    done, platform = msgspec.structs.replace(task, next=END, wait=0), Platform(task.platform)
    digest = script_digest(parameters_of(site, settings.prefix), task.action, platform)
    if not digest:
        missing = f"no script for {platform} ({digest_name(task.action, platform)} in Parameter Store)"
        verdict = Verdict(done, AgentState.FAILED, Reason.NO_SCRIPT, missing)
        return finish(verdict, find(client("ec2", site.region), task.instance), site, settings.agent_name, logger)
    logger.info("[S3] Script", key=script_key(digest, platform))
    try:
        command = _send(task, digest, platform, settings, client("ssm", site.region))
    except ClientError as error:
        if error.response["Error"]["Code"] not in _UNREACHABLE:
            raise
        verdict = Verdict(done, AgentState.UNMANAGED, Reason.CONNECTION_LOST, str(error))
        return finish(verdict, find(client("ec2", site.region), task.instance), site, settings.agent_name, logger)
    logger.info("[SSM] Command sent", command=command)
    return finish(Verdict(done), None, site, settings.agent_name, logger)


def _send(task: Task, digest: str, platform: Platform, settings: AgentInstallSettings, ssm: Any) -> str:
    is_removal = task.action is Action.UNINSTALL
    own = {} if is_removal else {"Action": [task.action.value]}
    answer = ssm.send_command(
        DocumentName=settings.agent_uninstall_document if is_removal else settings.agent_install_document,
        InstanceIds=[task.instance],
        TimeoutSeconds=_DELIVERY_SECONDS,
        Parameters={"Script": [script_key(digest, platform)], "Sha256": [digest], **own},
        Comment=comment(task),
    )
    return str(answer["Command"]["CommandId"])


def comment(task: Task) -> str:
    """Return what a command says of itself, for whoever reads its result."""
    return f"{task.action} by {task.via}"
