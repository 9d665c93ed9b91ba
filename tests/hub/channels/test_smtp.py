"""A real server of SMTP gets what people get: by TLS that is verified, with credentials that may be rotated."""

import email
import email.policy
import socket
import ssl
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from hub.channels.channel import ChannelError, PartlyToldError
from hub.channels.secrets import Secrets
from hub.channels.settings import Smtp
from hub.channels.smtp import SmtpChannel
from hub.notifier.email import mime
from hub.notifier.notification import Notification
from tests.hub.channels.conftest import NOW

if TYPE_CHECKING:
    from tests.hub.channels.conftest import Trusted, Vault

Told = Callable[..., Notification]


class Post:
    """A server's memory; `refused` are recipients that it does not take."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.refused: dict[str, str] = {}
        self.logins: list[str] = []
        self.password = "first"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - as above
        self.envelopes.append(envelope)
        return "250 OK"

    def authenticated(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.password.decode())
        return AuthResult(success=data == LoginPassword(b"muster", self.password.encode()), handled=False)

    @contextmanager
    def serving(self, **how: Any) -> Iterator[int]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port: int = free.getsockname()[1]
        controller = Controller(self, "127.0.0.1", port, **how)
        controller.start()
        try:
            yield port
        finally:
            controller.stop()


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def starttls(post: Post, trusted: "Trusted") -> Iterator[int]:
    with post.serving(
        tls_context=trusted.server, require_starttls=True, authenticator=post.authenticated, auth_required=True
    ) as port:
        yield port


def channel(secrets: Secrets, trust: ssl.SSLContext | None, **changes: Any) -> SmtpChannel:
    usual: dict[str, Any] = {
        "name": "mail",
        "sender": "muster@example.com",
        "recipients": ("a@example.com", "b@example.com"),
        "host": "127.0.0.1",
    }
    settings = Smtp(**{**usual, **changes})
    contexts = (lambda: trust,) if trust else ()
    return SmtpChannel(settings, secrets, lambda one, to: mime(one, settings, to, NOW), *contexts)


@pytest.fixture
def mail(starttls: int, secrets: Secrets, vault: "Vault", trusted: "Trusted") -> SmtpChannel:
    """The channel as most have it."""
    vault.texts["muster/smtp"] = credentials("first")
    return channel(secrets, trusted.client, port=starttls, secret="muster/smtp")


def credentials(password: str) -> str:
    return msgspec.json.encode({"username": "muster", "password": password}).decode()


def test_every_recipient_gets_the_message_after_starttls_and_login(post: Post, mail: SmtpChannel, told: Told) -> None:
    mail.send(told())
    [envelope] = post.envelopes
    assert envelope.mail_from == "muster@example.com"
    assert envelope.rcpt_tos == ["a@example.com", "b@example.com"]
    assert isinstance(envelope.content, bytes)
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert message["Subject"] == "[HIGH] shop-production: Access key created for alice"
    assert message["Message-ID"] == "<20261120T090000-abc@example.com>"
    assert post.logins == ["first"]


def test_an_owner_gets_it_in_place_of_the_recipients(post: Post, mail: SmtpChannel, told: Told) -> None:
    mail.send(told(), "shop@example.com")
    assert [one.rcpt_tos for one in post.envelopes] == [["shop@example.com"]]


def test_a_rotated_password_is_read_anew(post: Post, mail: SmtpChannel, vault: "Vault", told: Told) -> None:
    mail.send(told())
    post.password = "second"
    vault.texts["muster/smtp"] = credentials("second")
    mail.send(told())
    mail.send(told())
    assert len(post.envelopes) == 3
    assert list(dict.fromkeys(post.logins)) == ["first", "second"]
    assert vault.reads == 2


def test_a_wrong_password_is_said_in_words_and_not_shown(
    post: Post, mail: SmtpChannel, vault: "Vault", told: Told
) -> None:
    wrong = "wrong" + "-password"
    vault.texts["muster/smtp"] = credentials(wrong)
    with pytest.raises(ChannelError, match="does not know the username and password in secret muster/smtp") as caught:
        mail.send(told())
    assert wrong not in "".join(traceback.format_exception(caught.value))
    assert post.envelopes == []


def test_a_certificate_that_nobody_vouches_for_gets_neither_password_nor_message(
    post: Post, starttls: int, secrets: Secrets, vault: "Vault", told: Told
) -> None:
    vault.texts["muster/smtp"] = credentials("first")
    with pytest.raises(ChannelError, match="shows a certificate that nobody vouches for"):
        channel(secrets, None, port=starttls, secret="muster/smtp").send(told())
    assert (post.logins, post.envelopes) == ([], [])


def test_a_server_without_starttls_gets_neither_password_nor_message(
    post: Post, secrets: Secrets, vault: "Vault", trusted: "Trusted", told: Told
) -> None:
    vault.texts["muster/smtp"] = credentials("first")
    with (
        post.serving(authenticator=post.authenticated, auth_require_tls=False) as port,
        pytest.raises(ChannelError, match="offers no STARTTLS"),
    ):
        channel(secrets, trusted.client, port=port, secret="muster/smtp").send(told())
    assert (post.logins, post.envelopes) == ([], [])


def test_tls_from_the_beginning_works_too(
    post: Post, secrets: Secrets, vault: "Vault", trusted: "Trusted", told: Told
) -> None:
    vault.texts["muster/smtp"] = credentials("first")
    with post.serving(ssl_context=trusted.server, authenticator=post.authenticated, auth_require_tls=False) as port:
        channel(secrets, trusted.client, port=port, security="tls", secret="muster/smtp").send(told())
    assert len(post.envelopes) == 1


def test_without_security_no_password_is_sent(post: Post, secrets: Secrets, vault: "Vault", told: Told) -> None:
    vault.texts["muster/smtp"] = credentials("first")
    with post.serving(authenticator=post.authenticated, auth_require_tls=False) as port:
        channel(secrets, None, port=port, security="none", secret="muster/smtp").send(told())
    assert (post.logins, len(post.envelopes), vault.reads) == ([], 1, 0)


def test_some_refused_recipients_do_not_bring_the_others_the_message_again(
    post: Post, secrets: Secrets, told: Told
) -> None:
    post.refused = {"b@example.com": "550 no such user"}
    with (
        post.serving() as port,
        pytest.raises(PartlyToldError, match=r"refuses b@example.com \(550 no such user\); correct recipients"),
    ):
        channel(secrets, None, port=port, security="none").send(told())
    assert [one.rcpt_tos for one in post.envelopes] == [["a@example.com"]]


def test_when_all_are_refused_it_failed(post: Post, secrets: Secrets, told: Told) -> None:
    post.refused = dict.fromkeys(("a@example.com", "b@example.com"), "452 mailbox full")
    with post.serving() as port, pytest.raises(ChannelError, match="refuses every recipient") as caught:
        channel(secrets, None, port=port, security="none").send(told())
    assert not isinstance(caught.value, PartlyToldError)


def test_a_server_that_is_not_there_is_said_in_words(secrets: Secrets, told: Told) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ChannelError, match=r"could not be reached: .*; see host, port, security"):
        channel(secrets, None, port=port).send(told())


def test_an_address_that_breaks_out_of_its_line_reaches_nobody(post: Post, secrets: Secrets, told: Told) -> None:
    with post.serving() as port, pytest.raises(Exception):  # noqa: B017, PT011 - whoever notices first
        channel(secrets, None, port=port, security="none").send(told(), "a@example.com>\r\nRCPT TO:<eve@example.com")
    assert post.envelopes == []


def test_no_header_comes_out_of_a_hostile_finding(post: Post, mail: SmtpChannel, hostile: Notification) -> None:
    mail.send(hostile)
    [envelope] = post.envelopes
    assert isinstance(envelope.content, bytes)
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert message["Bcc"] is None
    assert not message.defects
    assert envelope.rcpt_tos == ["a@example.com", "b@example.com"]


def test_a_test_is_recognised(post: Post, secrets: Secrets, tested: Notification) -> None:
    with post.serving() as port:
        channel(secrets, None, port=port, security="none").send(tested)
    [envelope] = post.envelopes
    assert b"Subject: [TEST] This is a test of channel payments" in (envelope.content or b"")  # type: ignore[operator]
