"""How long an image or snapshot is kept, as tags and settings say it: `90days`, or `forever`."""

import re
from datetime import date, timedelta

FOREVER = "forever"
# A hundred years: longer is a slip of the pen, and no date at some point.
MOST_DAYS = 36_500
_DAYS = re.compile(r"(\d{1,5}) ?days?", re.IGNORECASE)


class RetentionError(ValueError):
    """A text that is no retention, or no date."""


def days_of(text: str) -> int | None:
    """Return the days of a retention; None: for ever. `RetentionError` when it is neither."""
    said = text.strip()
    if said.lower() == FOREVER:
        return None
    found = _DAYS.fullmatch(said)
    if not found or not 1 <= int(found[1]) <= MOST_DAYS:
        raise RetentionError(f"{text!r} is no retention; write 90days, or forever")
    return int(found[1])


def day_of(text: str) -> date:
    """Return the day that a tag names; `RetentionError` when it names none."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise RetentionError(f"{text!r} is no day; write it as 2027-06-01") from error


def kept_until(created: date, days: int) -> date:
    """Return until when what was created on a day is kept."""
    return created + timedelta(days=days)
