"""What is different in an account: the hub writes it where the account's spokes read it."""

import hashlib

import msgspec

# The folder of an artefact bucket; the bucket's policy lets each account read its own file only.
SETTINGS_FOLDER = "settings/"


class AccountSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An account's settings; a field that a reader of another version does not know is left out.

    `agent_tags` and `agent_scope` take the place of the spokes' (None: as they say); `agent` false leaves out every
    instance. `retention` is a number of days or `forever`.
    """

    skipped_checks: tuple[str, ...] = ()
    agent: bool = True
    agent_tags: str | None = None
    agent_scope: str | None = None
    retention: str | None = None


def settings_key(account: str) -> str:
    """Return where an account's settings lie in every artefact bucket."""
    return f"{SETTINGS_FOLDER}{account}.json"


def settings_digest(body: bytes) -> str:
    """Return what heartbeats say about the file that they read."""
    return hashlib.sha256(body).hexdigest()[:16]
