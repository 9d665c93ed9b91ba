"""Sends what waits in the outbox, channel by channel, and tests channels when it is asked to."""

import os
import uuid
from functools import cache, partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from contract.clock import now
from contract.names import METRICS_NAMESPACE
from contract.settings import read_settings
from hub.actions.token import Tokens, action_addresses, keys_of
from hub.channels.catalogue import channel_of
from hub.channels.channel import Channel, ChannelError
from hub.channels.secrets import Secrets
from hub.channels.settings import load_channels
from hub.clients import aws_client
from hub.messages import process_messages
from hub.notifier.compose import trial
from hub.notifier.links import ActionsOf
from hub.notifier.mouth import ChannelMouth, Facts
from hub.notifier.queues import ChannelQueues, wake_of
from hub.notifier.routing import Target
from hub.notifier.sending import Sender
from hub.settings import SenderSettings
from hub.store.accounts import AccountStore
from hub.store.findings import FindingStore
from hub.store.outbox import Outbox

logger = Logger(service="sender")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="sender")


@metrics.log_metrics
def send_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Look after the targets that a batch of a channel's queue names; or send a test to the channels of `test`.

    A test answers channel → what went wrong, in words; empty: it was taken.
    """
    if "test" in event:
        return {name: _tested(name) for name in event["test"]}
    sender = _sender(context)
    seen: set[str] = set()
    return process_messages(event, lambda body: _handled(sender, body, seen), logger, metrics)


def _handled(sender: Sender, body: str, seen: set[str]) -> None:
    """Do what a message says; a batch looks after a target once, for all of it was there when the batch began."""
    wake = wake_of(body)
    if wake.pending:
        sender.put_back(wake.target, wake.pending)
    if wake.pending or wake.target not in seen:
        sender.look_after(wake.target)
        seen.add(wake.target)


def _sender(context: Any) -> Sender:
    settings = _settings()
    return Sender(
        outbox=_outbox(),
        mouth=_mouth,
        queues=ChannelQueues(aws_client("sqs"), settings.channel_queue_urls),
        holder=str(uuid.uuid4()),
        clock=now,
        seconds_left=lambda: float(context.get_remaining_time_in_millis()) / 1_000,
        logger=logger,
        metrics=metrics,
    )


def _mouth(target: Target) -> ChannelMouth:
    settings = load_channels().get(target.channel)
    if settings is None:
        raise ChannelError(
            f"muster.toml has no channel {target.channel} any more; what waits for it stays in the outbox"
        )
    return ChannelMouth(target, settings, _facts(), partial(_channel, target.channel))


@cache
def _outbox() -> Outbox:
    return Outbox(aws_client("dynamodb"), _settings().state_table)


@cache
def _settings() -> SenderSettings:
    return read_settings(SenderSettings, os.environ)


@cache
def _facts() -> Facts:
    settings, client = _settings(), aws_client("dynamodb")
    is_acting = bool(settings.action_url)
    return Facts(
        actions=_actions if is_acting else None,
        findings=FindingStore(client, settings.findings_table),
        account=AccountStore(client, settings.state_table).get,
        dashboard=settings.dashboard_url,
        clock=now,
    )


def _actions(target: Target) -> ActionsOf | None:
    """Return what makes links that act; without the keys the dashboard's links serve: an alert waits for no link."""
    settings = _settings()
    try:
        keys = keys_of(_secrets(), settings.action_secret)
    except (ChannelError, BotoCoreError, ClientError):
        logger.exception("Messages go without links that act")
        metrics.add_metric(name="KeysLacking", unit=MetricUnit.Count, value=1)
        return None
    tokens = Tokens(keys, settings.action_days)
    return lambda finding: action_addresses(tokens, settings.action_url, str(target), finding)


@cache
def _secrets() -> Secrets:
    return Secrets(aws_client("secretsmanager"), now)


@cache
def _channel(name: str) -> Channel:
    return channel_of(load_channels()[name])


def _tested(name: str) -> str:
    try:
        settings = load_channels()[name]
        _channel(name).send(trial(settings, now()))
        _outbox().forgive(name, str(uuid.uuid4()), now())
    except KeyError:
        return f"there is no channel {name}"
    except ChannelError as error:
        return str(error)
    except Exception as error:  # the isolator of channels: the test of one says nothing about the others
        logger.exception("A channel could not be tested", channel=name)
        return f"{type(error).__name__}: {error}"
    return ""
