"""Signed, expiring tokens: what a link may do, to which finding, and whom it was sent to."""

import hashlib
from collections.abc import Sequence
from enum import StrEnum

import msgspec
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from contract.finding import Finding
from hub.channels.channel import ChannelError
from hub.channels.secrets import Secrets

# No other use of the same key makes tokens that are taken here.
_SALT = "muster.actions"
_A_DAY = 86_400


class TokenError(ValueError):
    """A token that was not made here, or was changed."""


class ExpiredTokenError(TokenError):
    """A token that was made here and is too old."""


class Action(StrEnum):
    """What a link does."""

    ACKNOWLEDGE = "acknowledge"
    SUPPRESS = "suppress"


class Grant(msgspec.Struct, frozen=True):
    """The right to do one thing to one finding, and the target that it was sent to."""

    finding: str
    action: Action
    target: str


class Tokens:
    """Makes and reads tokens. Of the keys the last one signs; all are known, so that a key can be replaced."""

    def __init__(self, keys: Sequence[str], days: int) -> None:
        """Take the keys and for how many days a token holds."""
        self._serializer = URLSafeTimedSerializer(
            list(keys), salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        )
        self._seconds = days * _A_DAY

    def made(self, grant: Grant) -> str:
        """Return the token of a grant."""
        return str(self._serializer.dumps([grant.finding, grant.action.value, grant.target]))

    def grant(self, token: str) -> Grant:
        """Return what a token grants; raises `ExpiredTokenError` or `TokenError`."""
        try:
            finding, action, target = self._serializer.loads(token, max_age=self._seconds)
            return Grant(finding, Action(action), target)
        except SignatureExpired as error:
            raise ExpiredTokenError("the link is too old") from error
        except (BadSignature, ValueError, TypeError) as error:
            raise TokenError("the link was not made here, or was changed") from error


def keys_of(secrets: Secrets, name: str) -> list[str]:
    """Return the keys of the hub's secret: JSON with `current`, and `previous` while it is being replaced.

    Without a current one nothing could be signed: `ChannelError` says so.
    """
    held = _held(secrets.text(name))
    if not held.get("current"):
        raise ChannelError(f'secret {name} does not hold {{"current": "…"}}; write that JSON into it')
    return [held[one] for one in ("previous", "current") if held.get(one)]


def _held(text: str) -> dict[str, str]:
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except msgspec.DecodeError:
        return {}


def action_addresses(tokens: Tokens, address: str, target: str, finding: Finding) -> dict[str, str]:
    """Return the links about a finding for those whom a target reaches, by what they do."""
    return {one.value: f"{address}?token={tokens.made(Grant(finding.id, one, target))}" for one in Action}
