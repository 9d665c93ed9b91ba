"""When something was, in the ways in which AWS services write it."""

import math
from datetime import UTC, datetime
from typing import Any

from contract.cloudtrail import timestamp

# Health: HTTP's form. Inspector: Java's, which since JDK 20 has a narrow blank before AM and PM.
_FORMS = ("%a, %d %b %Y %H:%M:%S GMT", "%b %d, %Y, %I:%M:%S %p")
_NARROW_BLANK = "\u202f"
# Trusted Advisor writes milliseconds; as seconds that many are the year 5138.
_MILLISECONDS = 1e11
_BEFORE_AWS = 1970


def moment(value: Any) -> datetime | None:
    """Return a time as UTC or None: ISO 8601, `Fri, 10 Mar 2023 12:03:38 GMT`, `Dec 3, 2021, 6:02:30 PM`, seconds."""
    found = timestamp(value) or _numbered(value) or _written(value)
    return found if found and found.year > _BEFORE_AWS else None


def _numbered(value: Any) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
        return datetime.fromtimestamp(number / 1000 if number > _MILLISECONDS else number, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _written(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    for form in _FORMS:
        try:
            return datetime.strptime(value.replace(_NARROW_BLANK, " "), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def number(value: Any) -> float | None:
    """Return a finite number, also of one in a text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None
