"""Looks at a page of the running instances: who gets the agent goes on, who is left out is reported."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.agents import AgentState, Via
from contract.clock import now
from contract.settings import read_settings
from contract.spoke_events import AgentStatus
from spoke.agent_installer.calls import throttles_told
from spoke.agent_installer.instances import Instance, running_page, with_instance
from spoke.agent_installer.parameters import read_rules
from spoke.agent_installer.reporting import Place, desk, status
from spoke.agent_installer.scope import Exclusion, exclusion
from spoke.agent_installer.work import Work, written
from spoke.clients import client
from spoke.settings import AgentScopeSettings

logger = Logger(service="agent-scan")


@cache
def _settings() -> AgentScopeSettings:
    return read_settings(AgentScopeSettings, os.environ)


@logger.inject_lambda_context(clear_state=True)
def scan_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Return the instances of a page that get the agent, and in `following` where the next page begins."""
    settings, via, token = _settings(), Via(event["via"]), str(event.get("following", ""))
    out = desk(settings, context.invoked_function_arn, client)
    region, account = out.place.region, out.place.account
    logger.info("scan began", via=via, following=token)
    with throttles_told():
        s3, ssm = client("s3", region), client("ssm", region)
        rules = read_rules(ssm, s3, settings.prefix, settings.artefact_bucket, account)
        page = running_page(client("ec2", region), token)
    judged = [(one, exclusion(one.tags, rules)) for one in page.instances]
    included = [one for one, left_out in judged if left_out is None]
    reports = [_excluded(out.place, one, left_out, via) for one, left_out in judged if left_out]
    refused = out.send(reports)
    logger.info("scan ended", included=len(included), excluded=len(reports), refused=refused, following=page.following)
    work = [written(with_instance(Work(instance=one.id, via=via), one)) for one in included]
    return {"via": via.value, "instances": work, "following": page.following}


def _excluded(place: Place, instance: Instance, left_out: Exclusion, via: Via) -> AgentStatus:
    work = with_instance(Work(instance=instance.id, via=via), instance)
    return status(place, work, now(), state=AgentState.EXCLUDED, reason=left_out.reason, details=left_out.details)
