"""What came of commands, of executions that failed, and of instances that are no more: the hub hears of each."""

import json
import os
from functools import cache
from typing import Any

import msgspec
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.agents import Action, AgentState, Reason, Via
from contract.settings import read_settings
from spoke.agent_installer.ending import finish
from spoke.agent_installer.instances import Instance, find
from spoke.agent_installer.outcome import Outcome, outcome
from spoke.agent_installer.place import patient, site_of
from spoke.agent_installer.reporting import Site
from spoke.agent_installer.steps import Task, Verdict, gone
from spoke.clients import client
from spoke.settings import AgentResultSettings

logger = Logger(service="agent-result")

INVOCATION = "EC2 Command Invocation Status-change Notification"
INSTANCE = "EC2 Instance State-change Notification"
EXECUTION = "Step Functions Execution Status Change"


class UnknownEventError(ValueError):
    """An event that is none of those that the function's rules match."""


class ScanFailedError(RuntimeError):
    """A scan did not get to its end; it is tried again tomorrow, and this stays among the dead letters."""


@cache
def _settings() -> AgentResultSettings:
    return read_settings(AgentResultSettings, os.environ)


@logger.inject_lambda_context(clear_state=True)
@patient
def record_handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Tell the hub of one event. What EventBridge could not hand to a machine comes here by `muster redrive`."""
    site, kind = site_of(context, _settings()), event.get("detail-type", "")
    if kind == INVOCATION:
        _record_command(event["detail"], site)
    elif kind == EXECUTION:
        _record_failure(event["detail"], site)
    elif kind == INSTANCE and event["detail"]["state"] == "running":
        _start(_settings().agent_start_machine, {"instance": event["detail"]["instance-id"], "via": Via.START}, site)
    elif kind == INSTANCE:
        _record_end(event["detail"], site)
    elif event.get("error") and "instance" in event:
        _record_unfinished(event, site)
    elif event.get("via"):
        _start(_settings().agent_scan_machine, {"via": event["via"]}, site)
    else:
        raise UnknownEventError(f"unknown detail-type {kind!r}")


def _record_command(detail: dict[str, Any], site: Site) -> None:
    command, identity = detail["command-id"], detail["instance-id"]
    ssm = client("ssm", site.region)
    found = ssm.list_command_invocations(CommandId=command, InstanceId=identity, Details=True)["CommandInvocations"]
    if not found:
        logger.warning("Nothing is known of the command any more", command=command, instance=identity)
        return
    action, via = _asked(found[0].get("Comment", ""))
    instance = find(client("ec2", site.region), identity)
    came = outcome(found[0], action, _settings().agent_scripts_policy)
    if came.state is not AgentState.INSTALLED and (instance is None or instance.state != "running"):
        _finish(gone(Task(instance=identity, via=via), instance), instance, site)
        return
    task = Task(instance=identity, via=via, action=action, platform=_platform(ssm, identity))
    _finish(Verdict(task, came.state, came.reason, came.details), instance, site, command=command, **_shown(came))


def _shown(came: Outcome) -> dict[str, Any]:
    return {"agent_version": came.agent_version, "exit_code": came.exit_code, "output": came.output}


def _asked(comment: str) -> tuple[Action, Via]:
    """Return what a command was sent for; the document may also be sent by hand."""
    action, _, via = comment.partition(" by ")
    known = action in {one.value for one in Action} and via in {one.value for one in Via}
    return (Action(action), Via(via)) if known else (Action.INSTALL, Via.COMMAND)


def _platform(ssm: Any, instance: str) -> str:
    wanted = [{"Key": "InstanceIds", "Values": [instance]}]
    known = ssm.describe_instance_information(Filters=wanted, MaxResults=50)["InstanceInformationList"]
    return str(known[0].get("PlatformType", "")) if known else ""


def _record_end(detail: dict[str, Any], site: Site) -> None:
    instance = Instance(detail["instance-id"], detail["state"])
    _finish(gone(Task(instance=instance.id, via=Via.START), instance), instance, site)


def _record_failure(detail: dict[str, Any], site: Site) -> None:
    """Tell of an execution that failed; a scan's failure concerns no single instance, and must be seen."""
    asked, why = json.loads(detail.get("input") or "{}"), f"{detail.get('status')}: {detail.get('cause') or ''}"
    if "instance" not in asked:
        raise ScanFailedError(f"{detail.get('executionArn')} ended as {why}")
    _record_unfinished({**asked, "error": {"Cause": why}}, site)


def _record_unfinished(event: dict[str, Any], site: Site) -> None:
    task = msgspec.convert({name: value for name, value in event.items() if name != "error"}, Task)
    cause = _told(str(event["error"].get("Cause") or event["error"].get("Error") or ""))
    instance = find(client("ec2", site.region), task.instance)
    verdict = Verdict(task, AgentState.FAILED, Reason.WORKFLOW_FAILED, cause)
    _finish(verdict if instance and instance.state == "running" else gone(task, instance), instance, site)


def _told(cause: str) -> str:
    """Return a failure in its own words: a function's stands in JSON, before its whole trace."""
    status, _, rest = cause.rpartition(": {")
    try:
        said = json.loads(f"{{{rest}" if status else cause)
    except ValueError:
        return cause
    told = f"{said.get('errorType')}: {said.get('errorMessage')}" if isinstance(said, dict) else cause
    return f"{status}: {told}" if status else told


def _finish(verdict: Verdict, instance: Instance | None, site: Site, **more: Any) -> None:
    finish(verdict, instance, site, _settings().agent_name, logger, **more)


def _start(machine: str, asked: dict[str, Any], site: Site) -> None:
    client("stepfunctions", site.region).start_execution(stateMachineArn=machine, input=json.dumps(asked))
