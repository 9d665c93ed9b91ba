"""Tolerant access to the fields of a CloudTrail record, whose keys' case and list shapes vary by service and by age."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

_WRAPPERS = {"items", "item"}
_SHAPES = {*_WRAPPERS, "tag", "content"}
_REMEMBERED = 8192
# Records wrap a list three times at most; a forged one must not exhaust the stack.
_DEPTH = 12


class _Normalized(dict[str, str]):
    """Keys as they are compared, remembered: a dictionary's own look-up costs half of a cached function's."""

    def __missing__(self, key: str) -> str:
        if len(self) >= _REMEMBERED:
            self.clear()
        made = self[key] = "".join(character for character in key if character.isalnum()).lower()
        return made


_NORMALIZED = _Normalized()


def normalized(key: str) -> str:
    """Return the key in lower case without punctuation, so that `aWSAccountIds` meets `AWSAccountIds`."""
    return _NORMALIZED[key]


def as_text(value: str | float) -> str:
    """Return a scalar as text that can be encoded: JSON's lone surrogates become question marks."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    try:
        return str(value)
    except ValueError:  # CPython refuses to write integers of more than 4,300 digits
        return hex(int(value))


def members(value: Any, depth: int = _DEPTH) -> list[Any]:
    """Return what a CloudTrail list holds, in whichever shape it was written.

    A list is itself; `{"items": [...]}` and `{"item": one or many}` are what they wrap;
    `{"tag": 1, "content": x}` is x; nothing and `{}` hold nothing; any other value is the only member.
    What is wrapped more than `depth` times holds nothing.
    """
    if isinstance(value, str | int | float):
        return [value]
    if value is None or value == {} or not depth:
        return []
    if isinstance(value, list):
        return [inner for one in value for inner in (members(one, depth - 1) if isinstance(one, dict) else [one])]
    if isinstance(value, dict) and _NORMALIZED[next(iter(value))] in _SHAPES:
        names = {normalized(key) for key in value}
        if len(names) == 1 and names <= _WRAPPERS:
            return members(next(iter(value.values())), depth - 1)
        if names == {"tag", "content"}:
            return members(_values(value, "content"), depth - 1)
    return [value]


def _values(mapping: dict[str, Any], name: str) -> list[Any]:
    """What stands under a name; S3 writes `ownershipControls: ""` and `OwnershipControls: {...}` side by side."""
    return [value for key, value in mapping.items() if _NORMALIZED[key] == name and value is not None]


@lru_cache(maxsize=4096)
def _steps(path: str) -> tuple[tuple[str, str], ...]:
    """A path's steps, each as it is written, which is how most records write it too, and normalized."""
    written = [step.removesuffix("[]") for step in path.split(".") if step not in {"items[]", "item[]"}]
    return tuple((step, normalized(step)) for step in written)


def _walk(value: Any, steps: tuple[tuple[str, str], ...]) -> Iterator[Any]:
    if not steps:
        yield value
        return
    if isinstance(value, dict):
        written, name = steps[0]
        exact = value.get(written)
        found = [exact] if exact is not None else _values(value, name)
        if found:
            for one in found:
                yield from _walk(one, steps[1:])
            return
    for member in members(value):
        if member is not value and isinstance(member, dict):
            yield from _walk(member, steps)


_NOTHING: Iterator[Any] = iter(())


class Fields:
    """A part of a record, read by dotted paths such as `ipPermissions.items[].ipRanges.items[].cidrIp`.

    Keys match case-insensitively and without punctuation; lists are walked in all their shapes (`members`), so `[]`
    in a path is for the reader. Source of the shapes: records of real services, `docs/adr/0002`.
    """

    __slots__ = ("_names", "raw")

    def __init__(self, raw: Any) -> None:
        """Wrap any JSON value; what is not an object has no fields."""
        self.raw = raw
        self._names: set[str] | None = None

    def _at(self, path: str) -> Iterator[Any]:
        """Walk to a path; most paths that are asked for are absent, and one look at the keys tells."""
        steps = _steps(path)
        if steps and isinstance(self.raw, dict) and steps[0][0] not in self.raw:
            if self._names is None:
                self._names = {_NORMALIZED[key] for key in self.raw}
            if steps[0][1] not in self._names and self._names.isdisjoint(_SHAPES):
                return _NOTHING
        return _walk(self.raw, steps)

    def get(self, path: str, default: Any = None) -> Any:
        """Return the first value at the path as it stands in the record, or the default."""
        return next(self._at(path), default)

    def all(self, path: str) -> list[Any]:
        """Return every value at the path, lists flattened."""
        return [member for value in self._at(path) for member in members(value)]

    def objects(self, path: str) -> list["Fields"]:
        """Return every object at the path, itself readable by paths."""
        return [Fields(member) for member in self.all(path) if isinstance(member, dict)]

    def text(self, path: str, default: str = "") -> str:
        """Return the first scalar at the path as text (an account id may arrive as a number), or the default."""
        written = self.raw
        for step, _ in _steps(path):
            written = written.get(step) if isinstance(written, dict) else None
        if isinstance(written, str):
            return written if written.isascii() else as_text(written)
        for value in self.all(path):
            if isinstance(value, str | int | float):
                return as_text(value)
        return default

    def texts(self, path: str) -> list[str]:
        """Return every scalar at the path as text."""
        return [as_text(value) for value in self.all(path) if isinstance(value, str | int | float)]

    def is_true(self, path: str) -> bool:
        """Return whether the value is true, also when it was written as text."""
        return self.text(path).lower() == "true"

    def is_false(self, path: str) -> bool:
        """Return whether the value is present and false, also when it was written as text."""
        return self.text(path).lower() == "false"

    def __contains__(self, path: str) -> bool:
        """Return whether anything but null stands at the path, hidden values included."""
        return next(self._at(path), None) is not None
