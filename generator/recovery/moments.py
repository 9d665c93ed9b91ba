"""The times that people give: of the clock or relative to now."""

import re
from datetime import UTC, datetime, timedelta

import msgspec

from generator.problems import BadInputError

_RELATIVE = re.compile(r"(\d{1,6})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Interval(msgspec.Struct, frozen=True):
    """What happened from `since` on and before `until`, both in UTC."""

    since: datetime
    until: datetime

    def __str__(self) -> str:
        """Return it as a person reads it: to the second, with the time zone that an omitted offset means."""
        return f"{self.since:%Y-%m-%d %H:%M:%S} to {self.until:%Y-%m-%d %H:%M:%S} UTC"

    def share(self, moment: datetime | None) -> float:
        """Return how much of it lies before a moment, from 0 to 1."""
        if moment is None:
            return 0.0
        return min(max((moment - self.since) / (self.until - self.since), 0.0), 1.0)


def interval(since: str, until: str | None, now: datetime, kept_days: int) -> Interval:
    """Return the interval between two given times, up to now without the second; `BadInputError` names the option."""
    begin, end = moment(since, now, "--since"), moment(until, now, "--until") if until else now
    if end > now:
        raise BadInputError(f"--until: {until} is in the future; leave it out for now")
    if begin >= end:
        raise BadInputError(f"--until: {Interval(begin, end)} goes backwards; give a time after --since")
    if begin < now - timedelta(days=kept_days):
        raise BadInputError(
            f"--since: {since} is longer ago than findings.event_archive_days = {kept_days} keeps events; "
            f"give at most {kept_days}d"
        )
    return Interval(begin, end)


def moment(text: str, now: datetime, option: str) -> datetime:
    """Return a time in UTC: `2h` (ago), or of ISO 8601, without an offset UTC's; `BadInputError` names the option."""
    try:
        if relative := _RELATIVE.fullmatch(text):
            return now - timedelta(**{_UNITS[relative[2]]: int(relative[1])})
        given = datetime.fromisoformat(text)
        return (given if given.tzinfo else given.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadInputError(
            f"{option}: {text!r} is no time; give ISO 8601 (2026-11-20T09:00+01:00, UTC without an offset) "
            "or how long ago (30m, 2h, 3d, 1w)"
        ) from error
