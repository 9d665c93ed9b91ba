"""Finds the line of a setting in a TOML text: tomllib keeps none."""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from generator.settings.section import Location

_HEADER = re.compile(r"""^\s*(\[\[?)((?:"[^"]*"|'[^']*'|[^\]"'])+)\]""")
_KEY = re.compile(r"""^\s*((?:(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)\s*\.?\s*)+)=""")
_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^.\s"']+))\s*\.?""")


def line_of(text: str, location: Location) -> int | None:
    """Return the line (from 1) of what is at a location, else of the table that should hold it, else None."""
    lines = text.split("\n")
    found = _found(lines)
    nearest = next((location[:end] for end in range(len(location), 0, -1) if location[:end] in found), None)
    if nearest is None:
        return None
    start = found[nearest]
    if nearest == location:
        return start
    end = min((number for number in found.values() if number > start), default=len(lines) + 1)
    shown = json.dumps(_held(tomllib.loads(text), location), ensure_ascii=False, default=str)
    # A list may have several lines; of a value that is listed twice the last is the one too many.
    return max((number for number in range(start, end) if shown in lines[number - 1]), default=start)


def _found(lines: list[str]) -> dict[Location, int]:
    found: dict[Location, int] = {}
    for number, where in _keys(lines):
        for end in range(1, len(where) + 1):
            found.setdefault(where[:end], number)
    return found


def _keys(lines: list[str]) -> Iterator[tuple[int, Location]]:
    """Yield the line of every header and key; the tables of an array have their number after its name."""
    table: Location = ()
    seen: Counter[Location] = Counter()
    for number, line in enumerate(lines, 1):
        if header := _HEADER.match(line):
            table = _parts(header[2])
            if header[1] == "[[":
                seen[table] += 1
                table = (*table, seen[table] - 1)
            yield number, table
        elif key := _KEY.match(line):
            yield number, (*table, *_parts(key[1]))


def _parts(dotted: str) -> tuple[str, ...]:
    """Split a dotted TOML key; a quoted part may hold dots."""
    return tuple(double or single or bare for double, single, bare in _PART.findall(dotted))


def _held(data: Any, location: Location) -> Any:
    """Return the value at a location, None where nothing is."""
    for part in location:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data
