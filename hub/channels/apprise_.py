"""Whatever Apprise reaches."""

from hub.channels.channel import ChannelError
from hub.channels.secrets import Secrets
from hub.channels.settings import Apprise
from hub.notifier.notification import Notification
from hub.notifier.rendering import as_text

_TYPES = {"CRITICAL": "failure", "HIGH": "failure", "MEDIUM": "warning"}


class AppriseChannel:
    """Sends plain text: what a service makes of markup, each decides for itself."""

    def __init__(self, settings: Apprise, secrets: Secrets) -> None:
        """Take settings, and where Apprise's address is."""
        self._settings = settings
        self._secrets = secrets

    def send(self, notification: Notification, _to: str = "") -> None:
        """Send it; Apprise says only whether it went."""
        # Its hundred plugins take a second to import, which only those wait for who use them.
        import apprise  # noqa: PLC0415 - see above

        # Disabled: files of the function, and the cloud's own addresses, are nobody's attachment or configuration.
        asset = apprise.AppriseAsset(app_id="Muster", app_desc="Muster", async_mode=False, secure_logging=True)
        sender = apprise.Apprise(asset=asset)
        if not sender.add(self._secrets.renewed(self._settings.secret)):
            raise ChannelError(
                f"secret {self._settings.secret} holds no address that Apprise knows; see its documentation"
            )
        is_sent = sender.notify(
            title=notification.subject,
            body=as_text(notification),
            body_format=apprise.NotifyFormat.TEXT,
            notify_type=apprise.NotifyType(_TYPES.get(notification.severity or "", "info")),
            interpret_escapes=False,
        )
        if not is_sent:
            raise ChannelError(
                f"the service of secret {self._settings.secret} did not take it; the sender's log says more"
            )
