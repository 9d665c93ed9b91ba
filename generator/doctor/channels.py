"""Whether people will be told."""

from collections.abc import Sequence

from contract.clock import now
from generator.config import Config
from generator.doctor.diagnosis import Hub, Verdict, failed, warning, well
from generator.parts.topics import subscribers as configured
from generator.parts.topics import topic_arn, topic_names
from generator.routing import TOPIC_CHANNELS, channels_of, routing_of, used_channels
from generator.settings.feeds import SecurityHub
from hub.channels.health import (
    sandbox_troubles,
    secret_troubles,
    sender_troubles,
    subscriptions,
    suppressed_troubles,
    topic_troubles,
    verified_identity,
)
from hub.channels.secrets import Secrets
from hub.channels.settings import Email
from hub.notifier.routing import Target
from hub.store.outbox import Outbox
from hub.store.troubles import Trouble

_OFF = "no channel in muster.toml sends email through SES"


def sender(hub: Hub) -> Verdict:
    """Look whether SES lets the senders send: the address or its domain is verified."""
    channels = _mailing(hub)
    ses, region = hub.client("sesv2"), hub.config.aws.home_region
    found = [one for channel in channels for one in sender_troubles(channel, ses, region)]
    if found:
        return _worst(found)
    senders = dict.fromkeys(one.identity_arn or verified_identity(one.sender, ses) for one in channels)
    return (
        well(f"{', '.join(senders)} {'is' if len(senders) == 1 else 'are'} verified in SES")
        if senders
        else warning(_OFF)
    )


def sandbox(hub: Hub) -> Verdict:
    """Look whether SES sends to anybody, or in its sandbox only to verified addresses."""
    channels = _mailing(hub)
    ses = hub.client("sesv2")
    found = [
        one for channel in channels for look in (sandbox_troubles, suppressed_troubles) for one in look(channel, ses)
    ]
    if found:
        return _worst(found)
    return well("SES sends to anybody") if channels else warning(_OFF)


def subscribers(hub: Hub) -> Verdict:
    """Look for subscribers who have not confirmed; nothing before the first deploy."""
    client = hub.client("sns")
    topics = [topic_arn(hub.config, title) for title in topic_names(hub.config)]
    try:
        found = [one for topic in topics for one in topic_troubles(topic, client)]
        confirmed = sum(one.is_confirmed for topic in topics for one in subscriptions(topic, client))
    except client.exceptions.NotFoundException:
        return well("the topics are not deployed yet")
    if found:
        return _worst(found)
    if unheard := _unheard(hub.config):
        said = f"nobody hears of findings at {', '.join(unheard)}, to which they are sent"
        return warning(said, f"subscribe somebody in [topics.{unheard[0].replace('-', '_')}]")
    return well(f"{confirmed} confirmed" if confirmed else "the topics have none")


def _unheard(config: Config) -> list[str]:
    """Return the topics that findings are sent to and nobody subscribes to; recipients of email hear escalations."""
    escalating = set(config.escalation.channels) if config.channels.senders else set()
    routed = {one for route in routing_of(config).routes for one in (*route.channels, *route.otherwise)}
    return [
        name
        for title, name in TOPIC_CHANNELS.items()
        if name in used_channels(config)
        and not any(configured(config, title).model_dump().values())
        and (name in routed or name not in escalating)
    ]


def secrets(hub: Hub) -> Verdict:
    """Look whether the secrets of channels are there and not empty."""
    read = Secrets(hub.client("secretsmanager"), now).renewed
    channels = [one for one in channels_of(hub.config).values() if getattr(one, "secret", "")]
    found = [one for channel in channels for one in secret_troubles(channel, read)]
    if found:
        return failed("; ".join(f"channel {one.channel}: {one.text}" for one in found), "")
    return well(f"{len(channels)} can be read" if channels else "no channel needs one")


def delivery(hub: Hub) -> Verdict:
    """Look how the deployed channels fare: what failed last and has not worked since."""
    client = hub.client("dynamodb")
    try:
        states = Outbox(client, hub.config.names.state_table).states()
    except client.exceptions.ResourceNotFoundException:
        return well("the hub is not deployed yet")
    # A channel that muster.toml has no more fails no more; the hub forgets it within the hour.
    known = channels_of(hub.config)
    states = {name: one for name, one in states.items() if Target.parsed(name).channel in known}
    failing = {name: one for name, one in states.items() if one.failing_since}
    if failing:
        said = "; ".join(f"{name} since {one.failing_since[:16]}Z: {one.failure}" for name, one in failing.items())
        return failed(said, "mend it, try it with `muster notify test`, then `muster redrive`")
    return well(f"{', '.join(states)} worked last time" if states else "nothing was told yet")


def _mailing(hub: Hub) -> list[Email]:
    return [one for one in channels_of(hub.config).values() if isinstance(one, Email)]


def _worst(found: Sequence[Trouble]) -> Verdict:
    """Return all troubles as one verdict: each is told once, whichever channels have it."""
    text = "; ".join(dict.fromkeys(one.text for one in found))
    mend = "; ".join(dict.fromkeys(one.mend for one in found))
    return failed(text, mend) if any(one.is_fatal for one in found) else warning(text, mend)


def security_hub(hub: Hub) -> Verdict:
    """Look whether Security Hub is on in the home Region."""
    client, region = hub.client("securityhub"), hub.config.aws.home_region
    feeds = hub.config.feeds
    try:
        client.describe_hub()
    except (client.exceptions.InvalidAccessException, client.exceptions.ResourceNotFoundException):
        mend = f"`aws securityhub enable-security-hub --region {region}`"
        if hub.config.findings.publish_to_security_hub:
            return failed(f"off in {region}: it takes no findings, and findings.publish_to_security_hub is true", mend)
        if feeds.security_hub is SecurityHub.ALL:
            return failed(f"off in {region}, and feeds.security_hub leaves GuardDuty and others to it", mend)
        if feeds.reads_security_hub:
            return warning(f"off in {region}: there are no findings of controls", mend)
        return well(f"off in {region}; no setting needs it")
    return well(f"on in {region}")
