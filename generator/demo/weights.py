"""Choosing by weight, and what a plausible finding is made for."""

import bisect
import random
from collections.abc import Sequence
from datetime import datetime

import msgspec


class Occasion(msgspec.Struct, frozen=True):
    """Where and when something is found; `number` is no other's."""

    account: str
    region: str
    at: datetime
    number: int


def chosen(cumulated: Sequence[float], chance: random.Random) -> int:
    """Return a place, as often as its share of the cumulated weights."""
    return min(bisect.bisect(cumulated, chance.random() * cumulated[-1]), len(cumulated) - 1)
