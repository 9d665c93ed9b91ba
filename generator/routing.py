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


def silences(config: Config) -> list[str]:
    """Return what the routes leave to nobody, a line each: no mistakes, but seldom meant."""
    routes, known = config.routes, config.channels.named
    named = {one for route in routes for one in (*route.channels, *route.otherwise)} | {*config.escalation.channels}
    unused = [name for name in known if routes and OWNER not in named and name not in named]
    lines = [f"channels.{name}: no route names it; it hears of nothing" for name in unused]
    lines += [
        f"routes[{place}].otherwise: where the tag names nobody, nobody hears of it"
        for place, one in enumerate(routes)
        if OWNER in one.channels and not one.otherwise and len(one.channels) == 1
    ]
    for place, one in enumerate(routing_of(config).routes[:-1]):
        if one.is_last and not one.has_conditions:
            lines.append(f"routes[{place + 1}]: {one.name} takes everything before it; nothing comes here")
            break
    return lines


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
