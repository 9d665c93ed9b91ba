"""The control endpoints under /_localorg: JSON in, JSON out, on the gateway's own port."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from hypercorn.typing import (
    ASGIReceiveCallable,
    ASGISendCallable,
    HTTPResponseBodyEvent,
    HTTPResponseStartEvent,
    HTTPScope,
)

from localorg import emails, organization, replay, settled, table_import
from localorg.eventbus import entries
from localorg.securityhub import findings
from localorg.ssm import nodes

PREFIX = "/_localorg/"
# The organization's Regions; the first is its home.
REGIONS: list[str] = []

Handler = Callable[[dict[str, Any]], Any]


class ControlError(ValueError):
    """A request to a control endpoint that cannot be answered."""


def health(_request: dict[str, Any]) -> dict[str, Any]:
    """The organization, as printed at start."""
    return {"status": "ok", "organization": organization.describe()}


def put_event(request: dict[str, Any]) -> dict[str, Any]:
    """Put an AWS service's event on an account's default bus."""
    try:
        return {"event_id": findings.inject(request["account"], request["region"], request["event"])}
    except (entries.EntryError, ValueError) as error:
        raise ControlError(str(error)) from error


def replay_events(request: dict[str, Any]) -> dict[str, Any]:
    """Move recorded events into the organization, make what they tell of, and inject them."""
    return replay.replay(request["items"], REGIONS)


def rest(_request: dict[str, Any]) -> dict[str, Any]:
    """Whether everything has come to rest."""
    return settled.report()


def sent_emails(request: dict[str, Any]) -> list[dict[str, Any]]:
    """What the account sent by SES."""
    return emails.sent(request["account"])


def set_node(request: dict[str, Any]) -> dict[str, Any]:
    """Change how an instance answers to Systems Manager."""
    try:
        return nodes.configure(request)
    except nodes.NodeError as error:
        raise ControlError(str(error)) from error


def import_items(request: dict[str, Any]) -> dict[str, int]:
    """Put items into a table as a restored backup has them."""
    try:
        count = table_import.put(request["account"], request["region"], request["table"], request["items"])
    except table_import.TableImportError as error:
        raise ControlError(str(error)) from error
    return {"items": count}


HANDLERS: dict[tuple[str, str], Handler] = {
    ("GET", "emails"): sent_emails,
    ("GET", "health"): health,
    ("GET", "settled"): rest,
    ("POST", "events"): put_event,
    ("POST", "nodes"): set_node,
    ("POST", "replay"): replay_events,
    ("POST", "tables"): import_items,
}


def answer(method: str, path: str, request: dict[str, Any]) -> tuple[int, Any]:
    """Status and body of the answer; `request` is the query (GET) or the JSON body (POST)."""
    handler = HANDLERS.get((method, path.removeprefix(PREFIX)))
    if handler is None:
        return 404, {"error": f"no such endpoint: {method} {path}"}
    try:
        return 200, handler(request)
    except (ControlError, KeyError, TypeError) as error:
        return 400, {"error": str(error) if isinstance(error, ControlError) else f"bad request: {error!r}"}


async def respond(scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Answer one HTTP request; the handler runs in a thread, because it may call AWS APIs of this same gateway."""
    body = await _read(receive)
    try:
        request = json.loads(body) if body else dict(parse_qsl(scope["query_string"].decode()))
        status, result = await asyncio.to_thread(answer, scope["method"], scope["path"], request)
    except json.JSONDecodeError as error:
        status, result = 400, {"error": f"not JSON: {error}"}
    headers = [(b"content-type", b"application/json")]
    await send(HTTPResponseStartEvent(type="http.response.start", status=status, headers=headers, trailers=False))
    await send(HTTPResponseBodyEvent(type="http.response.body", body=json.dumps(result).encode(), more_body=False))


async def _read(receive: ASGIReceiveCallable) -> bytes:
    chunks = []
    while (message := await receive())["type"] == "http.request":
        chunks.append(message["body"])
        if not message["more_body"]:
            break
    return b"".join(chunks)
