"""DynamoDB's wire form of attributes. boto3's own serializer would cost the hot functions boto3's import."""

import base64
from collections.abc import Mapping
from typing import Any

Plain = str | int | bytes
Item = dict[str, Any]


def to_item(values: Mapping[str, Plain]) -> Item:
    """Return the values as DynamoDB takes them."""
    return {name: _typed(value) for name, value in values.items()}


def from_item(item: Mapping[str, Any]) -> dict[str, Plain]:
    """Return an item's text, whole numbers and bytes (in a stream's event: base64); other types are left out."""
    return {name: _plain(*next(iter(typed.items()))) for name, typed in item.items() if typed.keys() <= {"S", "N", "B"}}


def text(item: Mapping[str, Any], name: str, default: str = "") -> str:
    """Return a text attribute of an item, or the default."""
    return str(item.get(name, {}).get("S", default))


def number(item: Mapping[str, Any], name: str, default: int = 0) -> int:
    """Return a whole number of an item, or the default."""
    return int(item.get(name, {}).get("N", default))


def _typed(value: Plain) -> dict[str, Any]:
    if isinstance(value, str):
        return {"S": value}
    return {"N": str(value)} if isinstance(value, int) else {"B": value}


def _plain(kind: str, value: Any) -> Plain:
    if kind == "S":
        return str(value)
    if kind == "N":
        return int(value)
    return base64.b64decode(value) if isinstance(value, str) else bytes(value)
