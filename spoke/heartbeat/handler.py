"""The heartbeat's function: on schedule, and as the spoke's custom resource at create and update."""

import os
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from contract.names import HEARTBEAT, VERSION
from contract.settings import read_settings
from contract.spoke_events import LONGEST_TEXT, Heartbeat
from spoke.account_settings import read_account_settings
from spoke.clients import client
from spoke.heartbeat.checks import Spoke, checked
from spoke.heartbeat.custom_resource import answered, is_request
from spoke.reports import bus_region, entry_of, publish
from spoke.settings import HeartbeatSettings

logger = Logger(service="heartbeat")


@cache
def _settings() -> HeartbeatSettings:
    return read_settings(HeartbeatSettings, os.environ)


@logger.inject_lambda_context(clear_state=True)
def beat_handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Tell the hub that this spoke lives and what is wrong with it; raise when the hub cannot be told.

    As a custom resource it always answers CloudFormation instead of raising.
    """
    if not is_request(event):
        _beat(context)
        return
    with answered(event, context):
        if event["RequestType"] != "Delete":
            _beat(context, _scanned(event["RequestId"], context))


def _beat(context: LambdaContext, begun: Mapping[str, str] = MappingProxyType({})) -> None:
    settings = _settings()
    # arn:partition:lambda:region:account:function:name
    _, partition, _, region, account, *_ = context.invoked_function_arn.split(":")
    found = read_account_settings(client("s3", region), settings.artefact_bucket, account)
    spoke = Spoke(settings.prefix, region, tuple(settings.parts.split(",")), partition, account, settings.config_bucket)
    heartbeat = Heartbeat(
        account=account,
        region=region,
        version=VERSION,
        config_hash=settings.config_hash,
        interval_seconds=settings.interval_seconds,
        checks={**checked(spoke, client, found.settings.skipped_checks), "settings": found.complaint, **begun},
        settings_hash=found.digest,
    )
    bus = settings.hub_bus_arn
    publish(entry_of(HEARTBEAT, heartbeat, bus), client("events", bus_region(bus)))
    logger.info("heartbeat sent", checks=heartbeat.checks)


def _scanned(request: str, context: LambdaContext) -> dict[str, str]:
    """Have the agent installer look at all instances; return as a check what kept it from it: no stack fails for it.

    Nobody waits for the scan. A request that CloudFormation repeats starts none of its own: the name is taken.
    """
    machine = _settings().agent_scan_machine
    if not machine:
        return {}
    region = context.invoked_function_arn.split(":")[3]
    try:
        states = client("stepfunctions", region)
        states.start_execution(stateMachineArn=machine, name=f"stack-{request}", input='{"via":"scan"}')
    except (BotoCoreError, ClientError) as error:
        logger.warning("scan was not started", reason=str(error))
        return {"agent scan": f"not started: {error}"[:LONGEST_TEXT]}
    return {"agent scan": ""}
