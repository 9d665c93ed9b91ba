"""Detections of any call, found by one field of the record: what a value matches is worked out once."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from hub.detections.detection import Detection

# Values that are remembered of each field; a flood of different ones starts anew rather than growing for ever.
_REMEMBERED = 10_000

Path = tuple[str, ...]
Test = Callable[[Any], bool]


class AnchorError(ValueError):
    """A detection of any call whose `only` gives the engine nothing to find it by."""


class _Field:
    """One field that some detections are found by, and which values they want there."""

    def __init__(self) -> None:
        self._wanted: list[tuple[Test, Detection]] = []
        self.known: dict[str, tuple[Detection, ...]] = {}

    def add(self, tests: list[Any], one: Detection) -> None:
        matching = [_test(test, one) for test in tests]
        self._wanted.append((lambda value: any(test(value) for test in matching), one))

    def find(self, value: Any) -> tuple[Detection, ...]:
        found = tuple(one for test, one in self._wanted if test(value))
        if isinstance(value, str):
            if len(self.known) >= _REMEMBERED:
                self.known.clear()
            self.known[value] = found
        return found


class Anchors:
    """An index over the first field of each detection's `only`."""

    def __init__(self) -> None:
        """Begin with no detections."""
        self._by_path: dict[Path, _Field] = {}
        # Holder (none for a field of the record itself), name, field: what each event is asked, so a flat list.
        self._fields: list[tuple[str, str, _Field]] = []

    def add(self, one: Detection) -> None:
        """Index a detection; raises `AnchorError` when its `only` names no field, or one below the second level."""
        path, tests = _first(one)
        if len(path) not in {1, 2}:
            raise AnchorError(f"{one.id}: a detection of any call needs a field in `only` by which it is found")
        if path not in self._by_path:
            self._by_path[path] = _Field()
            self._fields.append(("" if len(path) == 1 else path[0], path[-1], self._by_path[path]))
        self._by_path[path].add(tests, one)

    @property
    def paths(self) -> list[Path]:
        """The fields that lead to detections."""
        return list(self._by_path)

    def find(self, detail: Mapping[str, Any]) -> tuple[Detection, ...]:
        """Return the detections that the fields of a record lead to."""
        found: tuple[Detection, ...] = ()
        for holder, name, field in self._fields:
            held = detail.get(holder) if holder else detail
            value = held.get(name) if isinstance(held, dict) else None
            if value is not None:
                hits = field.known.get(value) if isinstance(value, str) else None
                found += field.find(value) if hits is None else hits
        return found


def _first(one: Detection) -> tuple[Path, list[Any]]:
    path: list[str] = []
    held: Any = one.only
    while isinstance(held, Mapping) and held:
        name, held = next(iter(held.items()))
        path.append(name)
    return (tuple(path), held) if isinstance(held, list) else ((), [])


def _test(wanted: Any, one: Detection) -> Test:
    """Return EventBridge's comparison as a function (EventBridge guide, "comparison operators")."""
    match wanted:
        case str() | bool():
            return lambda value: type(value) is type(wanted) and value == wanted
        case {"prefix": str(beginning)}:
            return lambda value: isinstance(value, str) and value.startswith(beginning)
        case {"suffix": str(ending)}:
            return lambda value: isinstance(value, str) and value.endswith(ending)
        case {"wildcard": str(glob)}:
            compiled = re.compile(".*".join(map(re.escape, glob.split("*"))), re.DOTALL)
            return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None
        case {"exists": True}:
            return lambda _: True
    raise AnchorError(f"{one.id}: `only` compares by value, prefix, suffix, wildcard or exists, not by {wanted!r}")
