"""Posts JSON to an address that is a secret: nothing here ever says it."""

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import msgspec
import urllib3

from hub.channels.channel import ChannelError

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_TIMEOUT = urllib3.Timeout(connect=5, read=15)
_SAID = 200


def post_json(address: str, content: Any, headers: Mapping[str, str] | None = None) -> None:
    """Post a document; `ChannelError` says in words why the other side did not take it."""
    post_body(address, msgspec.json.encode(content), headers or {})


def post_body(address: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Post a body of JSON; one that is taken is answered with 2xx. Nothing is tried twice and no redirect followed."""
    _check(address)
    sent = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Muster", **headers}
    try:
        answer = _pool().request(
            "POST", address, body=body, headers=sent, timeout=_TIMEOUT, retries=False, redirect=False
        )
    except urllib3.exceptions.HTTPError as error:
        raise ChannelError(f"{_host(address)} could not be reached: {type(error).__name__}") from error
    if not 200 <= answer.status < 300:
        raise ChannelError(_why(_host(address), answer.status, answer.data[:_SAID].decode(errors="replace")))


def _check(address: str) -> None:
    parts = urlsplit(address)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not (is_safe and parts.hostname):
        raise ChannelError("the secret holds no address that begins with https://")


def _why(host: str, status: int, said: str) -> str:
    """Return what an answer means and what mends it."""
    words = " ".join(said.split())
    quoted = f" ({words})" if words and not words.startswith("<") else ""
    if status in {401, 403, 404, 410}:
        return f"{host} says {status}{quoted}: the webhook was revoked or never was; make a new one and store it"
    if status == 429:
        return f"{host} says {status}: too many messages; lower messages_per_hour if this stays"
    if 300 <= status < 400:
        return f"{host} redirects ({status}), which is not followed: store the address where it leads"
    if status >= 500:
        return f"{host} says {status}{quoted}: it has trouble of its own; it is tried again"
    return f"{host} refuses the message with {status}{quoted}"


def _host(address: str) -> str:
    return urlsplit(address).hostname or "the webhook's host"


@cache
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(retries=False)
