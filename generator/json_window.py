"""JSON documents of any length, read through a window: only one value of them is in memory at a time."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, Protocol

_CHUNK = 1 << 18
# CloudTrail's records have 256 KB, its enriched ones 1 MB (user guide, "CloudTrail event size"); the rest is room.
_LARGEST = 1 << 24
# Text that ends too early is wrong at its end, a cut-off literal or escape a few characters before it.
_CUT_OFF = 12
_SPACE = re.compile(r"[ \t\r\n]*")
_OF_NUMBERS = re.compile(r"[-+.0-9eE]*")
_DECODER = json.JSONDecoder()


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, none at the end."""
        ...


class JsonWindow:
    """The part of a stream of UTF-8 that is being read; what was read is forgotten."""

    def __init__(self, head: bytes, stream: Readable) -> None:
        """Begin with `head`, which was read already."""
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogatepass")
        self._text = self._decoder.decode(head)
        self._place = 0

    def rest(self) -> bytes:
        """Return what was taken from the stream and not yet read."""
        return self._text[self._place :].encode("utf-8", "surrogatepass") + self._decoder.getstate()[0]

    def matches(self, pattern: re.Pattern[str], width: int) -> bool:
        """Whether the text from here on matches a pattern that needs at most `width` characters."""
        while len(self._text) - self._place < width and self._more():
            pass
        return bool(pattern.match(self._text, self._place))

    def skip_line(self) -> bool:
        """Go to the next line; whether there is one."""
        while (end := self._text.find("\n", self._place)) < 0:
            self._place = len(self._text)
            if not self._more():
                return False
        self._place = end + 1
        return True

    def takes(self, character: str) -> bool:
        """Go past white space and one character; whether it stood there."""
        self._skip_space()
        if not self._text.startswith(character, self._place):
            return False
        self._place += 1
        return True

    def expect(self, character: str) -> None:
        """Go past one character that must stand here; `ValueError` when another one does."""
        if not self.takes(character):
            raise json.JSONDecodeError(f"Expecting {character!r}", self._text, self._place)

    def value(self) -> Any:
        """Return the value that begins here; `ValueError` when none does, or one that is too large for a record."""
        self._skip_space()
        while True:
            try:
                found, end = _DECODER.raw_decode(self._text, self._place)
            except json.JSONDecodeError as error:
                if not (self._may_go_on(error) and self._more()):
                    raise
            else:
                length = end - self._place
                if self._is_whole(found, end) or not self._more():
                    self._place += length
                    return found

    def _is_whole(self, found: Any, end: int) -> bool:
        """Whether what ends here ends, whatever follows: a number may go on, by as much as `e+` before a digit."""
        if isinstance(found, dict | list | str):
            return True
        return _OF_NUMBERS.match(self._text, end).end() < len(self._text)  # type: ignore[union-attr]  # it matches nothing too

    def _may_go_on(self, error: json.JSONDecodeError) -> bool:
        held = len(self._text) - self._place
        is_cut_off = error.pos > len(self._text) - _CUT_OFF or error.msg.startswith("Unterminated string")
        return is_cut_off and held < _LARGEST

    def _skip_space(self) -> None:
        while True:
            self._place = _SPACE.match(self._text, self._place).end()  # type: ignore[union-attr]  # it matches nothing too
            if self._place < len(self._text) or not self._more():
                return

    def _more(self) -> bool:
        """Hold as much again, so that a value is tried a few times at most, however long it is."""
        held = self._text[self._place :]
        chunk = self._stream.read(max(_CHUNK, len(held)))
        self._text, self._place = held + self._decoder.decode(chunk, final=not chunk), 0
        return bool(chunk)


def listed(window: JsonWindow) -> Iterator[Any]:
    """Yield the members of a list, or of the list that an object begins with; `ValueError` where it is broken."""
    is_object = window.takes("{")
    if is_object:
        window.value()
        window.expect(":")
    window.expect("[")
    if not window.takes("]"):
        yield window.value()
        while window.takes(","):
            yield window.value()
        window.expect("]")
    if is_object:
        _finish(window)


def _finish(window: JsonWindow) -> None:
    while window.takes(","):
        window.value()
        window.expect(":")
        window.value()
    window.expect("}")
