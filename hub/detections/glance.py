"""What dispatch needs of an event's JSON, read without building the rest: most recorded calls are nobody's business."""

from collections.abc import Callable, Iterable
from typing import Any, TypedDict

import msgspec

Glance = Callable[[str | bytes], dict[str, Any] | None]


def glance_at(paths: Iterable[tuple[str, ...]]) -> Glance:
    """Return a function from an event's JSON to the event with nothing but the fields that dispatch looks at.

    `paths` lead to fields of the record. The function returns None for what must be read whole before anything can be
    said of it: another shape, or JSON that msgspec refuses.
    """
    held: dict[str, dict[str, Any]] = {}
    plain: dict[str, Any] = {}
    for path in paths:
        if len(path) == 1:
            plain[path[0]] = Any
        else:
            held.setdefault(path[0], {})[path[1]] = Any
    nested = {name: _shape(name, fields) | None for name, fields in held.items()}
    record = _shape("Record", {"eventSource": str, "eventName": str, **plain, **nested})
    decode = msgspec.json.Decoder(_shape("Event", {"account": str, "detail-type": str, "detail": record})).decode

    def glance(body: str | bytes) -> dict[str, Any] | None:
        try:
            return decode(body)  # type: ignore[no-any-return] # a shape of the moment is no static type
        except (msgspec.DecodeError, RecursionError):
            return None

    return glance


def _shape(name: str, fields: dict[str, Any]) -> Any:
    return TypedDict(name, fields, total=False)  # type: ignore[operator] # its fields are known at run time only
