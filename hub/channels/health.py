"""What would keep channels from working, in words: for `muster doctor`, and hourly for the dashboard."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from hub.channels.channel import ChannelError
from hub.channels.settings import ChannelSettings, Email
from hub.store.troubles import Trouble

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient

_PENDING = "PendingConfirmation"


def sender_troubles(channel: Email, ses: "SESV2Client", region: str) -> Iterator[Trouble]:
    """Yield that neither a sender's address nor its domain is verified; another account's is its affair."""
    domain = channel.sender.rpartition("@")[2]
    if not channel.identity_arn and not verified_identity(channel.sender, ses):
        yield Trouble(
            channel.name,
            f"neither {channel.sender} nor {domain} is verified in SES in {region}",
            f"`aws sesv2 create-email-identity --email-identity {channel.sender} --region {region}`, then follow the "
            "link in the email",
        )


def sandbox_troubles(channel: Email, ses: "SESV2Client") -> Iterator[Trouble]:
    """Yield that SES has stopped sending, or sends in its sandbox only to verified addresses."""
    account = ses.get_account()
    if not account.get("SendingEnabled"):
        yield Trouble(channel.name, "SES has stopped sending for this account", "see the SES console for the reason")
        return
    if account.get("ProductionAccessEnabled"):
        return
    leave = "ask for production access: SES console, Account dashboard"
    strangers = [one for one in channel.recipients if not verified_identity(one, ses)]
    if strangers:
        text = f"SES is in its sandbox, where {', '.join(strangers)} would get nothing: not verified"
        yield Trouble(channel.name, text, leave)
    else:
        text = "SES is in its sandbox: 200 messages a day to verified addresses"
        yield Trouble(channel.name, text, leave, is_fatal=False)


def verified_identity(address: str, ses: "SESV2Client") -> str:
    """Return the address or its domain, whichever SES has verified; empty for neither."""
    return next((one for one in (address, address.rpartition("@")[2]) if _is_verified(one, ses)), "")


def topic_troubles(topic_arn: str, sns: "SNSClient") -> Iterator[Trouble]:
    """Yield whoever has not confirmed a subscription to a topic."""
    waiting = sorted(endpoint for endpoint, is_confirmed in subscriptions(topic_arn, sns) if not is_confirmed)
    if waiting:
        yield Trouble(
            topic_arn.rpartition(":")[2],
            f"not confirmed: {', '.join(waiting)}",
            "follow the link in the email `AWS Notification - Subscription Confirmation`; it holds for three days",
            is_fatal=False,
        )


def subscriptions(topic_arn: str, sns: "SNSClient") -> Iterator[tuple[str, bool]]:
    """Yield a topic's endpoints, and whether each has confirmed."""
    for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn):
        yield from ((one["Endpoint"], one["SubscriptionArn"] != _PENDING) for one in page["Subscriptions"])


def secret_troubles(channel: ChannelSettings, read: Callable[[str], str]) -> Iterator[Trouble]:
    """Yield that a channel's secret is missing, or not readable; `read` raises `ChannelError` then."""
    secret = getattr(channel, "secret", "")
    try:
        if secret:
            read(secret)
    except ChannelError as error:
        yield Trouble(channel.name, str(error))


def troubles(
    channels: Iterable[ChannelSettings],
    topics: Iterable[str],
    clients: Callable[[str], Any],
    read: Callable[[str], str],
    region: str,
) -> Iterator[Trouble]:
    """Yield everything that is wrong; what cannot be looked at is a trouble of its own and hides no other."""
    for channel in channels:
        yield from _looked(channel.name, lambda one=channel: secret_troubles(one, read))  # type: ignore[misc]
        if isinstance(channel, Email):
            yield from _looked(channel.name, lambda one=channel: sender_troubles(one, clients("sesv2"), region))  # type: ignore[misc]
            yield from _looked(channel.name, lambda one=channel: sandbox_troubles(one, clients("sesv2")))  # type: ignore[misc]
    for topic in topics:
        yield from _looked(topic.rpartition(":")[2], lambda one=topic: topic_troubles(one, clients("sns")))  # type: ignore[misc]


def _looked(name: str, look: Callable[[], Iterator[Trouble]]) -> list[Trouble]:
    try:
        return list(look())
    except Exception as error:  # noqa: BLE001 - the isolator of looks: one that fails hides no other, and is itself seen
        return [Trouble(name, f"could not look: {type(error).__name__}: {error}", is_fatal=False)]


def _is_verified(identity: str, ses: "SESV2Client") -> bool:
    try:
        return bool(ses.get_email_identity(EmailIdentity=identity)["VerifiedForSendingStatus"])
    except ses.exceptions.NotFoundException:
        return False
