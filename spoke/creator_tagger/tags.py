"""The tags that a creation gets, and their values: who, and by setting when, how, under which role, and fixed ones."""

import hashlib
import re

import msgspec

from contract.cloudtrail import CloudTrailEvent
from contract.names import CREATED_BY

# What tag values may hold, and how much (IAM, ECS, Lambda, RDS: letters, digits, spaces and `_ . : / = + - @`).
_FORBIDDEN = re.compile(r"[^\w .:/=+\-@]")
_LONGEST = 256
_EMAIL = re.compile(r"([^@\s]+)@([\w.-]+\.\w+)")
_HASH_DIGITS = 16
_BROWSERS = re.compile(r"console\.amazonaws\.com|signin\.amazonaws\.com|AWS-Console|^\[?S3Console|^Mozilla/")
_TOOLS = ("terraform", "opentofu", "pulumi", "aws-cli", "aws-cdk", "ansible", "eksctl", "boto3", "botocore")


class TagSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Which tags are written; an empty key: not that one. `hash_emails` hides the part before the `@`."""

    created_by_key: str = CREATED_BY
    created_at_key: str = ""
    created_via_key: str = ""
    created_by_role_key: str = ""
    fixed: dict[str, str] = {}
    hash_emails: bool = False


USUAL_TAGS = TagSettings()


def tags_of(event: CloudTrailEvent, settings: TagSettings, created_by: str) -> dict[str, str]:
    """Return the tags of a creation, the creator's first; `created_by` is the name that people know."""
    name = hashed(created_by) if settings.hash_emails else created_by
    own = {
        settings.created_by_key: name,
        settings.created_at_key: f"{event.time:%Y-%m-%dT%H:%M:%SZ}",
        settings.created_via_key: via(event),
        settings.created_by_role_key: clean(event.actor.role),
    }
    return {**{key: value for key, value in own.items() if key and value}, **settings.fixed}


def tag_value(event: CloudTrailEvent) -> str:
    """Return the creator's name as a tag value may hold it: at most 256 characters, never empty."""
    name = clean(event.actor.name)
    return name if name and name != "unknown" else f"aws-account-{event.account_id}"


def clean(text: str) -> str:
    """Return a text as a tag's value may hold it."""
    return _FORBIDDEN.sub("_", text).strip()[:_LONGEST].strip()


def hashed(name: str) -> str:
    """Return a name whose e-mail address says nobody's name: `0123456789abcdef@example.com`, always the same one.

    Whoever knows an address can hash it, too: this keeps names out of bills and exports, it is no secret.
    """
    found = _EMAIL.search(name)
    if not found:
        return name
    digest = hashlib.sha256(found.group().lower().encode()).hexdigest()[:_HASH_DIGITS]
    return f"{name[: found.start()]}{digest}@{found.group(2)}{name[found.end() :]}"


def via(event: CloudTrailEvent) -> str:
    """Return how the caller called: the service that called for them, the console, or the tool by its user agent."""
    actor = event.actor
    if "." in actor.invoked_by:
        return clean(actor.invoked_by)
    if actor.is_service:
        return clean(actor.name)
    agent = event.record.text("userAgent")
    if event.record.is_true("sessionCredentialFromConsole") or _BROWSERS.search(agent):
        return "console"
    known = next((tool for tool in _TOOLS if tool in agent.lower()), "")
    return known or clean(re.split(r"[/ ]", agent.strip("[]"), maxsplit=1)[0].lower())
