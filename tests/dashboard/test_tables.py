"""Tables sort by what their cells show, over all their rows, as the address asks."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import streamlit as st

from contract.finding import Severity
from dashboard import charts
from dashboard.markup import ABSENT, Html, age, ago, badge, joined, number, second_line, text
from dashboard.views.tables import Row, listed

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
Page = Callable[..., str]
ROWS: list[tuple[str, Row]] = [
    (
        "a",
        (
            joined((text("beta"), second_line("x"))),
            number(1_000),
            badge(Severity.INFORMATIONAL),
            charts.share(1, 10, "Tagged"),
            ago("2026-11-20T11:00:00.000000Z", NOW),
            age("2026-11-01T11:00:00.000000Z", NOW),
            text("$9.50"),
        ),
    ),
    (
        "b",
        (
            text("Alpha"),
            number(20),
            badge(Severity.CRITICAL),
            charts.share(9, 9, "Tagged"),
            ago("2026-11-18T11:00:00.000000Z", NOW),
            age("2026-11-20T11:00:00.000000Z", NOW),
            text("$10.00"),
        ),
    ),
    ("c", (text("gamma"), ABSENT, badge(Severity.MEDIUM), ABSENT, text("never"), ABSENT, ABSENT)),
]
COLUMNS = ("Name", "Count", "Severity", "Share", "Seen", "For", "Cost")


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    """Return the order of the rows under an address's `sort`."""

    class Query(dict[str, str]):
        def get_all(self, name: str) -> list[str]:
            return [self[name]]

    def shown(sort: str, most: int = 15) -> str:
        monkeypatch.setattr(st, "query_params", Query(sort=sort, ou="Root"))
        return listed("Rows", COLUMNS, ROWS, marked, most=most)

    return shown


def marked(row: tuple[str, Row]) -> Row:
    name, (first, *others) = row
    return joined((first, Html(f"<i id={name}>"))), *others


def order(markup: str) -> str:
    return "".join(part[0] for part in markup.split("<i id=")[1:])


@pytest.mark.parametrize(
    ("column", "up", "down"),
    [
        ("Name", "bac", "cab"),
        ("Count", "bac", "abc"),
        ("Severity", "acb", "bca"),
        ("Share", "abc", "bac"),
        ("Seen", "bac", "abc"),
        ("For", "abc", "bac"),
        ("Cost", "abc", "bac"),
    ],
)
def test_each_kind_of_cell_sorts_both_ways_and_what_says_nothing_comes_last(
    page: Page, column: str, up: str, down: str
) -> None:
    place = COLUMNS.index(column)
    assert order(page(f"rows~{place}")) == up
    assert order(page(f"rows~-{place}")) == down


@pytest.mark.parametrize("asked", ["", "rows", "other~1", "rows~9", "rows~x", "rows~-", "rows~" + "9" * 5_000, "worst"])
def test_an_order_that_means_nothing_leaves_the_rows_as_they_are(page: Page, asked: str) -> None:
    assert order(page(asked)) == "abc"


def test_heads_keep_the_filters_and_turn_the_order_round(page: Page) -> None:
    plain, turned = page(""), page("rows~-1")
    assert '<a href="?ou=Root&amp;sort=rows~0">Name</a>' in plain
    assert '<a href="?ou=Root&amp;sort=rows~-1">Count</a>' in plain
    assert '<a href="?ou=Root&amp;sort=rows~1">Count<span aria-label="sorted, the largest first"> ▾</span>' in turned


@pytest.mark.parametrize(
    ("cells", "order_"),
    [
        (("≥ 100", "3", "≥ 20", "≥ 9"), ("3", "≥ 9", "≥ 20", "≥ 100")),
        ((", prod (old)", "1,000", "$", "999"), ("999", "1,000", "$", ", prod (old)")),
        (("99.9 %", "100 %", "none", "5.0 %"), ("5.0 %", "99.9 %", "100 %", "none")),
        (("9" * 5_000, "1"), ("1", "9" * 5_000)),
    ],
)
def test_whatever_a_cell_shows_can_be_sorted(
    monkeypatch: pytest.MonkeyPatch, cells: tuple[str, ...], order_: tuple[str, ...]
) -> None:
    monkeypatch.setattr(st, "query_params", {"sort": "any~0"})
    shown = listed("Any", ("What",), cells, lambda one: (text(one),))
    assert re.findall("<td>(.*?)</td>", shown) == [text(one) for one in order_]


def test_all_rows_are_sorted_before_the_first_are_shown(page: Page) -> None:
    found = page("rows~1", 1)
    assert order(found) == "b"
    assert "1 of 3; the file has them all." in found
