"""Severities are told apart by their colours too, light and dark, whatever eyes look at them."""

import re
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from dashboard.charts import WORST_FIRST

Colour = tuple[float, float, float]
STYLE = (Path(__file__).parents[2] / "dashboard" / "style.css").read_text()
# Machado, Oliveira and Fernandes 2009, severity 1.0; linear RGB.
EYES = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
# CIE 1976 distance; 2.3 is just noticeable. Words and the order of segments say it too.
NEIGHBOURS, OTHERS = 18, 10


def colours(is_dark: bool) -> list[Colour]:
    found = []
    for one in WORST_FIRST:
        pair = re.search(rf"--m-{one.lower()}: light-dark\((#\w{{6}}), (#\w{{6}})\)", STYLE)
        assert pair
        value = pair.group(2 if is_dark else 1)
        found.append(tuple(_linear(int(value[place : place + 2], 16) / 255) for place in (1, 3, 5)))
    return found  # type: ignore[return-value]


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def lab(colour: Colour, eyes: str) -> Colour:
    red, green, blue = (min(max(sum(a * b for a, b in zip(row, colour, strict=True)), 0), 1) for row in EYES[eyes])
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116 for value in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def distance(one: Colour, other: Colour, eyes: str) -> float:
    pairs = zip(lab(one, eyes), lab(other, eyes), strict=True)
    return sum((a - b) ** 2 for a, b in pairs) ** 0.5


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("is_dark", [False, True])
def test_severities_are_told_apart(eyes: str, is_dark: bool) -> None:
    found = colours(is_dark)
    assert min(distance(one, other, eyes) for one, other in pairwise(found)) > NEIGHBOURS
    assert min(distance(one, other, eyes) for one, other in combinations(found, 2)) > OTHERS
