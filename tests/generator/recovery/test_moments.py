from datetime import UTC, datetime

import pytest

from generator.problems import BadInputError
from generator.recovery.moments import interval, moment

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T09:30:00Z", "2026-11-20T09:30:00+00:00"),
        ("2026-11-20T09:30:00+01:00", "2026-11-20T08:30:00+00:00"),
        ("2026-11-20T09:30", "2026-11-20T09:30:00+00:00"),
        ("2026-11-20", "2026-11-20T00:00:00+00:00"),
        ("30m", "2026-11-25T11:30:00+00:00"),
        ("2h", "2026-11-25T10:00:00+00:00"),
        ("3d", "2026-11-22T12:00:00+00:00"),
        ("1w", "2026-11-18T12:00:00+00:00"),
    ],
)
def test_times_are_of_the_clock_or_ago_and_of_utc_without_an_offset(text: str, expected: str) -> None:
    assert moment(text, NOW, "--since").isoformat() == expected


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "2y", "-2h", "2 h", "999999w", "2026-11-20T09:30:00+25:00"]
)
def test_a_malformed_time_is_bad_input_that_names_the_option(text: str) -> None:
    with pytest.raises(BadInputError, match=r"^--since: .* is no time; give ISO 8601"):
        moment(text, NOW, "--since")


def test_an_interval_ends_now_unless_told_otherwise() -> None:
    assert str(interval("2h", None, NOW, 30)) == "2026-11-25 10:00:00 to 2026-11-25 12:00:00 UTC"
    assert interval("2h", "1h", NOW, 30).until.hour == 11
    assert interval("30d", None, NOW, 30).since.day == 26


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("1h", "2h", "--until: .* goes backwards; give a time after --since"),
        ("1h", "1h", "--until: .* goes backwards"),
        ("1h", "2026-11-25T12:00:01Z", "--until: .* is in the future; leave it out for now"),
        (
            "31d",
            None,
            r"--since: 31d is longer ago than findings.event_archive_days = 30 keeps events; give at most 30d",
        ),
        ("1h", "soon", "--until: 'soon' is no time"),
    ],
)
def test_an_interval_that_cannot_be_replayed_names_the_option_and_the_mend(
    since: str, until: str | None, said: str
) -> None:
    with pytest.raises(BadInputError, match=f"^{said}"):
        interval(since, until, NOW, 30)


def test_progress_is_where_the_last_event_lies_in_the_interval() -> None:
    asked = interval("2h", None, NOW, 30)
    assert asked.share(None) == 0
    assert asked.share(datetime(2026, 11, 25, 11, 30, tzinfo=UTC)) == 0.75
    assert asked.share(datetime(2026, 11, 25, 9, tzinfo=UTC)) == 0
