from datetime import UTC, datetime, timedelta

import pytest

from contract.clock import EPOCH, iso
from contract.finding import Severity
from dashboard.markup import ago, badge, breakable, chip, empty, exact, link, table, text

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
EVIL = "<img src=x onerror=\"alert('1')\">"


def test_text_from_outside_is_escaped_everywhere() -> None:
    for markup in (text(EVIL), empty(EVIL, EVIL), chip(EVIL), table((EVIL,), [(text(EVIL),)], EVIL)):
        assert "<img" not in markup


def test_an_address_that_runs_code_is_no_link() -> None:
    assert link("javascript:alert(1)", text("here")) == "here"
    assert link("http://plain.example", text("here")) == "here"


def test_an_address_cannot_leave_its_attribute() -> None:
    assert link('findings?text="><b>', text("here")) == '<a href="findings?text=&quot;&gt;&lt;b&gt;">here</a>'


def test_an_external_link_opens_a_tab_and_tells_nothing_of_where_it_came_from() -> None:
    assert 'target="_blank" rel="noopener noreferrer"' in link("https://example.com", text("x"), is_external=True)


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(seconds=-30), "just now"),
    ],
)
def test_ages_are_said_in_one_unit(age: timedelta, words: str) -> None:
    assert f">{words}<" in ago(iso(NOON - age), NOON)


def test_a_long_name_breaks_after_its_separators_and_stays_escaped() -> None:
    assert breakable("Root/A_b") == "Root/<wbr>A_<wbr>b"
    assert breakable("<b>&/") == "&lt;b&gt;&amp;/<wbr>"


def test_what_never_happened_has_no_age() -> None:
    assert ago(EPOCH, NOON) == "never"
    assert exact("") == "never"


def test_a_severity_is_a_word_beside_its_colour() -> None:
    assert ">Critical<" in badge(Severity.CRITICAL)
