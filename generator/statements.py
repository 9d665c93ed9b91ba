"""The statements of policies as a person reads them: decoded, and those first that decided."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from contract.fields import normalized
from contract.policy import document_of
from generator.shown import clipped

# Who and whether come first: what is long is cut off at the end.
_ORDER = ("effect", "principal", "notprincipal", "condition", "action", "notaction", "resource", "notresource")
_LONGEST = 400
_MOST = 3
# Records hold a policy a few steps down; a forged one must not exhaust the stack.
_DEPTH = 8

Record = Mapping[str, Any]


def statements_of(value: Any) -> list[dict[str, Any]]:
    """Return the statements of a policy in any of its encodings; none of what is no policy."""
    document = document_of(value)
    pairs = document.items() if isinstance(document, dict) else ()
    held: Any = next((one for key, one in pairs if normalized(key) == "statement"), [])
    return [one for one in (held if isinstance(held, list) else [held]) if isinstance(one, dict)]


def deciding(value: Any, record: Record, fires: Callable[[Record], bool]) -> list[dict[str, Any]]:
    """Return the statements of a policy in a record for each of which alone it `fires` too; else all of them."""
    statements = statements_of(value)
    if len(statements) < 2:
        return statements
    return [one for one in statements if fires(_with(record, value, _alone(value, one)))] or statements


def stated(statements: list[dict[str, Any]]) -> str:
    """Return statements in one line."""
    left = len(statements) - _MOST
    more = f" and {left} more statement{'s' if left > 1 else ''}" if left > 0 else ""
    return f"{', '.join(map(_written, statements[:_MOST]))}{more}"


def _alone(value: Any, statement: dict[str, Any]) -> Any:
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return json.dumps(document) if isinstance(value, str) else document


def _with(part: Any, old: Any, new: Any, depth: int = _DEPTH) -> Any:
    if part == old:
        return new
    if isinstance(part, dict) and depth:
        return {key: _with(value, old, new, depth - 1) for key, value in part.items()}
    if isinstance(part, list) and depth:
        return [_with(one, old, new, depth - 1) for one in part]
    return part


def _written(statement: dict[str, Any]) -> str:
    told = {key: value for name in _ORDER for key, value in statement.items() if normalized(key) == name}
    return clipped(json.dumps(told, ensure_ascii=False), _LONGEST)
