"""Posts JSON to an address that is a secret: nothing here ever says it."""

import logging
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Never
from urllib.parse import SplitResult, urlsplit

import msgspec
import urllib3

from hub.channels.channel import ChannelError, SecretRefusedError

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_READ_SECONDS = 15
_TIMEOUT = urllib3.Timeout(connect=5, read=_READ_SECONDS)
# Of an answer so many bytes are read.
_SAID = 500
# A part of an address that is as long as this may be a secret, shorter ones are words such as "services".
_SECRET_PART = 9
# What may be an answer to a secret that was replaced.
_REFUSED = {400, 401, 403, 404, 410}
_GONE = "the webhook was revoked or never was; make a new one and store its address in the secret"
# What stands in an answer → what mends it (Slack, "Sending messages using incoming webhooks", "Handling errors"; Azure
# Logic Apps, which run the workflows of Teams; PagerDuty, "Events API v2").
_MENDS = {
    "no_service": "the Slack webhook was revoked; make a new one and store its address in the secret",
    "no_active_hooks": "the Slack webhook is disabled; make a new one and store its address in the secret",
    "invalid_token": "the Slack webhook's address is wrong or revoked; copy it whole into the secret",
    "channel_is_archived": "the Slack channel is archived; unarchive it, or make a webhook for another one",
    "channel_not_found": "the Slack channel is gone; make a webhook for another one and store its address",
    "action_prohibited": "an administrator of Slack forbids it; ask them to allow the webhook's app",
    "posting_to_general_channel_denied": "Slack lets the webhook's maker not post there; choose another channel",
    "team_disabled": "the Slack workspace is disabled; choose another channel in muster.toml",
    "WorkflowTriggerIsNotEnabled": "the Teams workflow is turned off; turn it on in the app Workflows",
    "WorkflowNotFound": "the Teams workflow is gone; make a new one and store its address in the secret",
    "DirectApiAuthorizationRequired": "the Teams workflow takes posts of its tenant only; let anyone trigger it, and "
    "store the address that it shows then",
    "routing_key": "PagerDuty does not know the integration key; store that of an Events API v2 integration",
}


def post_json(address: str, content: Any, hidden: str = "") -> None:
    """Post a document; `ChannelError` says in words why the other side did not take it, but never `hidden`."""
    post_body(address, msgspec.json.encode(content), {}, hidden)


def post_body(address: str, body: bytes, headers: Mapping[str, str], hidden: str = "") -> None:
    """Post a body of JSON; one that is taken is answered with 2xx. Nothing is tried twice and no redirect followed.

    `SecretRefusedError` where the answer may mean that the address, or `hidden`, is not known there any more.
    """
    parts = _checked(address)
    host = str(parts.hostname)
    sent = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Muster", **headers}
    try:
        answer = _pool().request(
            "POST",
            address,
            body=body,
            headers=sent,
            timeout=_TIMEOUT,
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        said = answer.read(_SAID, decode_content=False).decode(errors="replace")
        answer.close()
    except urllib3.exceptions.HTTPError as error:
        # Without its cause: its text may hold the address.
        raise ChannelError(f"{host} {_unreached(error)}") from None
    if not 200 <= answer.status < 300:
        _refuse(host, answer, _scrubbed(said, parts, hidden))


def _checked(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    is_clean = address.isprintable() and " " not in address
    if not (is_clean and host and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))):
        raise ChannelError("the secret holds no address that begins with https://; store the webhook's")
    return parts


def _unreached(error: urllib3.exceptions.HTTPError) -> str:
    if isinstance(error, urllib3.exceptions.SSLError):
        return "shows a certificate that nobody vouches for; the address, or its server, is wrong"
    is_late = isinstance(error, urllib3.exceptions.TimeoutError)
    # Nobody listening counts as a time-out there.
    if is_late and not isinstance(error, urllib3.exceptions.NewConnectionError):
        return f"does not answer within {_READ_SECONDS} seconds; it is tried again"
    return f"could not be reached ({type(error).__name__}); see that its name is right and the network lets the hub out"


def _refuse(host: str, answer: urllib3.BaseHTTPResponse, said: str) -> Never:
    status = answer.status
    known = next((mend for word, mend in _MENDS.items() if word in said), "")
    words = f"{host} says {status}{f' ({said})' if said else ''}: {known or _mend(answer)}"
    raise SecretRefusedError(words) if status in _REFUSED else ChannelError(words)


def _mend(answer: urllib3.BaseHTTPResponse) -> str:
    """Return what an answer means and what mends it."""
    status, wait = answer.status, answer.headers.get("Retry-After", "")
    if status in _REFUSED - {400}:
        return _GONE
    if status == 429:
        asked = f" of the next {wait} seconds" if wait.isdecimal() and len(wait) < 6 else ""
        return f"too many messages, it takes none{asked or ' for now'}; lower messages_per_hour if this stays"
    if 300 <= status < 400:
        return "it redirects, which is not followed: store the address where it leads"
    if status >= 500:
        return "it has trouble of its own; it is tried again"
    return "it does not take the message; see that the address is one for this kind of channel"


def _scrubbed(said: str, parts: SplitResult, hidden: str) -> str:
    """Return what an answer says in one line, without what of it is secret; nothing of a page."""
    words = " ".join("".join(one if one.isprintable() else " " for one in said).split())
    if words.startswith("<"):
        return ""
    secret = [hidden, *re.split(r"[/?&=;#:@]", f"{parts.path}?{parts.query}#{parts.fragment}@{parts.username or ''}")]
    for one in (*secret, parts.password or ""):
        if len(one) >= _SECRET_PART or (one and one in {hidden, parts.password}):
            words = words.replace(one, "…")
    return words[:200]


@cache
def _pool() -> urllib3.PoolManager:
    # It logs every path at DEBUG.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
    return urllib3.PoolManager(retries=False)
