"""Reads what is different in the spoke's account, from the artefact bucket of its Region."""

from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from contract.account_settings import AccountSettings, settings_digest, settings_key
from contract.spoke_events import LONGEST_TEXT

# S3 answers 403 where there is nothing, to whoever may not list the bucket (S3 API, GetObject).
_ABSENT = {403, 404}
_NONE_YET = "the hub has not written them yet, or they may not be read"


class Found(msgspec.Struct, frozen=True):
    """The settings, the digest of their file (empty: there is none), and why they could not be read (empty: well).

    The hub writes a file for every account within the hour: that there is none, or that it may not be read, which S3
    answers alike, is no complaint of a young account, and no reason to take the defaults for what it asked for.
    """

    settings: AccountSettings = AccountSettings()
    digest: str = ""
    complaint: str = ""

    @property
    def unread(self) -> str:
        """Why it is not known what the account asked for; empty: it is."""
        return self.complaint or ("" if self.digest else _NONE_YET)


def read_account_settings(s3: Any, bucket: str, account: str) -> Found:
    """Return an account's settings: the defaults where there are none, or where they cannot be read (`unread`)."""
    try:
        body: bytes = s3.get_object(Bucket=bucket, Key=settings_key(account))["Body"].read()
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") in _ABSENT:
            return Found()
        return _unread(error)
    except (BotoCoreError, OSError) as error:
        return _unread(error)
    digest = settings_digest(body)
    try:
        return Found(msgspec.json.decode(body, type=AccountSettings), digest)
    except (msgspec.DecodeError, UnicodeError) as error:
        return Found(digest=digest, complaint=f"not as the hub writes them: {error}"[:LONGEST_TEXT])


def _unread(error: Exception) -> Found:
    return Found(complaint=f"could not be read: {error}"[:LONGEST_TEXT])
