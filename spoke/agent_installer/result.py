"""Reports how commands ended, which instances stopped, and what the state machines could not finish."""

import os
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.agents import Action, AgentState, Reason, Via
from contract.clock import now
from contract.cloudtrail import timestamp
from contract.names import Names
from contract.settings import read_settings
from contract.spoke_events import AgentStatus
from spoke.agent_installer.calls import throttles_told
from spoke.agent_installer.command import read_comment
from spoke.agent_installer.instances import instance_of, with_instance
from spoke.agent_installer.outcome import has_ended, outcome, platform_of
from spoke.agent_installer.reporting import Desk, desk, gone, status
from spoke.agent_installer.work import Work, read_work
from spoke.clients import client
from spoke.reports import park
from spoke.settings import AgentResultSettings

logger = Logger(service="agent-result")


class TryLaterError(Exception):
    """Systems Manager does not show yet how a command ended: the invocation must be tried again."""


@cache
def _settings() -> AgentResultSettings:
    return read_settings(AgentResultSettings, os.environ)


@logger.inject_lambda_context(clear_state=True)
def result_handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Report what an event tells: a command's end, an instance's, or an execution's that failed.

    What did not reach a state machine comes here out of the dead letters, and is given to it again.
    """
    out = desk(_settings(), context.invoked_function_arn, client)
    with throttles_told():
        report = _report(event, out)
    if report:
        out.send([report])
        logger.info(
            "instance was reported",
            instance=report.instance,
            state=report.state,
            reason=report.reason,
            details=report.details,
            command=report.command,
        )


def _report(event: Mapping[str, Any], out: Desk) -> AgentStatus | None:
    source, detail = event.get("source"), event.get("detail") or {}
    at = timestamp(event.get("time")) or now()
    if "failure" in event:
        return _broken(read_work(event), _told(event["failure"]), out, at)
    if source == "aws.ssm":
        return _command_ended(detail, out, at)
    if source == "aws.states":
        return _execution_failed(detail, out, at)
    if source == "aws.ec2" and detail.get("state") != "running":
        return _instance_ended(detail, out, at)
    _start_again(event, out)
    return None


def _command_ended(detail: Mapping[str, Any], out: Desk, at: datetime) -> AgentStatus | None:
    instance, command, names = detail["instance-id"], detail["command-id"], Names(_settings().prefix)
    invocation = _invocation(command, instance, out)
    if not invocation or not has_ended(invocation):
        raise TryLaterError(f"command {command} on {instance}")
    uninstalls = detail["document-name"] == names.agent_document(uninstalls=True)
    usual = (Action.UNINSTALL if uninstalls else Action.INSTALL), Via.COMMAND
    action, via = read_comment(str(invocation.get("Comment", ""))) or usual
    sent = Work(instance=instance, via=via, action=action, platform=platform_of(invocation))
    work, ended = _known(sent, out, at)
    if ended:
        return ended
    told = outcome(invocation, names.agent_policy)
    return status(
        out.place,
        work,
        at,
        state=told.state,
        reason=told.reason,
        details=told.details,
        output=told.output,
        version=told.version,
        command=command,
        exit_code=told.exit_code,
    )


def _invocation(command: str, instance: str, out: Desk) -> Mapping[str, Any] | None:
    pages = client("ssm", out.place.region).get_paginator("list_command_invocations")
    found = pages.paginate(CommandId=command, InstanceId=instance, Details=True)
    return next((one for page in found for one in page["CommandInvocations"]), None)


def _instance_ended(detail: Mapping[str, Any], out: Desk, at: datetime) -> AgentStatus:
    reason = Reason.STOPPED if detail.get("state") == "stopped" else Reason.TERMINATED
    work = Work(instance=detail["instance-id"], via=Via.START)
    return status(out.place, work, at, state=AgentState.GONE, reason=reason)


def _execution_failed(detail: Mapping[str, Any], out: Desk, at: datetime) -> AgentStatus | None:
    """Return the report of the instance that an execution was about.

    A scan that failed waits among the dead letters, where the heartbeat finds it: who redrives it starts a scan again.
    """
    told = _told({"Error": detail.get("error") or detail.get("status"), "Cause": detail.get("cause")})
    given = msgspec.json.decode(detail.get("input") or "{}")
    if "instance" not in given:
        logger.error("scan failed", error=told)
        park({"via": given.get("via", Via.SWEEP), "error": told}, out.queue, client("sqs", out.place.region))
        return None
    return _broken(read_work(given), told, out, at)


def _broken(work: Work, told: str, out: Desk, at: datetime) -> AgentStatus:
    known, ended = _known(work, out, at)
    failed = status(out.place, known, at, state=AgentState.FAILED, reason=Reason.WORKFLOW_FAILED, details=told)
    return ended or failed


def _known(work: Work, out: Desk, at: datetime) -> tuple[Work, AgentStatus | None]:
    """Return the work with what EC2 says of its instance, and the report when that does not run any more."""
    instance = instance_of(client("ec2", out.place.region), work.instance)
    known = with_instance(work, instance) if instance else work
    return known, gone(out.place, known, instance, at)


def _told(failure: Mapping[str, Any]) -> str:
    """Return a state machine's error in one line: a function's cause is a JSON object with its message."""
    cause = str(failure.get("Cause") or "")
    try:
        decoded = msgspec.json.decode(cause)
    except msgspec.DecodeError:
        decoded = None
    message = decoded.get("errorMessage", cause) if isinstance(decoded, dict) else cause
    return f"{failure.get('Error') or 'failed'}: {message}" if message else str(failure.get("Error") or "failed")


def _start_again(event: Mapping[str, Any], out: Desk) -> None:
    settings, given = _settings(), dict(event)
    if event.get("source") == "aws.ec2":
        given = {"instance": event["detail"]["instance-id"], "via": Via.START, "action": Action.INSTALL, "wait": 0}
    is_scan = "instance" not in given
    machine = settings.agent_scan_machine if is_scan else settings.agent_start_machine
    wanted = {"via": Via(given.get("via", Via.SWEEP))} if is_scan else given
    states = client("stepfunctions", out.place.region)
    states.start_execution(stateMachineArn=machine, input=msgspec.json.encode(wanted).decode())
    logger.info("execution was started again", machine=machine)
