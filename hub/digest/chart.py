"""The new findings of the last days as a picture: stacked columns, drawn with Pillow."""

import io
from collections.abc import Mapping, Sequence

from PIL import Image, ImageDraw, ImageFont

from contract.finding import Severity
from hub.notifier.rendering import COLOURS

# Twice the size at which mail clients show it, for screens with fine dots.
_WIDTH, _HEIGHT = 1_084, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 112, 52, 76, 64
_INK, _GRID, _PAPER = "#3b424c", "#d9dce1", "#ffffff"
# A third of it is what a phone of 360 px shows.
_FONT = 34
_LABELS = 4
_WORST_FIRST = tuple(reversed(Severity))
Days = Sequence[tuple[str, Mapping[str, int]]]


def chart(days: Days) -> bytes:
    """Return a PNG: a column a day (`2026-11-20`), the oldest first. White paper reads well in dark mode too."""
    image = Image.new("RGB", (_WIDTH, _HEIGHT), _PAPER)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(_FONT)
    largest = max((sum(counts.values()) for _, counts in days), default=0)
    _draw_legend(draw, font, [one for one in _WORST_FIRST if any(counts.get(one) for _, counts in days)])
    _draw_grid(draw, font, largest)
    for place, (day, counts) in enumerate(days):
        _draw_column(draw, font, place, len(days), day, counts, max(largest, 1))
    if not largest:
        draw.text((_WIDTH / 2, (_HEIGHT + _TOP - _BOTTOM) / 2), "no new findings", _INK, font, anchor="mm")
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()


def spoken(days: Days) -> str:
    """Return what the picture shows, for those who do not see it."""
    if not days:
        return "New findings: none."
    total = sum(sum(counts.values()) for _, counts in days)
    day, counts = max(days, key=lambda one: sum(one[1].values()))
    most = f"; most on {day}: {sum(counts.values()):,}" if total else ""
    return f"New findings from {days[0][0]} to {days[-1][0]}: {total:,}{most}."


def short(count: int) -> str:
    """Return a number in at most five characters, so that it finds room beside the columns."""
    if count < 10_000:
        return f"{count:,}"
    return f"{count / 1e3:.0f}k" if count < 999_500 else f"{count / 1e6:.1f}M"


def _draw_legend(
    draw: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, severities: Sequence[Severity]
) -> None:
    left = float(_LEFT)
    for severity in severities:
        draw.rectangle((left, 18, left + 26, 44), COLOURS[severity].bar)
        text = severity.value.capitalize()
        draw.text((left + 36, 31), text, _INK, font, anchor="lm")
        left += 36 + draw.textlength(text, font) + 30


def _draw_grid(draw: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, largest: int) -> None:
    floor = _HEIGHT - _BOTTOM
    for share, text in ((0, "0"), (1, short(largest) if largest else "")):
        height = floor - share * (floor - _TOP)
        draw.line((_LEFT, height, _WIDTH - _RIGHT, height), _GRID, 2)
        draw.text((_LEFT - 12, height), text, _INK, font, anchor="rm")


def _draw_column(  # noqa: PLR0913, PLR0917 - a column is this list
    draw: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    place: int,
    columns: int,
    day: str,
    counts: Mapping[str, int],
    largest: int,
) -> None:
    width = (_WIDTH - _LEFT - _RIGHT) / columns
    left, right = _LEFT + place * width + width * 0.15, _LEFT + (place + 1) * width - width * 0.15
    floor = _HEIGHT - _BOTTOM
    scale = (floor - _TOP) / largest
    top = float(floor)
    for severity in _WORST_FIRST:
        if count := counts.get(severity.value, 0):
            # What happened is seen, however little it is beside the largest day.
            height = max(count * scale, 2)
            draw.rectangle((left, max(top - height, _TOP), right, top), COLOURS[severity].bar)
            top = max(top - height, _TOP)
    if (columns - 1 - place) % -(-columns // _LABELS) == 0:
        draw.text(((left + right) / 2, floor + 14), day[5:], _INK, font, anchor="mt")
