"""What channels keep in Secrets Manager."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from hub.channels.channel import ChannelError, SecretRefusedError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_FRESH = timedelta(minutes=5)
_GIVE = "let the hub's functions read it: its policy, and its key's"
# What Secrets Manager answers → what that is and what mends it.
_TROUBLES = {
    "ResourceNotFoundException": "there is no secret {}; make it in Secrets Manager of the hub's account and Region",
    "InvalidRequestException": "secret {} is being deleted; restore it, or name another in muster.toml",
    "AccessDeniedException": f"secret {{}} is not there, or may not be read; make it, or {_GIVE}",
    "DecryptionFailure": f"secret {{}} cannot be decrypted; {_GIVE}",
}


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
            if not (trouble := _TROUBLES.get(error.response["Error"]["Code"])):
                raise
            raise ChannelError(trouble.format(name)) from error
        if not found:
            raise ChannelError(f"secret {name} holds no text; put in what docs/channels.md describes")
        self._known[name] = (found, self._clock())
        return found

    def used(self, name: str, use: Callable[[str], None]) -> None:
        """Use a secret; where it is refused and another by now, use that: it was rotated."""
        known = self.text(name)
        try:
            use(known)
        except SecretRefusedError:
            renewed = self.renewed(name)
            if renewed == known:
                raise
            use(renewed)


def fields_of(name: str, text: str, *wanted: str) -> tuple[str, ...]:
    """Return fields of a secret's text that is a JSON object; none may lack or be empty."""
    try:
        held = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError:
        held = {}
    found = tuple(held.get(one) for one in wanted)
    if not all(isinstance(one, str) and one for one in found):
        shape = ", ".join(f'"{one}": "…"' for one in wanted)
        raise ChannelError(f"secret {name} does not hold {{{shape}}}; write that JSON into it")
    return tuple(map(str, found))
