"""The chart shows every day, however little happened, and never writes over its edge."""

import io
import random
from itertools import pairwise

import pytest
from PIL import Image

from contract.finding import Severity
from hub.digest.chart import chart, scale_top, short, spoken
from hub.notifier.rendering import COLOURS

Days = list[tuple[str, dict[str, int]]]
WHITE = (255, 255, 255)
MONTH = [f"2026-11-{day:02}" for day in range(1, 31)]
SHAPES: dict[str, Days] = {
    "no days": [],
    "zeros": [(day, {}) for day in MONTH],
    "one huge day": [(day, {"LOW": 1} if place else {"CRITICAL": 1_000_000}) for place, day in enumerate(MONTH)],
    "a slope": [(day, {"HIGH": place}) for place, day in enumerate(MONTH)],
    "every severity": [(day, dict.fromkeys(Severity, 1 + place)) for place, day in enumerate(MONTH)],
    "a single day": [("2026-11-19", {"MEDIUM": 3})],
    "a column to the top": [("2026-11-18", {"CRITICAL": 1_999, "LOW": 1}), ("2026-11-19", {"LOW": 2_000})],
    "all of one, and one of each": [(day, {**dict.fromkeys(Severity, 1), "HIGH": 1_996}) for day in MONTH],
    "a hundred billion a day": [(day, {"INFORMATIONAL": 10**11}) for day in MONTH],
}


def drawn(days: Days) -> Image.Image:
    with Image.open(io.BytesIO(chart(days))) as image:
        assert image.format == "PNG"
        return image.convert("RGB")


def colour(severity: Severity) -> tuple[int, ...]:
    return tuple(bytes.fromhex(COLOURS[severity].bar.removeprefix("#")))


def columns_of(image: Image.Image, severity: Severity) -> list[int]:
    """Return where columns of a severity begin, below the legend."""
    plot = image.crop((0, 110, image.width, image.height))
    wanted = colour(severity)
    held = [any(plot.getpixel((x, y)) == wanted for y in range(plot.height)) for x in range(plot.width)]
    return [x for x, (before, here) in enumerate(pairwise([False, *held])) if here and not before]


@pytest.mark.parametrize("days", SHAPES.values(), ids=SHAPES)
def test_a_chart_is_a_small_picture_that_keeps_its_edge_free(days: Days) -> None:
    image = drawn(days)
    assert image.size == (1_088, 440)
    assert len(chart(days)) < 30_000
    edges = [(0, 0, 4, 440), (1_084, 0, 1_088, 440), (0, 0, 1_088, 8), (0, 432, 1_088, 440)]
    assert all(
        image.crop(edge).getcolors() == [(image.crop(edge).width * image.crop(edge).height, WHITE)] for edge in edges
    )


def test_every_day_is_seen_however_little_happened() -> None:
    image = drawn(SHAPES["one huge day"])
    assert len(columns_of(image, Severity.LOW)) == 29
    assert len(columns_of(image, Severity.CRITICAL)) == 1


def test_every_severity_of_a_column_to_the_top_is_seen() -> None:
    image = drawn(SHAPES["all of one, and one of each"])
    assert [len(columns_of(image, severity)) for severity in Severity] == [30] * len(Severity)


@pytest.mark.parametrize("seed", range(20))
def test_any_month_can_be_drawn(seed: int) -> None:
    chance = random.Random(seed)
    chart([(day, {one: chance.choice((0, 1, 7, 10 ** chance.randint(0, 6))) for one in Severity}) for day in MONTH])


def test_columns_are_as_wide_and_as_far_apart_as_one_another() -> None:
    places = columns_of(drawn(SHAPES["every severity"]), Severity.HIGH)
    assert len(places) == 30
    assert {right - left for left, right in pairwise(places)} <= {31, 32}


def test_every_severity_has_its_colour() -> None:
    colours = {one for _, one in drawn(SHAPES["every severity"]).getcolors(100_000) or ()}
    assert {colour(one) for one in Severity} <= colours


def test_the_same_days_are_the_same_picture() -> None:
    assert chart(SHAPES["a slope"]) == chart(SHAPES["a slope"])


def test_the_scale_ends_at_a_round_number() -> None:
    assert [scale_top(one) for one in (0, 1, 3, 7, 21, 77, 101, 12_345)] == [2, 2, 4, 8, 30, 80, 200, 20_000]
    for largest in range(2_000):
        assert largest <= scale_top(largest) <= max(2 * largest, 2)
        assert scale_top(largest) % 2 == 0


def test_large_numbers_are_short() -> None:
    assert [short(one) for one in (0, 999, 1_000, 2_500, 250_000, 1_500_000, 2 * 10**9)] == [
        *("0", "999", "1k", "2.5k", "250k", "1.5M", "2G")
    ]


def test_the_words_hold_the_numbers() -> None:
    assert spoken([]) == "New findings: none."
    assert spoken(SHAPES["zeros"]) == "New findings from 2026-11-01 to 2026-11-30: none."
    assert spoken(SHAPES["one huge day"]) == (
        "New findings from 2026-11-01 to 2026-11-30: 1,000,000 critical, 29 low; 1,000,029 in all, "
        "most on 2026-11-01: 1,000,000."
    )
