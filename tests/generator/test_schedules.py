from datetime import timedelta

import pytest

from generator.schedules import ScheduleError, longest_pause


@pytest.mark.parametrize(
    ("expression", "hours"),
    [
        ("rate(1 day)", 24),
        ("rate(12 hours)", 12),
        ("rate(90 minutes)", 1.5),
        ("cron(0 2 * * ? *)", 24),
        ("cron(30 2,14 * * ? *)", 12),
        ("cron(0 */6 * * ? *)", 6),
        ("cron(0 8-18/5 * * ? *)", 14),
        ("cron(0 0 ? * SUN *)", 168),
        ("cron(0 0 ? * MON-FRI *)", 72),
        ("cron(0 6,18 ? * 2,4 *)", 108),
    ],
)
def test_the_longest_pause_of_a_schedule_is_known(expression: str, hours: float) -> None:
    assert longest_pause(expression) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "expression",
    ["cron(0 2 1 * ? *)", "cron(0 2 ? * 6#3 *)", "cron(0 2 ? * 5L *)", "cron(0 25 * * ? *)", "rate(1 week)", "daily"],
)
def test_a_schedule_that_needs_a_calendar_is_not_guessed(expression: str) -> None:
    with pytest.raises(ScheduleError):
        longest_pause(expression)
