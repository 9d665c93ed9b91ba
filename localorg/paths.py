"""Values deep in JSON: `detail.items[0].id` names one, and strings are exchanged wherever they occur."""

import re
from typing import Any

STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class PathError(ValueError):
    """A path that leads nowhere in this document."""


def steps(path: str) -> list[str | int]:
    """A path's keys and indexes in order."""
    return [int(index) if index else key for key, index in STEP.findall(path)]


def get(document: Any, path: str) -> Any:
    """The value at `path`; PathError if there is none."""
    found = document
    for step in steps(path):
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            raise PathError(f"no {path} in {document}") from None
    return found


def put(document: Any, path: str, value: Any) -> None:
    """Set the value at `path`, whose last step may be new; PathError if the way there is missing."""
    *way, last = steps(path)
    found = document
    for step in way:
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            raise PathError(f"no {path} in {document}") from None
    found[last] = value


def exchange(document: Any, old: str, new: str) -> Any:
    """The document with `old` replaced by `new` in every string, also in keys."""
    if isinstance(document, str):
        return document.replace(old, new)
    if isinstance(document, list):
        return [exchange(entry, old, new) for entry in document]
    if isinstance(document, dict):
        return {key.replace(old, new): exchange(entry, old, new) for key, entry in document.items()}
    return document
