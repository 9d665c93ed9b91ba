"""Channels and routes of `muster.toml`, as the hub's functions read them."""

from typing import Any

import msgspec

from generator.config import Config
from generator.parts.topics import ALERTS, CRITICAL_ALERTS, topic_arn
from hub.channels.settings import ChannelSettings
from hub.notifier.routing import OWNER, Routing

# What a person reads; programs have no use for a digest.
_READ = {"email", "smtp", "slack", "teams", "apprise"}
EVERYTHING = "everything"
# Logical ids of the hub's topics → the channels that publish there.
TOPIC_CHANNELS = {ALERTS: "alerts", CRITICAL_ALERTS: "critical-alerts"}


def written_channels(config: Config) -> list[dict[str, Any]]:
    """Return `hub/channels/channels.json`: the channels of `muster.toml` and the hub's two topics."""
    topics = [
        {"type": "sns", "name": name, "topic_arn": topic_arn(config, logical), "minimum_severity": "INFORMATIONAL"}
        for logical, name in TOPIC_CHANNELS.items()
    ]
    return [*(one.written(name) for name, one in config.channels.named.items()), *topics]


def written_routing(config: Config) -> dict[str, Any]:
    """Return `hub/notifier/routes.json`; without routes everything goes everywhere."""
    return {
        "routes": [one.written() for one in config.routes] or [_everything(config)],
        "escalation": config.escalation.model_dump(mode="json"),
    }


def used_channels(config: Config) -> list[str]:
    """Return the channels that anything is sent to: each has a queue."""
    routing = routing_of(config)
    known = {one.name for one in channels_of(config).values()}
    named = [name for route in routing.routes for name in (*route.channels, *route.otherwise)]
    owners = [one.name for one in channels_of(config).values()] if OWNER in named else []
    return sorted({*named, *owners, *routing.escalation.channels} & known)


def routing_of(config: Config) -> Routing:
    """Return the routes as the hub reads them."""
    return msgspec.convert(written_routing(config), Routing)


def channels_of(config: Config) -> dict[str, ChannelSettings]:
    """Return the channels as the hub reads them, by name."""
    read = msgspec.convert(written_channels(config), tuple[ChannelSettings, ...])
    return {one.name: one for one in read}


def _everything(config: Config) -> dict[str, Any]:
    channels = config.channels.named
    digest = ["weekly"] if any(one.kind() in _READ for one in channels.values()) else []
    return {"name": EVERYTHING, "channels": [*channels], "digest": digest}
