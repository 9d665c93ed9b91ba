"""Digests come once, from their hour on, in their zone, also over the days on which clocks change."""

from datetime import UTC, datetime

import pytest

from hub.digest.due import DigestTimes, Period, due_periods

BERLIN = DigestTimes(hour=8, weekday="monday", time_zone="Europe/Berlin")
BOTH = ("daily", "weekly")


def due(moment: str, times: DigestTimes = BERLIN, wanted: tuple[str, ...] = BOTH) -> list[Period]:
    return list(due_periods(wanted, times, datetime.fromisoformat(moment)))


@pytest.mark.parametrize(
    ("moment", "names"),
    [
        ("2026-11-20T06:59Z", []),
        ("2026-11-20T07:00Z", ["daily"]),
        ("2026-11-20T12:59Z", ["daily"]),
        ("2026-11-20T13:00Z", []),
        ("2026-11-23T07:30Z", ["daily", "weekly"]),
        ("2026-07-20T06:00Z", ["daily", "weekly"]),
    ],
)
def test_a_digest_is_due_for_six_hours(moment: str, names: list[str]) -> None:
    assert [one.name for one in due(moment)] == names


def test_only_what_is_wanted_is_due() -> None:
    assert due("2026-11-23T07:30Z", wanted=("weekly",)) == [Period("weekly", "2026-11-23", 7)]
    assert due("2026-11-23T07:30Z", wanted=()) == []


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2027-01-01"])
def test_every_day_has_one_digest_whatever_clocks_do(day: str) -> None:
    hours = [datetime.fromisoformat(f"{day}T{hour:02}:05+00:00") for hour in range(24)]
    found = {one.until for moment in hours for one in due_periods(("daily",), BERLIN, moment)}
    assert found == {day}


def test_a_week_reaches_over_the_end_of_a_year() -> None:
    period = Period("weekly", "2027-01-04", 7)
    assert [period.day(back) for back in (1, 4, 7)] == ["2027-01-03", "2026-12-31", "2026-12-28"]


def test_an_hour_before_midnight_far_east_is_of_the_day_before_in_utc() -> None:
    times = DigestTimes(hour=6, time_zone="Pacific/Auckland")
    moment = datetime(2026, 11, 19, 18, tzinfo=UTC)
    assert [one.until for one in due_periods(("daily",), times, moment)] == ["2026-11-19"]
