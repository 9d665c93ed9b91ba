"""The scan: a page of running instances, of which those in scope go on through the machine."""

import os
from functools import cache
from typing import Any

import msgspec
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from contract.agents import AgentState, Via
from contract.clock import iso, now
from contract.settings import read_settings
from contract.spoke_events import AgentStatus
from spoke.agent_installer.instances import Instance, running_page
from spoke.agent_installer.place import patient, read_rules, site_of
from spoke.agent_installer.reporting import Site, status, tell
from spoke.agent_installer.scope import Rules, why_not
from spoke.agent_installer.steps import Task
from spoke.clients import client
from spoke.reports import bus_region
from spoke.settings import AgentScanSettings

logger = Logger(service="agent-scan")


class Asked(msgspec.Struct, frozen=True):
    """What a scan is asked for: `page` counts executions, `token` says where EC2's next page begins."""

    via: Via = Via.SCAN
    token: str = ""
    page: int = 0


@cache
def _settings() -> AgentScanSettings:
    return read_settings(AgentScanSettings, os.environ)


@logger.inject_lambda_context(clear_state=True)
@patient
def scan_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Return the tasks of a page of running instances; the hub hears of those that are left out.

    Where there are more, another execution scans them: an execution's history holds 25,000 events.
    """
    asked, settings = msgspec.convert(event.get("input") or {}, Asked), _settings()
    site = site_of(context, settings)
    logger.info("[START] Scan", via=asked.via, page=asked.page)
    rules = read_rules(site, settings.prefix, settings.artefact_bucket)
    found = running_page(client("ec2", site.region), asked.token)
    judged = [(one, why_not(one.tags, rules)) for one in found.instances]
    left_out = [_excluded(site, one, rules, asked.via) for one, reason in judged if reason]
    refused = tell(left_out, site, client("events", bus_region(site.bus)), client("sqs", site.region))
    if found.token:
        _continue(Asked(asked.via, found.token, asked.page + 1), str(event.get("execution", "")), site, settings)
    tasks = [Task(instance=one.id, via=asked.via) for one, reason in judged if not reason]
    logger.info("[SUMMARY] Scan", total=len(judged), wanted=len(tasks), excluded=len(left_out), refused=refused)
    return {"tasks": msgspec.to_builtins(tasks)}


def _excluded(site: Site, one: Instance, rules: Rules, via: Via) -> AgentStatus:
    reason = why_not(one.tags, rules)
    if reason is None:
        raise ValueError(one.id)
    return status(site, one, AgentState.EXCLUDED, reason, via, iso(now()), agent=_settings().agent_name)


def _continue(asked: Asked, execution: str, site: Site, settings: AgentScanSettings) -> None:
    """Start the execution that scans the next page, once, however often this one is tried."""
    name = f"{execution.partition('.')[0][:64]}.{asked.page}"
    try:
        client("stepfunctions", site.region).start_execution(
            stateMachineArn=settings.agent_scan_machine, name=name, input=msgspec.json.encode(asked).decode()
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise
