"""Email by an SMTP server of one's own."""

import smtplib
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from hub.channels.channel import ChannelError, PartlyToldError, SecretRefusedError
from hub.channels.email import Mime
from hub.channels.secrets import Secrets, fields_of
from hub.channels.settings import Smtp
from hub.notifier.notification import Notification
from hub.notifier.texts import one_line

_SECONDS = 20
# From the connection to the answer to the whole message, for which a server may take its time (RFC 5321 has ten
# minutes, a function does not).
_ALL_SECONDS = 60
# Answers from here on are final (RFC 5321, 4.2.1).
_FOR_GOOD = 500
# An error → what it means and what mends it.
_WORDS: dict[type[Exception], str] = {
    smtplib.SMTPAuthenticationError: "does not know the username and password in secret {0.secret}; correct them",
    smtplib.SMTPSenderRefused: "refuses sender {0.sender}; correct it, or let the user send as it",
    smtplib.SMTPNotSupportedError: "offers no STARTTLS, or nobody signs in there; see security and secret",
    ssl.SSLCertVerificationError: "shows a certificate that nobody vouches for; give it a valid one for {0.host}",
    UnicodeError: "takes no addresses with letters beyond ASCII; correct sender and recipients",
}


class SmtpChannel:
    """Sends to all recipients at once. Wrong credentials are read anew once: they may have been rotated."""

    def __init__(
        self,
        settings: Smtp,
        secrets: Secrets,
        mime: Mime,
        trust: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        """Take settings, where the secret is, what makes messages, and whose certificates are trusted."""
        self._settings = settings
        self._secrets = secrets
        self._mime = mime
        self._trust = trust

    def send(self, notification: Notification, to: str = "") -> None:
        """Send to `to`, or the configured recipients; `PartlyToldError` where the server refused some of them."""
        recipients = [to] if to else list(self._settings.recipients)
        message = self._mime(notification, recipients)
        if self._settings.secret and self._settings.security != "none":
            self._secrets.used(self._settings.secret, lambda text: self._deliver(recipients, message, text))
        else:
            self._deliver(recipients, message)

    def _deliver(self, recipients: list[str], message: bytes, secret: str = "") -> None:
        credentials = fields_of(self._settings.secret, secret, "username", "password") if secret else None
        try:
            with self._connected() as server:
                if credentials:
                    server.login(*credentials)
                refused = server.sendmail(self._settings.sender, recipients, message)
        except smtplib.SMTPAuthenticationError as error:
            # Without its cause: servers quote what they were shown.
            raise SecretRefusedError(_why(error, self._settings)) from None
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            raise ChannelError(_why(error, self._settings)) from error
        if refused:
            later = tuple(one for one, (code, _) in refused.items() if code < _FOR_GOOD)
            said = f"{self._settings.host} refuses {_listed(refused)}"
            raise PartlyToldError(said if later else f"{said}; correct recipients", later)

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        one = self._settings
        if one.security == "tls":
            server: smtplib.SMTP = _HurriedTls(one.host, one.port, timeout=_SECONDS, context=self._trust())
        else:
            server = _Hurried(one.host, one.port, timeout=_SECONDS)
        # Closed without a goodbye: a message that was taken is not refused for what the server says to that.
        with closing(server):
            if one.security == "starttls":
                server.starttls(context=self._trust())
            yield server


class _Hurried(smtplib.SMTP):
    """Waits for each answer as long as the whole delivery may still take."""

    def __init__(self, *place: Any, **options: Any) -> None:
        self._ends = time.monotonic() + _ALL_SECONDS
        super().__init__(*place, **options)

    def getreply(self) -> tuple[int, bytes]:
        if self.sock is not None:
            self.sock.settimeout(max(self._ends - time.monotonic(), 0.1))
        return super().getreply()


class _HurriedTls(_Hurried, smtplib.SMTP_SSL):
    """Encrypted from the beginning."""


def _listed(refused: Mapping[str, tuple[int, bytes]]) -> str:
    return ", ".join(
        f"{one} ({code} {one_line(said.decode(errors='replace'), 100)})" for one, (code, said) in refused.items()
    )


def _why(error: Exception, settings: Smtp) -> str:
    """Return what an error means and what mends it."""
    server = f"{settings.host}:{settings.port}"
    for kind, words in _WORDS.items():
        if isinstance(error, kind):
            return f"{server} {words.format(settings)}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"{server} refuses every recipient: {_listed(error.recipients)}; correct recipients"
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return f"{server} says {error.smtp_code}: {one_line(str(said), 200)}"
    return f"{server} could not be reached: {error}; see host, port, security and that the network lets the hub out"
