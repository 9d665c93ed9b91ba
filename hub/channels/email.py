"""Email by SES."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from hub.channels.channel import ChannelError
from hub.channels.settings import Email
from hub.notifier.notification import Notification

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

# Makes the message for these recipients.
Mime = Callable[[Notification, Sequence[str]], bytes]
_MENDS = {
    "AccountSuspendedException": "SES has stopped sending for this account; see the SES console for the reason",
    "SendingPausedException": "sending is paused; see the SES console for the reason",
    "MailFromDomainNotVerifiedException": "the MAIL FROM domain is not verified; see the identity in the SES console",
    "TooManyRequestsException": "SES sends no faster; it is tried again",
    "LimitExceededException": "the day's quota is used up; ask for more in Service Quotas",
    "AccessDeniedException": "the hub may not send as this identity; see its policy, and identity_arn",
    "NotFoundException": "there is no such identity; see sender and identity_arn",
}


class EmailChannel:
    """Sends to all recipients at once, as a message that we made; the settings have no more than SES takes."""

    def __init__(self, ses: "SESV2Client", settings: Email, mime: Mime) -> None:
        """Take an SES v2 client and what makes messages."""
        self._ses = ses
        self._settings = settings
        self._mime = mime

    def send(self, notification: Notification, to: str = "") -> None:
        """Send to `to`, or the configured recipients."""
        recipients = [to] if to else list(self._settings.recipients)
        identity = self._settings.identity_arn
        borrowed: Any = {"FromEmailAddressIdentityArn": identity} if identity else {}
        try:
            self._ses.send_email(
                FromEmailAddress=self._settings.sender,
                Destination={"ToAddresses": recipients},
                Content={"Raw": {"Data": self._mime(notification, recipients)}},
                **borrowed,
            )
        except ClientError as error:
            raise ChannelError(_why(error, self._settings.sender)) from error


def _why(error: ClientError, sender: str) -> str:
    code, said = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code == "MessageRejected" and "not verified" in said:
        return f"SES: {said} Verify {sender} or its domain; in the sandbox every recipient too (`muster doctor`)"
    return f"SES: {_MENDS.get(code, f'{code}: {said} See sender and recipients (`muster doctor`)')}"
