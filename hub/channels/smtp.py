"""Email by an SMTP server of one's own."""

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hub.channels.channel import ChannelError
from hub.channels.email import Mime
from hub.channels.secrets import Secrets, fields_of
from hub.channels.settings import Smtp
from hub.notifier.notification import Notification

_SECONDS = 20


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
        """Send to `to`, or the configured recipients; it failed if the server refused any of them."""
        recipients = [to] if to else list(self._settings.recipients)
        message = self._mime(notification, recipients)
        try:
            with self._connected() as server:
                refused = server.sendmail(self._settings.sender, recipients, message)
        except (OSError, smtplib.SMTPException) as error:
            raise ChannelError(_why(error, self._settings)) from error
        if refused:
            raise ChannelError(f"{self._settings.host} refuses {', '.join(sorted(refused))}; correct recipients")

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        one = self._settings
        if one.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(one.host, one.port, timeout=_SECONDS, context=self._trust())
        else:
            server = smtplib.SMTP(one.host, one.port, timeout=_SECONDS)
        with server:
            if one.security == "starttls":
                server.starttls(context=self._trust())
            if one.secret and one.security != "none":
                self._sign_in(server)
            yield server

    def _sign_in(self, server: smtplib.SMTP) -> None:
        self._secrets.used(self._settings.secret, lambda text: self._login(server, text))

    def _login(self, server: smtplib.SMTP, text: str) -> None:
        try:
            server.login(*fields_of(self._settings.secret, text, "username", "password"))
        except smtplib.SMTPAuthenticationError as error:
            raise ChannelError(_why(error, self._settings)) from error


def _why(error: Exception, settings: Smtp) -> str:
    server = f"{settings.host}:{settings.port}"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"{server} does not know the username and password in secret {settings.secret}; correct them"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"{server} refuses every recipient; correct recipients"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{server} shows a certificate that nobody vouches for: {error.verify_message}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return f"{server} offers no STARTTLS or no login; see security"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{server} says {error.smtp_code}: {error.smtp_error!r}"
    return f"{server} could not be reached: {error}"
