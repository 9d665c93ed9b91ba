"""Looks every hour whether the channels would work, and leaves what is wrong where the dashboard finds it."""

import os
import uuid
from datetime import timedelta
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.clock import iso, now
from contract.names import METRICS_NAMESPACE
from contract.settings import read_settings
from hub.channels.health import troubles
from hub.channels.secrets import Secrets
from hub.channels.settings import load_channels
from hub.clients import aws_client
from hub.notifier.routing import Target
from hub.settings import ChannelCheckSettings
from hub.store.outbox import Outbox
from hub.store.troubles import TroubleStore

logger = Logger(service="channel_check")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="channel_check")

# An owner's address that fails is looked at by nobody but its owner's tag; a week is enough to see it.
_REMEMBERED = timedelta(days=7)


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
    _forgive()
    TroubleStore(aws_client("dynamodb"), settings.state_table).replace(found)
    metrics.add_metric(name="ChannelTroubles", unit=MetricUnit.Count, value=sum(one.is_fatal for one in found))
    return {"troubles": len(found)}


def _forgive() -> None:
    """Forget what fails and is asked no more: channels that are gone, addresses of which nothing was heard for long."""
    outbox, moment = Outbox(aws_client("dynamodb"), _settings().state_table), now()
    for name, state in outbox.states().items():
        target = Target.parsed(name)
        is_old = bool(target.to) and state.failing_since < iso(moment - _REMEMBERED)
        if state.failing_since and (target.channel not in load_channels() or is_old):
            outbox.forgive(name, str(uuid.uuid4()), moment)


@cache
def _settings() -> ChannelCheckSettings:
    return read_settings(ChannelCheckSettings, os.environ)
