"""Which digests are due. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from contract.finding import Severity
from hub.notifier.routing import DAYS

_WRITTEN = Path(__file__).with_name("settings.json")
# Until shortly before the next one, that a digest is late rather than lost: the shortest day has 23 hours.
_LATE = timedelta(hours=23)
DAILY, WEEKLY = "daily", "weekly"


class DigestTimes(msgspec.Struct, frozen=True):
    """When digests come: from an hour on, the weekly ones on a weekday, in a time zone.

    `sla` says after how many days an open finding of a severity is overdue.
    """

    hour: int = 8
    weekday: str = "monday"
    time_zone: str = "UTC"
    sla: dict[Severity, int] = {}


class Period(msgspec.Struct, frozen=True):
    """What a digest is about: `days` days that end before `until` (`2026-11-20`, UTC)."""

    name: str
    until: str
    days: int

    def day(self, back: int) -> str:
        """Return the day so many days before `until`; 1 is the last one of the period."""
        return (date.fromisoformat(self.until) - timedelta(days=back)).isoformat()


def due_periods(wanted: Sequence[str], times: DigestTimes, now: datetime) -> Iterator[Period]:
    """Yield the periods whose digests are due: the same ones for 23 hours, so that an outage costs none."""
    zone = ZoneInfo(times.time_zone)
    there = now.astimezone(zone)
    today = there.replace(hour=times.hour, minute=0, second=0, microsecond=0)
    latest = today if today <= there else today - timedelta(days=1)
    if now - latest.astimezone(now.tzinfo) >= _LATE:
        return
    until = _last_midnight(latest).isoformat()
    if DAILY in wanted:
        yield Period(DAILY, until, 1)
    if WEEKLY in wanted and DAYS[latest.weekday()] == times.weekday:
        yield Period(WEEKLY, until, 7)


def load_times(path: Path = _WRITTEN) -> DigestTimes:
    """Return the times of the generated file."""
    return msgspec.json.decode(path.read_bytes(), type=DigestTimes)


def _last_midnight(moment: datetime) -> date:
    """Return the UTC day that has begun at a local moment, by the zone's summer time all year.

    So each local day has the one after that of the day before; with the offset of the moment, an hour around midnight
    in UTC would tell a day twice in spring and leave one out in autumn.
    """
    offsets = (moment.replace(month=month, day=1).utcoffset() for month in (1, 7))
    return (moment.replace(tzinfo=None) - max(one or timedelta() for one in offsets)).date()
