"""A real SMTP server gets what a person would get; rotated credentials are found; refusals say what mends them."""

import json
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from botocore.exceptions import ClientError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from hub.channels.channel import ChannelError
from hub.channels.email import EmailChannel
from hub.channels.secrets import Secrets
from hub.channels.settings import Email, Mailing, Smtp
from hub.channels.smtp import SmtpChannel
from hub.notifier.email import mime
from hub.notifier.notification import Notification
from tests.hub.channels.conftest import NOW, Vault

MAILING: dict[str, Any] = {"sender": "muster@example.com", "recipients": ("a@example.com", "b@example.com")}


def made(settings: Mailing) -> Callable[[Notification, Sequence[str]], bytes]:
    return lambda one, to: mime(one, settings, to, NOW)


class Postbox:
    """What the server took, and whom it lets in."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.password = "first"
        self.refused: set[str] = set()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.envelopes.append(envelope)
        return "250 OK"

    def authenticate(self, _server: SMTP, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        is_known = isinstance(data, LoginPassword) and data.password == self.password.encode()
        # Not handled: the server says so itself.
        return AuthResult(success=is_known, handled=False)

    @property
    def messages(self) -> list[EmailMessage]:
        contents = [one.content for one in self.envelopes]
        parsed = [message_from_bytes(one, policy=policy.default) for one in contents if isinstance(one, bytes)]
        return [one for one in parsed if isinstance(one, EmailMessage)]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("certificate")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    openssl = shutil.which("openssl")
    assert openssl, "openssl makes the server's certificate; apt-get install openssl"
    wanted = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    files = ["-keyout", str(key), "-out", str(certificate), "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([openssl, *wanted, *files], check=True, capture_output=True)
    return certificate, key


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def server(postbox: Postbox, certificate: tuple[Path, Path]) -> Iterator[Controller]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    controller = Controller(
        postbox,
        hostname="127.0.0.1",
        port=_free_port(),
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=postbox.authenticate,
    )
    controller.start()
    yield controller
    controller.stop()


@pytest.fixture
def settings(server: Controller) -> Smtp:
    return Smtp(name="smtp", host="127.0.0.1", port=server.port, secret="muster/smtp", **MAILING)


@pytest.fixture
def channel(settings: Smtp, secrets: Secrets, vault: Vault, certificate: tuple[Path, Path]) -> SmtpChannel:
    vault.texts["muster/smtp"] = json.dumps({"username": "muster", "password": "first"})
    return SmtpChannel(settings, secrets, made(settings), lambda: ssl.create_default_context(cafile=certificate[0]))


def test_an_alert_arrives_as_html_and_text(channel: SmtpChannel, postbox: Postbox, notification: Notification) -> None:
    channel.send(notification)
    (message,) = postbox.messages
    assert message["Subject"] == "[HIGH] shop: Access key created for alice (1 more)"
    assert message["Message-ID"] == "<20261120T090000-abc@example.com>"
    bodies = [message.get_body((kind,)) for kind in ("plain", "html")]
    texts = [one.get_content() for one in bodies if isinstance(one, EmailMessage)]
    assert "Resource:" in texts[0]
    assert "<h1" in texts[1]
    assert postbox.envelopes[0].rcpt_tos == ["a@example.com", "b@example.com"]


def test_an_owner_gets_it_in_place_of_the_recipients(
    channel: SmtpChannel, postbox: Postbox, notification: Notification
) -> None:
    channel.send(notification, "owner@example.com")
    assert postbox.envelopes[0].rcpt_tos == ["owner@example.com"]
    assert postbox.messages[0]["To"] == "owner@example.com"


def test_a_rotated_password_is_found(
    channel: SmtpChannel, postbox: Postbox, vault: Vault, notification: Notification
) -> None:
    channel.send(notification)
    postbox.password = "second"
    vault.texts["muster/smtp"] = json.dumps({"username": "muster", "password": "second"})
    channel.send(notification)
    assert (len(postbox.messages), vault.reads) == (2, ["muster/smtp", "muster/smtp"])


def test_a_wrong_password_is_named_by_its_secret_and_never_said(
    channel: SmtpChannel, postbox: Postbox, notification: Notification
) -> None:
    postbox.password = "other"
    with pytest.raises(ChannelError, match="does not know the username and password in secret muster/smtp") as refused:
        channel.send(notification)
    assert "first" not in str(refused.value)


def test_a_certificate_that_nobody_vouches_for_is_refused(
    settings: Smtp, secrets: Secrets, vault: Vault, postbox: Postbox, notification: Notification
) -> None:
    vault.texts["muster/smtp"] = json.dumps({"username": "muster", "password": "first"})
    with pytest.raises(ChannelError, match="certificate that nobody vouches for"):
        SmtpChannel(settings, secrets, made(settings)).send(notification)
    assert postbox.envelopes == []


def test_a_refused_recipient_is_named_and_the_others_get_it(
    channel: SmtpChannel, postbox: Postbox, notification: Notification
) -> None:
    postbox.refused = {"b@example.com"}
    with pytest.raises(ChannelError, match=r"refuses b@example\.com; correct recipients"):
        channel.send(notification)
    postbox.refused = {"a@example.com", "b@example.com"}
    with pytest.raises(ChannelError, match="refuses every recipient"):
        channel.send(notification)


def test_a_server_that_is_not_there_is_named(settings: Smtp, secrets: Secrets, notification: Notification) -> None:
    gone = Smtp(name="smtp", host="127.0.0.1", port=1, **MAILING)
    with pytest.raises(ChannelError, match=r"127\.0\.0\.1:1 could not be reached"):
        SmtpChannel(gone, secrets, made(gone)).send(notification)


def test_no_header_comes_out_of_a_hostile_finding(
    channel: SmtpChannel, postbox: Postbox, hostile: Notification
) -> None:
    channel.send(hostile)
    (message,) = postbox.messages
    assert message["Bcc"] is None
    assert not message.defects
    assert postbox.envelopes[0].rcpt_tos == ["a@example.com", "b@example.com"]


@pytest.fixture
def ses(aws: Callable[[str], Any]) -> Any:
    client = aws("sesv2")
    client.create_email_identity(EmailIdentity="muster@example.com")
    return client


def test_ses_gets_the_same_message(ses: Any, notification: Notification) -> None:
    settings = Email(name="email", **MAILING)
    EmailChannel(ses, settings, made(settings)).send(notification)
    (sent,) = ses_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].sent_messages
    assert "Message-ID: <20261120T090000-abc@example.com>" in sent.raw_data
    assert sorted(set(sent.destinations)) == ["a@example.com", "b@example.com"]


class Refusing:
    """An SES that answers with an error."""

    def __init__(self, code: str, message: str) -> None:
        self._error = {"Error": {"Code": code, "Message": message}}
        self.asked: list[dict[str, Any]] = []

    def send_email(self, **arguments: Any) -> None:
        self.asked.append(arguments)
        if self._error["Error"]["Code"]:
            raise ClientError(self._error, "SendEmail")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "message", "said"),
    [
        (
            "MessageRejected",
            "Email address is not verified. The following identities failed the check: a@example.com.",
            "Verify muster@example.com or its domain; in the sandbox every recipient too",
        ),
        ("SendingPausedException", "paused", "sending is paused"),
        ("TooManyRequestsException", "Maximum sending rate exceeded.", "it is tried again"),
        ("LimitExceededException", "Daily message quota exceeded", "the day's quota is used up"),
        ("BadRequestException", "odd", "SES: BadRequestException: odd"),
    ],
)
def test_what_ses_refuses_is_said_in_words(code: str, message: str, said: str, notification: Notification) -> None:
    settings = Email(name="email", **MAILING)
    channel = EmailChannel(Refusing(code, message), settings, made(settings))  # type: ignore[arg-type]
    with pytest.raises(ChannelError) as refused:
        channel.send(notification)
    assert said in str(refused.value)


def test_another_accounts_identity_is_borrowed(notification: Notification) -> None:
    arn = "arn:aws:ses:eu-central-1:999999999999:identity/example.com"
    settings = Email(name="email", identity_arn=arn, **MAILING)
    ses = Refusing("", "")
    EmailChannel(ses, settings, made(settings)).send(notification)  # type: ignore[arg-type]
    assert ses.asked[0]["FromEmailAddressIdentityArn"] == arn
