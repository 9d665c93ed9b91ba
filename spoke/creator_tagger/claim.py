"""The tags that a create call wrote by itself: anybody may write any creator there."""

from collections.abc import Iterator
from typing import Any

from contract.cloudtrail import CloudTrailEvent
from contract.fields import normalized

# The names of a pair's halves, as services write them.
_KEYS = {"key", "tagkey"}
_VALUES = {"value", "tagvalue"}


def claimed_value(event: CloudTrailEvent, key: str) -> str | None:
    """Return what the call itself wrote into the tag `key`, in any of the services' forms; None when it did not."""
    return next((value for name, value in _tags(event.request.raw, inside=False) if name == key), None)


def written_tags(event: CloudTrailEvent) -> dict[str, str]:
    """Return the tags in a call's request and answer: also those that services write, such as `aws:ec2:fleet-id`."""
    found = (*_tags(event.response.raw, inside=False), *_tags(event.request.raw, inside=False))
    return {name: str(value) for name, value in found}


def _tags(value: Any, *, inside: bool) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for member in value:
            yield from _tags(member, inside=inside)
    if not isinstance(value, dict):
        return
    if inside:
        yield from _pairs(value)
    for name, inner in value.items():
        yield from _tags(inner, inside=inside or "tag" in normalized(name))


def _pairs(tags: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the tags of a mapping: those that it is, and the one whose halves it names."""
    halves = {normalized(name): value for name, value in tags.items()}
    key = next((halves[name] for name in _KEYS if name in halves), None)
    value = next((halves[name] for name in _VALUES if name in halves), None)
    if isinstance(key, str) and value is not None:
        yield key, str(value)
    yield from ((name, text) for name, text in tags.items() if isinstance(text, str))
