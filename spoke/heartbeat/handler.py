"""The heartbeat's function: on schedule, and as the spoke's custom resource at create and update."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.names import HEARTBEAT, VERSION
from contract.settings import read_settings
from contract.spoke_events import Heartbeat
from spoke.clients import client
from spoke.heartbeat.account_settings import read_account_settings
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
            _beat(context)


def _beat(context: LambdaContext) -> None:
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
        checks={**checked(spoke, client, found.settings.skipped_checks), "settings": found.complaint},
        settings_hash=found.digest,
    )
    bus = settings.hub_bus_arn
    publish(entry_of(HEARTBEAT, heartbeat, bus), client("events", bus_region(bus)))
    logger.info("heartbeat sent", checks=heartbeat.checks)
