"""What dispatch needs of an event, read without reading the rest: most recorded calls are nobody's business."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from hub.detections.detection import Detection

_ANY = "*"
# A field of a record, by the names that lead to it, and the values that a filter takes.
Test = tuple[tuple[str, ...], tuple[Any, ...]]


class Glance(msgspec.Struct, frozen=True, gc=False):
    """The account that an event is of, and whether any detection may have a word on it."""

    account: str
    is_watched: bool


class Watch:
    """Looks at events with the eyes of many detections: their calls, and the fields by which they narrow what they see.

    It may call an event watched of which no detection wants to hear; never the other way round.
    """

    def __init__(self, detections: Iterable[Detection]) -> None:
        """Take the calls that are named in full, and by source the filters of those that are not."""
        given = [(call.partition(":"), tuple(_tests(one.only))) for one in detections for call in one.api_calls]
        self._calls = {(source, name) for (source, _, name), _ in given if name != _ANY}
        self._anywhere = [tests for (source, _, name), tests in given if (source, name) == (_ANY, _ANY)]
        self._filters = {
            of: [tests for (source, _, name), tests in given if name == _ANY and source == of] + self._anywhere
            for (of, _, name), _ in given
            if name == _ANY
        }
        fields: dict[str, Any] = {}
        for path in {path for _, tests in given for path, _ in tests}:
            _join(fields, path)
        record = _shape("Record", fields, [("eventSource", str), ("eventName", str)])
        event = msgspec.defstruct("Event", [("account", str), ("detail", record)], gc=False)
        self._decode = msgspec.json.Decoder(event).decode

    def glance(self, body: str | bytes) -> Glance | None:
        """Return an event's glance, or None of one that must be read whole before anything can be said."""
        try:
            event: Any = self._decode(body)
        except (msgspec.DecodeError, RecursionError):
            return None
        return Glance(event.account, self._is_watched(event.detail)) if event.account else None

    def _is_watched(self, record: Any) -> bool:
        if (record.eventSource, record.eventName) in self._calls:
            return True
        for tests in self._filters.get(record.eventSource, self._anywhere):
            for path, wanted in tests:
                value = record
                for name in path:
                    value = getattr(value, name, None)
                if value not in wanted:
                    break
            else:
                return True
        return False


def _join(fields: dict[str, Any], path: Sequence[str]) -> None:
    for name in path:
        fields = fields.setdefault(name, {})


def _shape(name: str, fields: Mapping[str, Any], known: Iterable[tuple[str, Any]] = ()) -> Any:
    """Return a struct of fields that may be absent; one that has fields itself may be null, any other is anything."""
    optional = [(field, _shape(field, below) | None if below else Any, None) for field, below in fields.items()]
    return msgspec.defstruct(name, [*known, *optional], gc=False)


def _tests(only: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[Test]:
    """Yield a filter's fields and what they must be; what an operator allows is left to the pattern."""
    for name, wanted in only.items():
        if isinstance(wanted, Mapping):
            yield from _tests(wanted, (*path, name))
        elif not any(isinstance(one, Mapping) for one in wanted):
            yield (*path, name), tuple(wanted)
