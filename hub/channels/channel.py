"""What a channel is."""

from typing import Protocol

from hub.notifier.notification import Notification


class Channel(Protocol):
    """Something that takes notifications."""

    def send(self, notification: Notification, to: str = "") -> None:
        """Send one; `to` is who gets it in place of the configured recipients, where a channel has such.

        Raises `ChannelError` where it is known in words why it failed.
        """


class ChannelError(RuntimeError):
    """A channel refused or could not be reached; the text says why, and what mends it."""


class SecretRefusedError(ChannelError):
    """The other side does not know the secret that it was shown (any more)."""


class PartlyToldError(ChannelError):
    """Some have it, others were refused: sent again, the former would have it twice.

    `later` are those whom the other side refused for now: they can be told alone.
    """

    def __init__(self, text: str, later: tuple[str, ...] = ()) -> None:
        """Take what is wrong, and who may be told later."""
        super().__init__(text)
        self.later = later
