"""How long a schedule of EventBridge may be silent."""

import re
from datetime import timedelta

_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
# Minute, hour, day of month, month, day of week, year (EventBridge guide, "Cron-based schedules").
_CRON = re.compile(r"cron\((\d+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_ANY = {"*", "?"}
_WEEKDAYS = {name: str(number) for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_DAY, _WEEK = 24, 7


class ScheduleError(ValueError):
    """A schedule of which nobody can say, without a calendar, how long it is silent."""


def longest_pause(expression: str) -> timedelta:
    """Return the longest time between two runs of a schedule; `ScheduleError` when it is not known.

    Known are rates, and minutes past certain hours on all days or on certain weekdays.
    """
    if rate := _RATE.fullmatch(expression):
        return int(rate[1]) * _UNITS[rate[2]]
    cron = _CRON.fullmatch(expression)
    if not cron or not {cron[3], cron[4], cron[6]} <= _ANY:
        raise ScheduleError(expression)
    hours = _numbers(cron[2], 0, _DAY - 1)
    days = _numbers(_numbered(cron[5]), 1, _WEEK)
    starts = sorted(_DAY * (day - 1) + hour for day in days for hour in hours)
    following = [*starts[1:], starts[0] + _WEEK * _DAY]
    return timedelta(hours=max(later - start for start, later in zip(starts, following, strict=True)))


def _numbered(weekdays: str) -> str:
    return re.sub(r"[A-Z]{3}", lambda found: _WEEKDAYS.get(found[0], found[0]), weekdays.upper())


def _numbers(field: str, first: int, last: int) -> list[int]:
    """Return the numbers of a field: `*`, `?`, `2`, `2-5`, `*/6`, several with commas."""
    if field in _ANY:
        return list(range(first, last + 1))
    found: set[int] = set()
    for part in field.split(","):
        span, slash, step = part.partition("/")
        begin, dash, end = (str(first), "-", str(last)) if span == "*" else span.partition("-")
        if not begin.isdigit() or (dash and not end.isdigit()) or (slash and not step.isdigit()):
            raise ScheduleError(field)
        stop = int(end) if dash else last if slash else int(begin)
        found |= set(range(int(begin), stop + 1, int(step or 1) or 1))
    if not found or min(found) < first or max(found) > last:
        raise ScheduleError(field)
    return sorted(found)
