"""The creator tag that a create call set by itself: anybody may write any name there."""

from collections.abc import Iterator
from typing import Any

from contract.cloudtrail import CloudTrailEvent
from contract.fields import normalized

# The names of a pair's halves, as services write them.
_KEYS = {"key", "tagkey"}
_VALUES = {"value", "tagvalue"}


def claimed_value(event: CloudTrailEvent, key: str) -> str | None:
    """Return what the call itself wrote into the tag `key`, in any of the services' forms; None when it did not."""
    return next(_claims(key, event.request.raw, inside_tags=False), None)


def _claims(key: str, value: Any, *, inside_tags: bool) -> Iterator[str]:
    if isinstance(value, list):
        for member in value:
            yield from _claims(key, member, inside_tags=inside_tags)
    if not isinstance(value, dict):
        return
    if inside_tags:
        yield from _claims_of(key, value)
    for name, inner in value.items():
        yield from _claims(key, inner, inside_tags=inside_tags or "tag" in normalized(name))


def _claims_of(key: str, tags: dict[str, Any]) -> Iterator[str]:
    if isinstance(tags.get(key), str):
        yield tags[key]
    keys = [value for name, value in tags.items() if normalized(name) in _KEYS]
    values = [value for name, value in tags.items() if normalized(name) in _VALUES]
    if key in keys and values:
        yield str(values[0])
