"""The new findings of the last days as a picture: stacked columns, drawn with Pillow."""

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
from PIL import Image, ImageDraw, ImageFont

from contract.finding import Severity
from hub.notifier.rendering import COLOURS

# Twice the size at which mail clients show it, for screens with fine dots.
_WIDTH, _HEIGHT, _EDGE = 1_088, 440, 20
_LEFT, _RIGHT, _TOP, _FLOOR = 104, 1_036, 144, 376
_INK, _GRID, _PAPER = "#3b424c", "#d9dce1", "#ffffff"
# Ten dots high on a phone of 360.
_FONT = 34
# What happened is seen, however little it is beside the largest day.
_LEAST = 4
# Between two severities of a column, where there is room for it.
_GAP = 2
_WEEK, _LABELS = 7, 5
_STEPS = (1, 2, 3, 4, 5, 6, 8)
_UNITS = ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k"))
_WORST_FIRST = tuple(reversed(Severity))
Days = Sequence[tuple[str, Mapping[str, int]]]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


class _Paper(msgspec.Struct, frozen=True):
    """What is drawn on; `top` is the number at the upper end of the scale."""

    draw: ImageDraw.ImageDraw
    font: Font
    top: int

    def write(self, place: tuple[float, float], text: str, anchor: str) -> None:
        """Write a text, its `anchor` (Pillow's "text anchors") at a place."""
        self.draw.text(place, text, _INK, self.font, anchor=anchor)


def chart(days: Days) -> bytes:
    """Return a PNG: a column a day (`2026-11-20`), the oldest first. White paper reads well in dark mode too."""
    image = Image.new("RGB", (_WIDTH, _HEIGHT), _PAPER)
    largest = max((sum(counts.values()) for _, counts in days), default=0)
    paper = _Paper(ImageDraw.Draw(image), ImageFont.load_default(_FONT), scale_top(largest))
    _draw_legend(paper)
    _draw_grid(paper, is_empty=not largest)
    for place, (_, counts) in enumerate(days):
        _draw_column(paper, _sides(place, len(days)), counts)
    for place in _labelled(len(days)):
        left, right = _sides(place, len(days))
        paper.write(((left + right) / 2, _FLOOR + 16), _day(days[place][0]), "mt")
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()


def spoken(days: Days) -> str:
    """Return what the picture shows, for those who do not see it."""
    if not days:
        return "New findings: none."
    totals: Counter[str] = Counter()
    for _, counts in days:
        totals.update(counts)
    by_severity = ", ".join(f"{totals[one]:,} {one.lower()}" for one in _WORST_FIRST if totals[one])
    span = f"New findings from {days[0][0]} to {days[-1][0]}"
    if not by_severity:
        return f"{span}: none."
    day, most = max(((day, sum(counts.values())) for day, counts in days), key=lambda one: one[1])
    return f"{span}: {by_severity}; {totals.total():,} in all, most on {day}: {most:,}."


def scale_top(largest: int) -> int:
    """Return a round number, at least as large, of which the half is a whole number too."""
    power = 1
    while True:
        for step in _STEPS:
            if step * power >= largest and step * power % 2 == 0:
                return step * power
        power *= 10


def short(number: int) -> str:
    """Return a number in few characters: 1200 is `1.2k`."""
    for size, unit in _UNITS:
        if number >= size:
            return f"{number / size:.1f}".removesuffix(".0") + unit
    return str(number)


def _draw_legend(paper: _Paper) -> None:
    paper.write((_EDGE, 32), "New findings a day", "lm")
    left = float(_EDGE)
    for severity in _WORST_FIRST:
        paper.draw.rectangle((left, 68, left + 26, 94), COLOURS[severity].bar)
        text = severity.value.capitalize()
        paper.write((left + 36, 81), text, "lm")
        left += 36 + paper.draw.textlength(text, paper.font) + 30


def _draw_grid(paper: _Paper, *, is_empty: bool) -> None:
    for half in (0, 1, 2):
        height = _FLOOR - half * (_FLOOR - _TOP) / 2
        if half == 0 or not is_empty:
            paper.draw.line((_LEFT, height, _RIGHT, height), _GRID, 2)
            paper.write((_LEFT - 12, height), short(paper.top * half // 2), "rm")
    if is_empty:
        paper.write(((_LEFT + _RIGHT) / 2, (_TOP + _FLOOR) / 2), "no new findings", "mm")


def _draw_column(paper: _Paper, sides: tuple[float, float], counts: Mapping[str, int]) -> None:
    """Draw a day, the worst at the bottom."""
    room, floor = _FLOOR - _TOP, float(_FLOOR)
    found = [(severity, count) for severity in _WORST_FIRST if (count := counts.get(severity.value, 0))]
    heights = [max(count * room / paper.top, _LEAST) for _, count in found]
    if heights:
        # Those that are drawn larger than they are take their room from the largest.
        heights[heights.index(max(heights))] -= max(sum(heights) - room, 0)
    for (severity, _), height in zip(found, heights, strict=True):
        gap = _GAP if height > _LEAST else 0
        paper.draw.rectangle((sides[0], floor - height + gap, sides[1], floor - 1), COLOURS[severity].bar)
        floor -= height


def _sides(place: int, columns: int) -> tuple[int, int]:
    """Return the left and the right edge of a column: on whole dots, so that all look alike."""
    width = (_RIGHT - _LEFT) / columns
    return round(_LEFT + (place + 0.15) * width), round(_LEFT + (place + 0.85) * width) - 1


def _labelled(columns: int) -> range:
    """Return which columns have their day below: the last one, and every week before it."""
    step = _WEEK if columns > _WEEK * 2 else -(-columns // _LABELS) or 1
    return range(columns - 1, -1, -step)


def _day(day: str) -> str:
    moment = date.fromisoformat(day)
    return f"{moment.day} {moment:%b}"
