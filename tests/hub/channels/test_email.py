"""SES gets the message that we made; what it refuses is said in words that mend it."""

import email
import email.policy
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from hub.channels.channel import ChannelError
from hub.channels.email import EmailChannel
from hub.channels.settings import Email
from hub.notifier.email import mime
from hub.notifier.notification import Notification
from tests.hub.channels.conftest import NOW

Told = Callable[..., Notification]


def channel(ses: Any, **changes: Any) -> EmailChannel:
    usual: dict[str, Any] = {"sender": "muster@example.com", "recipients": ("a@example.com", "b@example.com")}
    settings = Email(name="email", **{**usual, **changes})
    return EmailChannel(ses, settings, lambda one, to: mime(one, settings, to, NOW))


class Ses:
    """SES as the channel sees it."""

    def __init__(self, code: str = "", said: str = "") -> None:
        self.sent: list[dict[str, Any]] = []
        self.error = {"Error": {"Code": code, "Message": said}}

    def send_email(self, **asked: Any) -> None:
        if self.error["Error"]["Code"]:
            raise ClientError(self.error, "SendEmail")  # type: ignore[arg-type]
        self.sent.append(asked)


def test_ses_takes_it(aws: Callable[[str], Any], told: Told) -> None:
    ses = aws("sesv2")
    ses.create_email_identity(EmailIdentity="muster@example.com")
    channel(ses).send(told())
    [sent] = ses_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].sent_messages
    assert "Message-ID: <20261120T090000-abc@example.com>" in sent.raw_data
    assert sorted(set(sent.destinations)) == ["a@example.com", "b@example.com"]


def test_recipients_and_bytes_are_ours(told: Told) -> None:
    ses = Ses()
    channel(ses).send(told())
    [sent] = ses.sent
    assert sent["FromEmailAddress"] == "muster@example.com"
    assert sent["Destination"] == {"ToAddresses": ["a@example.com", "b@example.com"]}
    assert "FromEmailAddressIdentityArn" not in sent
    message = email.message_from_bytes(sent["Content"]["Raw"]["Data"], policy=email.policy.default)
    assert message["Subject"] == "[HIGH] shop-production: Access key created for alice"


def test_an_owner_gets_it_in_place_of_the_recipients(told: Told) -> None:
    ses = Ses()
    channel(ses).send(told(), "shop@example.com")
    assert ses.sent[0]["Destination"] == {"ToAddresses": ["shop@example.com"]}


def test_another_accounts_identity_is_named(told: Told) -> None:
    ses, arn = Ses(), "arn:aws:ses:eu-central-1:444455556666:identity/example.com"
    channel(ses, identity_arn=arn).send(told())
    assert ses.sent[0]["FromEmailAddressIdentityArn"] == arn


@pytest.mark.parametrize(
    ("code", "message", "said"),
    [
        (
            "MessageRejected",
            "Email address is not verified. The following …",
            "Verify muster@example.com or its domain",
        ),
        ("MessageRejected", "Email address is not verified. The following …", "in the sandbox every recipient too"),
        ("TooManyRequestsException", "", "SES sends no faster; it is tried again"),
        ("LimitExceededException", "", "ask for more in Service Quotas"),
        ("SendingPausedException", "", "sending is paused; see the SES console"),
        ("AccountSuspendedException", "", "SES has stopped sending for this account"),
        ("MailFromDomainNotVerifiedException", "", "the MAIL FROM domain is not verified"),
        ("AccessDeniedException", "", "the hub may not send as this identity; see its policy"),
        ("NotFoundException", "", "there is no such identity"),
        ("BadRequestException", "Missing final '@domain'", "Missing final '@domain' See sender and recipients"),
    ],
)
def test_a_refusal_says_what_mends_it(told: Told, code: str, message: str, said: str) -> None:
    with pytest.raises(ChannelError) as caught:
        channel(Ses(code, message)).send(told())
    assert said in str(caught.value)
