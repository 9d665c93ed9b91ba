"""How alerts reach people: the catalogue of channels."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from contract.clock import now
from hub.channels.apprise_ import AppriseChannel
from hub.channels.channel import Channel
from hub.channels.email import EmailChannel, Mime
from hub.channels.eventbridge import EventbridgeChannel
from hub.channels.pagerduty import PagerdutyChannel
from hub.channels.secrets import Secrets
from hub.channels.settings import (
    Apprise,
    ChannelSettings,
    Email,
    Eventbridge,
    Mailing,
    Pagerduty,
    Slack,
    Smtp,
    Sns,
    Teams,
    Webhook,
)
from hub.channels.slack import SlackChannel
from hub.channels.smtp import SmtpChannel
from hub.channels.sns import SnsChannel
from hub.channels.teams import TeamsChannel
from hub.channels.webhook import WebhookChannel
from hub.clients import aws_client, telling_client
from hub.notifier.email import mime
from hub.notifier.notification import Notification


def _mime(settings: Mailing) -> Mime:
    def made(notification: Notification, to: Sequence[str]) -> bytes:
        return mime(notification, settings, to, now())

    return made


@cache
def _secrets() -> Secrets:
    return Secrets(aws_client("secretsmanager"), now)


# Type of the settings → how to make the channel.
CHANNELS: Mapping[type[Any], Callable[[Any], Channel]] = {
    Email: lambda one: EmailChannel(telling_client("sesv2"), one, _mime(one)),
    Smtp: lambda one: SmtpChannel(one, _secrets(), _mime(one)),
    Sns: lambda one: SnsChannel(telling_client("sns"), one),
    Slack: lambda one: SlackChannel(one, _secrets()),
    Teams: lambda one: TeamsChannel(one, _secrets()),
    Pagerduty: lambda one: PagerdutyChannel(one, _secrets()),
    Webhook: lambda one: WebhookChannel(one, _secrets(), now),
    Apprise: lambda one: AppriseChannel(one, _secrets()),
    Eventbridge: lambda one: EventbridgeChannel(telling_client("events"), one),
}


def channel_of(settings: ChannelSettings) -> Channel:
    """Return the channel that some settings describe."""
    return CHANNELS[type(settings)](settings)
