"""Digests come once, from their hour on, in their zone, also over the days on which clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hub.digest.due import DigestTimes, Period, due_periods
from hub.notifier.routing import DAYS

BERLIN = DigestTimes(hour=8, weekday="monday", time_zone="Europe/Berlin")
BOTH = ("daily", "weekly")
HOUR = timedelta(hours=1)
# North and south, far east and far west, half hours, half an hour of summer time, changes at midnight, a fast that
# stops it, and a day without clocks.
ZONES = (
    *("UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "America/Havana"),
    *("America/Santiago", "America/Nuuk", "Asia/Kolkata", "Asia/Beirut", "Africa/Casablanca", "Australia/Lord_Howe"),
    *("Pacific/Auckland", "Pacific/Kiritimati", "Pacific/Pago_Pago"),
)


def due(moment: str, times: DigestTimes = BERLIN, wanted: tuple[str, ...] = BOTH) -> list[Period]:
    return list(due_periods(wanted, times, datetime.fromisoformat(moment)))


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-11-20T06:59Z", None),
        ("2026-11-20T07:00Z", "2026-11-20"),
        ("2026-11-20T12:59Z", "2026-11-20"),
        ("2026-11-21T05:59Z", "2026-11-20"),
        ("2026-11-21T06:00Z", None),
        ("2026-07-20T06:00Z", "2026-07-20"),
    ],
)
def test_a_digest_is_due_for_23_hours(moment: str, until: str | None) -> None:
    assert [one.until for one in due(moment, wanted=("daily",))] == ([until] if until else [])


def test_a_weekly_one_is_due_on_its_weekday_and_the_night_after() -> None:
    assert [one.name for one in due("2026-11-23T07:30Z")] == ["daily", "weekly"]
    assert [one.name for one in due("2026-11-24T05:30Z")] == ["daily", "weekly"]
    assert [one.name for one in due("2026-11-24T07:30Z")] == ["daily"]


def test_only_what_is_wanted_is_due() -> None:
    assert due("2026-11-23T07:30Z", wanted=("weekly",)) == [Period("weekly", "2026-11-23", 7)]
    assert due("2026-11-23T07:30Z", wanted=()) == []


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("hour", [0, 1, 2, 8, 20, 23])
def test_every_day_of_a_year_is_told_once_whatever_clocks_do(zone: str, hour: int) -> None:
    times = DigestTimes(hour=hour, weekday="sunday", time_zone=zone)
    moment, end = datetime(2026, 1, 1, 0, 17, tzinfo=UTC), datetime(2027, 1, 10, tzinfo=UTC)
    told: dict[Period, datetime] = {}
    while moment < end:
        for period in due_periods(BOTH, times, moment):
            told.setdefault(period, moment)
        moment += HOUR
    for name, days in (("daily", 1), ("weekly", 7)):
        untils = [date.fromisoformat(one.until) for one in told if one.name == name]
        assert untils == [untils[0] + timedelta(days=days * place) for place in range(len(untils))]
        assert len(untils) >= 365 // days
    # The first moment may be within one that began before.
    for period, begun in list(told.items())[2:]:
        assert begun >= datetime.fromisoformat(f"{period.until}T00:00+00:00"), "its last day is not over"
        there = begun.astimezone(ZoneInfo(zone))
        assert period.name == "daily" or DAYS[there.weekday()] == "sunday"
        # Within the hour after; where clocks jump over that hour, in the next one.
        assert (there.hour - hour) % 24 <= 1


def test_an_outage_of_most_of_a_day_costs_no_digest() -> None:
    hours = [datetime(2026, 11, 23, 7, tzinfo=UTC) + timedelta(hours=late) for late in range(23)]
    assert {tuple(due_periods(BOTH, BERLIN, one)) for one in hours} == {
        (Period("daily", "2026-11-23", 1), Period("weekly", "2026-11-23", 7))
    }


def test_a_week_reaches_over_the_end_of_a_year() -> None:
    period = Period("weekly", "2027-01-04", 7)
    assert [period.day(back) for back in (1, 4, 7)] == ["2027-01-03", "2026-12-31", "2026-12-28"]


def test_an_hour_before_midnight_far_east_is_of_the_day_before_in_utc() -> None:
    times = DigestTimes(hour=6, time_zone="Pacific/Auckland")
    moment = datetime(2026, 11, 19, 18, tzinfo=UTC)
    assert [one.until for one in due_periods(("daily",), times, moment)] == ["2026-11-19"]
