"""How alerts reach people: the catalogue of channels."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from hub.clients import aws_client
from hub.notifier.message import Message
from hub.settings import NotifierSettings

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import ContentTypeDef


class Channel(Protocol):
    """Something that takes messages; it raises when it could not."""

    def send(self, message: Message) -> None:
        """Send one message."""


class Email:
    """Email by SES, as HTML and text."""

    def __init__(self, ses: "SESV2Client", sender: str, recipients: list[str]) -> None:
        """Take an SES v2 client, a sender whose identity is verified, and up to 50 recipients (quota of SES)."""
        self._ses = ses
        self._sender = sender
        self._recipients = recipients

    def send(self, message: Message) -> None:
        """Send to all recipients at once; SES builds the headers, so that no value can add one."""
        self._ses.send_email(
            FromEmailAddress=self._sender,
            Destination={"ToAddresses": self._recipients},
            Content={
                "Simple": {
                    "Subject": _content(message.subject),
                    "Body": {"Text": _content(message.text), "Html": _content(message.html)},
                }
            },
        )


def _content(data: str) -> "ContentTypeDef":
    return {"Data": data, "Charset": "UTF-8"}


def email(settings: NotifierSettings) -> Channel | None:
    """Return the email channel when there is a sender and somebody to write to."""
    recipients = [address.strip() for address in settings.email_recipients.split(",") if address.strip()]
    if not (settings.email_sender and recipients):
        return None
    return Email(aws_client("sesv2"), settings.email_sender, recipients)


# Name (as the ledger knows it) → how to make the channel; None when the settings leave it out.
CHANNELS: Mapping[str, Callable[[NotifierSettings], Channel | None]] = {
    "email": email,
}


def configured_channels(settings: NotifierSettings) -> dict[str, Channel]:
    """Return the channels that the settings turn on."""
    made = {name: make(settings) for name, make in CHANNELS.items()}
    return {name: channel for name, channel in made.items() if channel}
