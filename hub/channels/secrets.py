"""What channels keep in Secrets Manager."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from botocore.exceptions import ClientError

from hub.channels.channel import ChannelError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_FRESH = timedelta(minutes=5)
_NO_SECRET = {"ResourceNotFoundException", "InvalidRequestException"}


class Secrets:
    """Reads secrets and keeps each for five minutes; `renewed` reads one anew, for it may have been rotated."""

    def __init__(self, client: "SecretsManagerClient", clock: Callable[[], datetime]) -> None:
        """Take a client, and what tells the time."""
        self._client = client
        self._clock = clock
        self._known: dict[str, tuple[str, datetime]] = {}

    def text(self, name: str) -> str:
        """Return a secret's text; `ChannelError` says what to do where there is none."""
        known, read_at = self._known.get(name, ("", None))
        if read_at and self._clock() - read_at < _FRESH:
            return known
        return self.renewed(name)

    def renewed(self, name: str) -> str:
        """Return a secret's text as it is now."""
        try:
            found = str(self._client.get_secret_value(SecretId=name).get("SecretString", "")).strip()
        except ClientError as error:
            if error.response["Error"]["Code"] not in _NO_SECRET:
                raise
            raise ChannelError(f"there is no secret {name}; make it in Secrets Manager of the hub's Region") from error
        if not found:
            raise ChannelError(f"secret {name} is empty; put the text in that docs/channels.md describes")
        self._known[name] = (found, self._clock())
        return found

    def used(self, name: str, use: Callable[[str], None]) -> None:
        """Use a secret; where it is refused and another by now, use that: it was rotated."""
        known = self.text(name)
        try:
            use(known)
        except ChannelError:
            renewed = self.renewed(name)
            if renewed == known:
                raise
            use(renewed)


def fields_of(name: str, text: str, *wanted: str) -> tuple[str, ...]:
    """Return fields of a secret's text that is JSON."""
    try:
        held = msgspec.json.decode(text, type=dict[str, str])
        return tuple(held[one] for one in wanted)
    except (msgspec.DecodeError, KeyError) as error:
        shape = ", ".join(f'"{one}": "…"' for one in wanted)
        raise ChannelError(f"secret {name} does not hold {{{shape}}}; write that JSON into it") from error
