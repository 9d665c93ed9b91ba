"""EventBridge's events as a queue's messages hold them."""

import json
from typing import Any

import msgspec


class MalformedMessageError(ValueError):
    """A queue's message that is no EventBridge event."""


def event_of(body: str) -> dict[str, Any]:
    """Return the EventBridge event in a message; `MalformedMessageError` when there is none."""
    try:
        event = _parsed(body)
    except ValueError as error:
        raise MalformedMessageError("not JSON") from error
    if not (isinstance(event, dict) and isinstance(event.get("account"), str) and event["account"]):
        raise MalformedMessageError("field account must be the sender's account")
    return event


def _parsed(body: str) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:  # JSON allows what it refuses, such as half a surrogate pair
        return json.loads(json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace"))
