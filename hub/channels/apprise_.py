"""Whatever Apprise reaches."""

import re

from hub.channels.channel import ChannelError, SecretRefusedError
from hub.channels.secrets import Secrets
from hub.channels.settings import Apprise
from hub.notifier.notification import Notification
from hub.notifier.rendering import as_text

_TYPES = {"CRITICAL": "failure", "HIGH": "failure", "MEDIUM": "warning"}
# Chat services make mentions of these wherever they stand: `@everyone`, `<@U123>`, `<!channel>`. An address of email,
# which has a letter before its `@`, is left alone.
_MENTION = re.compile(r"(?<![\w.+-])@(?=\w)|(?<=<)[@!#&](?=\S)")


class AppriseChannel:
    """Sends plain text: what a service makes of markup, each decides for itself."""

    def __init__(self, settings: Apprise, secrets: Secrets) -> None:
        """Take settings, and where Apprise's address is."""
        self._settings = settings
        self._secrets = secrets

    def send(self, notification: Notification, _to: str = "") -> None:
        """Send it; Apprise says only whether it went."""
        self._secrets.used(self._settings.secret, lambda address: self._notify(notification, address))

    def _notify(self, notification: Notification, address: str) -> None:
        # Its hundred plugins take a second to import, which only those wait for who use them.
        import apprise  # noqa: PLC0415 - see above

        asset = apprise.AppriseAsset(app_id="Muster", app_desc="Muster", async_mode=False, secure_logging=True)
        sender = apprise.Apprise(asset=asset)
        if not sender.add(address):
            raise ChannelError(
                f"secret {self._settings.secret} holds no address that Apprise knows; see its documentation"
            )
        is_sent = sender.notify(
            title=unmentioning(notification.subject),
            body=unmentioning(as_text(notification)),
            body_format=apprise.NotifyFormat.TEXT,
            notify_type=apprise.NotifyType(_TYPES.get(notification.severity or "", "info")),
            interpret_escapes=False,
        )
        if not is_sent:
            raise SecretRefusedError(
                f"the service of secret {self._settings.secret} did not take it; the sender's log says more. See that "
                "the address is still valid"
            )


def unmentioning(text: str) -> str:
    """Return a text in which nobody is mentioned: something without width stands where a name would begin."""
    return _MENTION.sub(lambda found: f"{found[0]}\u200b", text)
