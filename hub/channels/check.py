"""Looks every hour whether the channels would work, and leaves what is wrong where the dashboard finds it."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.clock import now
from contract.names import METRICS_NAMESPACE
from contract.settings import read_settings
from hub.channels.health import troubles
from hub.channels.secrets import Secrets
from hub.channels.settings import load_channels
from hub.clients import aws_client
from hub.settings import ChannelCheckSettings
from hub.store.troubles import TroubleStore

logger = Logger(service="channel_check")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="channel_check")


@metrics.log_metrics
def check_handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Look at every channel; answers how many things are wrong."""
    settings = _settings()
    secrets = Secrets(aws_client("secretsmanager"), now)
    topics = settings.topic_arns.split(",")
    region = os.environ.get("AWS_REGION", "")
    found = list(troubles(load_channels().values(), topics, aws_client, secrets.renewed, region))
    for one in found:
        logger.warning("A channel is in trouble", channel=one.channel, trouble=one.text, mend=one.mend)
    TroubleStore(aws_client("dynamodb"), settings.state_table).replace(found)
    metrics.add_metric(name="ChannelTroubles", unit=MetricUnit.Count, value=sum(one.is_fatal for one in found))
    return {"troubles": len(found)}


@cache
def _settings() -> ChannelCheckSettings:
    return read_settings(ChannelCheckSettings, os.environ)
