"""Recorded events from files: JSON, JSON Lines, CloudTrail's log files, plain or gzip."""

import gzip
import io
import json
import re
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from generator.json_window import JsonWindow, listed
from generator.problems import BadInputError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_GZIP = b"\x1f\x8b"


# What CloudTrail's log files begin with, however it was printed; a file is one line of up to hundreds of megabytes.
_LOG = re.compile(r'\s*\{\s*"Records"\s*:\s*\[')
_LOG_BEGINS_WITHIN = 200
_LONG = 1 << 20

_Stream = gzip.GzipFile | io.BufferedReader


class InputError(BadInputError):
    """Input that cannot be read at all; its text names the file and the mend."""


class Item(msgspec.Struct, frozen=True):
    """One thing read: its value, or why it is none."""

    value: Any = None
    error: str = ""


def read_items(paths: Sequence[str], key: str | None = None) -> Iterator[Item]:
    """Yield every item of the files in order; `-` is standard input, a directory is its files by name.

    `key` takes the item from that key of each line. A line that is no JSON is an item with an error, never the end.
    """
    for path in paths or ["-"]:
        for item in _read(path):
            yield at(item, key)


def at(item: Item, key: str | None) -> Item:
    """Return what an item holds under a key; the item itself without one, or when it is an error."""
    if key is None or item.error:
        return item
    if isinstance(item.value, dict) and key in item.value:
        return Item(item.value[key])
    return Item(error=f"no key {key!r} in this line")


def _read(path: str) -> Iterator[Item]:
    if path == "-":
        yield from items_of(cast("io.BufferedReader", sys.stdin.buffer))
        return
    if Path(path).is_dir():
        for file in event_files(path):
            yield from _read(str(file))
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
    yield from _values(rest.readline(), rest)


def _head(stream: _Stream) -> bytes:
    """Return enough lines to see whether this is a log file; no more, as standard input may be slow."""
    head = stream.readline(_LONG)
    while head.strip() in (b"", b"{") and (line := stream.readline(_LONG)):
        head += line
    return head


def _logs(window: JsonWindow) -> Iterator[Item]:
    """Yield the records of log files that follow each other; a damaged one ends at the line where the next begins."""
    while window.matches(_LOG, _LOG_BEGINS_WITHIN):
        try:
            for value in listed(window):
                yield Item(value)
        except (ValueError, RecursionError) as error:
            yield Item(error=f"not JSON: {error}")
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
    yield from _unpacked(whole.value)
    for line in iter(stream.readline, b""):
        if line.strip():
            found = _loaded(line)
            yield from [found] if found.error else _unpacked(found.value)


def _document_or_lines(first: bytes, stream: _Stream) -> Iterator[Item]:
    text = first + stream.read()
    if not text.strip():
        return
    whole = _loaded(text)
    if not whole.error:
        yield from _unpacked(whole.value)
        return
    lines = [line for line in text.splitlines() if line.strip()]
    parsed = [_loaded(line) for line in lines]
    if all(item.error for item in parsed):
        yield whole
        return
    for item in parsed:
        yield from [item] if item.error else _unpacked(item.value)


def _loaded(text: bytes) -> Item:
    try:
        return Item(json.loads(text))
    except (ValueError, RecursionError) as error:
        return Item(error=f"not JSON: {error}")


def _unpacked(value: Any) -> Iterator[Item]:
    if isinstance(value, dict) and isinstance(value.get("Records"), list):
        value = value["Records"]
    for one in value if isinstance(value, list) else [value]:
        yield Item(one)
