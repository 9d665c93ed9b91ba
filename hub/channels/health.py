"""What would keep channels from working, in words: for `muster doctor`, and hourly for the dashboard."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from hub.channels.channel import ChannelError
from hub.channels.settings import ChannelSettings, Email
from hub.store.troubles import Trouble

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient

_PENDING = "PendingConfirmation"
_CONFIRMING = {
    "email": "follow the link in the email `AWS Notification - Subscription Confirmation`; it holds for three days",
    "https": "see that what answers there confirms SNS's SubscriptionConfirmation, then deploy again",
}
# SNS's limit of an account that never asked for more, in dollars (SNS guide, "Setting SMS messaging preferences").
_LOW = "1"


def sender_troubles(channel: Email, ses: "SESV2Client", region: str) -> Iterator[Trouble]:
    """Yield that neither a sender's address nor a domain of it is verified; another account's is its affair."""
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
    """Return the address or one of its domains, whichever SES has verified; empty for none.

    What is verified holds for the domains below it too (SES guide, "Creating and verifying identities").
    """
    labels = address.rpartition("@")[2].split(".")
    domains = (".".join(labels[place:]) for place in range(len(labels) - 1))
    return next((one for one in (address, *domains) if _is_verified(one, ses)), "")


def suppressed_troubles(channel: Email, ses: "SESV2Client") -> Iterator[Trouble]:
    """Yield the recipients to whom SES sends nothing any more: an email bounced, or they complained."""
    for one in channel.recipients:
        if reason := _suppression(one, ses):
            yield Trouble(
                channel.name,
                f"SES takes emails to {one} and drops them: it is on the suppression list ({reason.lower()})",
                f"`aws sesv2 delete-suppressed-destination --email-address {one}`, once the mailbox works again",
            )


def _suppression(address: str, ses: "SESV2Client") -> str:
    try:
        return ses.get_suppressed_destination(EmailAddress=address)["SuppressedDestination"]["Reason"]
    except ses.exceptions.NotFoundException:
        return ""


def topic_troubles(topic_arn: str, sns: "SNSClient") -> Iterator[Trouble]:
    """Yield whoever has not confirmed a subscription to a topic."""
    found = list(subscriptions(topic_arn, sns))
    waiting = [one for one in found if not one.is_confirmed]
    if waiting:
        mends = dict.fromkeys(_CONFIRMING.get(one.protocol, _CONFIRMING["https"]) for one in waiting)
        shown = ", ".join(sorted(one.shown for one in waiting))
        yield Trouble(topic_arn.rpartition(":")[2], f"not confirmed: {shown}", "; ".join(mends), is_fatal=False)
    if any(one.protocol == "sms" for one in found):
        yield from _phone_troubles(topic_arn.rpartition(":")[2], sns)


def _phone_troubles(topic: str, sns: "SNSClient") -> Iterator[Trouble]:
    """Yield what keeps text messages from phones, although SNS takes them."""
    if sns.get_sms_sandbox_account_status()["IsInSandbox"]:
        text = "SNS is in its sandbox for text messages: only verified phones get them"
        yield Trouble(topic, text, "leave it: SNS console, Text messaging (SMS)", is_fatal=False)
    limit = sns.get_sms_attributes(attributes=["MonthlySpendLimit"])["attributes"].get("MonthlySpendLimit", _LOW)
    if float(limit) <= float(_LOW):
        text = f"text messages may cost ${limit} a month; then SNS takes them and sends none"
        yield Trouble(topic, text, "raise it: SNS console, Text messaging preferences", is_fatal=False)


class Subscription(msgspec.Struct, frozen=True):
    """Who subscribes to a topic, without what would let others publish there: an address may hold a key."""

    protocol: str
    endpoint: str
    is_confirmed: bool

    @property
    def shown(self) -> str:
        """The endpoint as it may be shown: of a web address the host."""
        if self.protocol not in {"http", "https"}:
            return self.endpoint
        return f"{self.protocol}://{urlsplit(self.endpoint).hostname or ''}/…"


def subscriptions(topic_arn: str, sns: "SNSClient") -> Iterator[Subscription]:
    """Yield a topic's subscriptions."""
    for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn):
        for one in page["Subscriptions"]:
            yield Subscription(one["Protocol"], one["Endpoint"], one["SubscriptionArn"] != _PENDING)


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
            yield from _looked(channel.name, lambda one=channel: suppressed_troubles(one, clients("sesv2")))  # type: ignore[misc]
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
