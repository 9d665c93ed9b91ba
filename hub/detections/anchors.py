"""Detections of any call, found by one field of the record: what a value matches is worked out once."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from hub.detections.detection import Detection

# Values that are remembered of each field; a flood of different ones starts anew rather than growing for ever.
_REMEMBERED = 10_000

Test = Callable[[str], bool]


class AnchorError(ValueError):
    """A detection of any call whose `only` gives the engine nothing to find it by."""


class _Field:
    """One field that some detections are found by, and which values they want there."""

    def __init__(self, path: tuple[str, ...]) -> None:
        self._path = path
        self._wanted: list[tuple[Test, Detection]] = []
        self._known: dict[str, tuple[Detection, ...]] = {}

    def add(self, tests: list[Any], one: Detection) -> None:
        matching = [_test(test, one) for test in tests]
        self._wanted.append((lambda value: any(test(value) for test in matching), one))

    def find(self, detail: Mapping[str, Any]) -> tuple[Detection, ...]:
        value: Any = detail
        for name in self._path:
            value = value.get(name) if isinstance(value, dict) else None
        if not isinstance(value, str):
            return ()
        found = self._known.get(value)
        if found is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._known[value] = tuple(one for test, one in self._wanted if test(value))
        return found


class Anchors:
    """An index over the first field of each detection's `only`, whose values stand in the record as text."""

    def __init__(self) -> None:
        """Begin with no detections."""
        self._fields: dict[tuple[str, ...], _Field] = {}

    def add(self, one: Detection) -> None:
        """Index a detection; raises `AnchorError` when its `only` is empty."""
        path, tests = _first(one)
        self._fields.setdefault(path, _Field(path)).add(tests, one)

    def find(self, detail: Mapping[str, Any]) -> list[Detection]:
        """Return the detections that a record's fields lead to."""
        return [one for field in self._fields.values() for one in field.find(detail)]


def _first(one: Detection) -> tuple[tuple[str, ...], list[Any]]:
    path: list[str] = []
    held: Any = one.only
    while isinstance(held, Mapping) and held:
        name, held = next(iter(held.items()))
        path.append(name)
    if not isinstance(held, list):
        raise AnchorError(f"{one.id}: a detection of any call needs a field in `only` by which it is found")
    return tuple(path), held


def _test(wanted: Any, one: Detection) -> Test:
    """Return EventBridge's comparison as a function of text (EventBridge guide, "comparison operators")."""
    match wanted:
        case str():
            return lambda value: value == wanted
        case {"prefix": str(beginning)}:
            return lambda value: value.startswith(beginning)
        case {"suffix": str(ending)}:
            return lambda value: value.endswith(ending)
        case {"wildcard": str(glob)}:
            compiled = re.compile(".*".join(map(re.escape, glob.split("*"))), re.DOTALL)
            return lambda value: compiled.fullmatch(value) is not None
        case {"exists": True}:
            return bool
    raise AnchorError(f"{one.id}: `only` compares by text, prefix, suffix, wildcard or exists, not by {wanted!r}")
