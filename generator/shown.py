"""Values of events as a person reads them: one line, short, nothing that steers a terminal."""

import json
import re
from collections.abc import Sequence
from typing import Any

_LONGEST = 80
_MOST = 4
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
# Services hide most of these themselves (`HIDDEN_DUE_TO_SECURITY_REASONS`); a caller may put one into any field.
_SECRET = re.compile(r"password|secretaccesskey|sessiontoken|secretstring|userdata|authorization", re.IGNORECASE)


def printable(text: str) -> str:
    """Return text in one line, without what would steer a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def shown(path: str, values: list[Any]) -> str:
    """Return what stands at a path of a record: `is "Enabled"`, `is "a", "b" and 3 more`."""
    if _SECRET.search(path.rpartition(".")[2]):
        return "is there (hidden)"
    return f"is {listed([*dict.fromkeys(_short(one) for one in values)])}"


def listed(texts: Sequence[str]) -> str:
    """Return the first few of many texts and how many more there are."""
    more = f" and {len(texts) - _MOST} more" if len(texts) > _MOST else ""
    return f"{', '.join(texts[:_MOST])}{more}"


def clipped(text: str, longest: int) -> str:
    """Return at most so many characters of a text, and a sign that there were more."""
    return text if len(text) <= longest else f"{text[:longest]}…"


def duration(seconds: int) -> str:
    """Return a time in the largest unit that measures it whole: `10 minutes`."""
    size, unit = next(one for one in _UNITS if seconds % one[0] == 0)
    return f"{seconds // size} {unit}" + ("" if seconds == size else "s")


def _short(value: Any) -> str:
    text = printable(json.dumps(value, ensure_ascii=False, default=str))
    return clipped(text, _LONGEST)
