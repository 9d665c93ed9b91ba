from contract.finding import Severity
from dashboard import charts
from dashboard.charts import severity_bar, share, sparkline, spoken, trend

SOME = {Severity.CRITICAL: 2, Severity.LOW: 1234}


def test_counts_are_spoken_worst_first_without_zeros() -> None:
    assert spoken({**SOME, Severity.HIGH: 0}) == "2 critical, 1,234 low"
    assert spoken({}) == "none"


def test_a_bar_is_as_long_as_its_share_of_the_largest() -> None:
    assert "width:50.00%" in severity_bar({Severity.HIGH: 5}, 10)


def test_a_bar_of_nothing_divides_by_nothing() -> None:
    assert "width:0.00%" in severity_bar({}, 0)
    assert "width:0.00%" in share(0, 0, "Spokes reporting")


def test_every_chart_says_its_numbers_to_a_screen_reader() -> None:
    charts = (
        severity_bar(SOME, 1236),
        trend((("2026-11-20", SOME),), "New findings"),
        sparkline([1, 2], "New findings"),
        share(1, 2, "Spokes"),
    )
    assert all('role="img" aria-label="' in chart for chart in charts)


def test_a_label_from_outside_cannot_leave_its_attribute() -> None:
    evil = '"><img src=x onerror=alert(1)>'
    for chart in (trend(((evil, SOME),), evil), sparkline([1], evil), share(1, 2, evil)):
        assert "<img" not in chart
        assert 'label=""' not in chart


def test_a_trend_of_quiet_days_has_flat_columns() -> None:
    assert trend((("2026-11-19", {}), ("2026-11-20", {})), "New findings").count("height:0.00%") == 2


def test_how_controls_stand_is_one_bar_with_its_numbers_in_words() -> None:
    bar = charts.outcome(passed=6, accepted=1, failed=3, largest=20)
    assert 'aria-label="3 failed, 1 accepted, 6 passed"' in bar
    assert 'style="width:50.00%"' in bar
    assert bar.index("m-fill-failed") < bar.index("m-fill-accepted") < bar.index("m-fill-passed")
    assert "m-fill" not in charts.outcome(0, 0, 0, 0)


def test_columns_of_days_are_as_high_as_their_counts() -> None:
    drawn = charts.columns([("2026-11-19", 5), ("2026-11-20", 10)], "Events a day")
    assert 'aria-label="Events a day: 2026-11-19: 5; 2026-11-20: 10"' in drawn
    assert "height:50.00%" in drawn
    assert "height:100.00%" in drawn
