"""Recorded events from files: JSON, JSON Lines, CloudTrail's log files, plain or gzip."""

import gzip
import io
import json
import re
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from generator.json_window import JsonWindow, listed
from generator.problems import BadInputError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_GZIP = b"\x1f\x8b"
_STDIN = "stdin"
# What `aws cloudtrail lookup-events` holds each record in, as text.
_LOOKED_UP = "CloudTrailEvent"
# The lists of log files, and of what was looked up.
_LISTS = ("Records", "Events")

# What CloudTrail's log files begin with, however it was printed; a file is one line of up to hundreds of megabytes.
_LOG = re.compile(r'\s*\{\s*"Records"\s*:\s*\[')
_LOG_BEGINS_WITHIN = 200
_LONG = 1 << 20

_Stream = gzip.GzipFile | io.BufferedReader


class InputError(BadInputError):
    """Input that cannot be read at all; its text names the file and the mend."""


class Item(msgspec.Struct, frozen=True):
    """One thing read: its value, or why it is none; `place` is where it stands in its file (`:3`, `, record 3`)."""

    value: Any = None
    error: str = ""
    file: str = ""
    place: str = ""


def read_items(
    paths: Sequence[str], key: str | None = None, *, empty: Callable[[str], None] = lambda _: None
) -> Iterator[Item]:
    """Yield every item of the files in order; `-` is standard input, a directory is its files by name.

    `key` takes the item from that key of each line. A line that is no JSON is an item with an error, never the end.
    `empty` is told of each file and directory that holds nothing.
    """
    for path in paths or ["-"]:
        files = event_files(path)
        if not files:
            empty(path)
        for file in map(str, files):
            name = _STDIN if file == "-" else file
            is_empty = True
            for item in _read(file):
                yield at(msgspec.structs.replace(item, file=name), key)
                is_empty = False
            if is_empty:
                empty(name)


def at(item: Item, key: str | None) -> Item:
    """Return what an item holds under a key, or as `aws cloudtrail lookup-events` has it: JSON written as text, too.

    It is the item itself without a key, or when it is an error.
    """
    held = item.value if isinstance(item.value, dict) else {}
    if item.error or (key is None and not isinstance(held.get(_LOOKED_UP), str)):
        return item
    name = _LOOKED_UP if key is None else key
    if name not in held:
        return msgspec.structs.replace(item, value=None, error=f"no key {name!r} in this line")
    found = held[name]
    loaded = _loaded(found) if isinstance(found, str) else Item(found)
    return msgspec.structs.replace(item, value=loaded.value, error=loaded.error)


def _read(path: str) -> Iterator[Item]:
    if path == "-":
        yield from items_of(cast("io.BufferedReader", sys.stdin.buffer))
        return
    try:
        with Path(path).open("rb") as stream:
            yield from items_of(stream)
    except OSError as error:
        raise InputError(
            f"cannot read {path}: {error.strerror or error}; give an existing file or directory"
        ) from error


def event_files(path: str) -> list[Path]:
    """Return the files of recorded events in a directory by name, of a file itself."""
    return sorted(filter(_is_events_file, Path(path).iterdir())) if Path(path).is_dir() else [Path(path)]


def _is_events_file(file: Path) -> bool:
    endings = (".json", ".jsonl", ".json.gz", ".jsonl.gz")
    return file.is_file() and file.name.endswith(endings) and not file.name.endswith(".before.json")


def items_of(raw: io.BufferedReader) -> Iterator[Item]:
    """Yield every item of one stream of bytes."""
    if raw.peek(2)[:2] != _GZIP:
        yield from _parsed(raw)
        return
    try:
        with gzip.open(raw) as stream:
            yield from _parsed(stream)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        yield Item(error=f"damaged gzip data: {error}")


def _parsed(stream: _Stream) -> Iterator[Item]:
    head = _head(stream)
    if not _LOG.match(head[:_LOG_BEGINS_WITHIN].decode("utf-8", "replace")):
        yield from _values(head, stream)
        return
    window = JsonWindow(head, stream)
    yield from _logs(window)
    rest = cast("io.BufferedReader", io.BufferedReader(_Rest(window.rest(), stream)))
    # Which line this is, nobody has counted.
    yield from (msgspec.structs.replace(item, place="") for item in _values(rest.readline(), rest))


def _head(stream: _Stream) -> bytes:
    """Return enough lines to see whether this is a log file; no more, as standard input may be slow."""
    head = stream.readline(_LONG)
    while head.strip() in (b"", b"{") and (line := stream.readline(_LONG)):
        head += line
    return head


def _logs(window: JsonWindow) -> Iterator[Item]:
    """Yield the records of log files that follow each other; a damaged one ends at the line where the next begins."""
    number = count(1)
    while window.matches(_LOG, _LOG_BEGINS_WITHIN):
        try:
            for value in listed(window):
                yield Item(value, place=_record(next(number)))
        except (ValueError, RecursionError) as error:
            yield Item(error=f"not JSON: {error}", place=_record(next(number)))
            while window.skip_line() and not window.matches(_LOG, _LOG_BEGINS_WITHIN):
                pass


class _Rest(io.RawIOBase):
    """A stream of which something was read already."""

    def __init__(self, held: bytes, stream: _Stream) -> None:
        self._held = held
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer)
        taken = self._held[: len(view)] or self._stream.read1(len(view))
        self._held = self._held[len(taken) :]
        view[: len(taken)] = taken
        return len(taken)


def _values(first: bytes, stream: _Stream) -> Iterator[Item]:
    if not first.endswith(b"\n"):
        first += stream.readline()
    whole = _loaded(first)
    if whole.error:
        yield from _document_or_lines(first, stream)
        return
    number = len(first.splitlines())
    yield from _unpacked(whole.value, f":{number}")
    for line in iter(stream.readline, b""):
        number += 1
        yield from _line(line, number)


def _document_or_lines(first: bytes, stream: _Stream) -> Iterator[Item]:
    text = first + stream.read()
    if not text.strip():
        return
    whole = _loaded(text)
    if not whole.error:
        yield from _unpacked(whole.value)
        return
    lines = [one for number, line in enumerate(text.splitlines(), 1) for one in _line(line, number)]
    yield from lines if any(not one.error for one in lines) else [whole]


def _line(line: bytes, number: int) -> list[Item]:
    if not line.strip():
        return []
    found, place = _loaded(line), f":{number}"
    return [msgspec.structs.replace(found, place=place)] if found.error else [*_unpacked(found.value, place)]


def _loaded(text: bytes | str) -> Item:
    try:
        return Item(json.loads(text))
    except (ValueError, RecursionError) as error:
        return Item(error=f"not JSON: {error}")


def _unpacked(value: Any, place: str = "") -> Iterator[Item]:
    for name in _LISTS:
        if isinstance(value, dict) and isinstance(value.get(name), list):
            value = value[name]
    if not isinstance(value, list):
        yield Item(value, place=place)
        return
    for number, one in enumerate(value, 1):
        yield Item(one, place=f"{place}{_record(number)}")


def _record(number: int) -> str:
    return f", record {number}"
