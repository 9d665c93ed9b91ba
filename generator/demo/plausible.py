"""Months of plausible findings for an organization: what its detections and Security Hub would have found, and when.

The same seed gives the same findings. Some accounts have many, most have few; weekdays are busier than weekends; what
is worse is closed sooner.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate

import msgspec

from contract.clock import iso
from contract.finding import Finding, Workflow
from generator.demo.plausible_controls import control_finding, passed
from generator.demo.plausible_deeds import PEOPLE, deed_finding
from generator.demo.weights import Occasion, chosen
from hub.store.decisions import Decision, after
from hub.store.merge import joined

DAYS = 90
_SHARE_OF_CONTROLS = 0.82
_SHARE_AT_HOME = 0.7
_SHARE_STAYING = 0.22
_SHARE_SUPPRESSED = 0.04
# Until half of them are closed, in days.
_HALF_CLOSED = {"CRITICAL": 2, "HIGH": 6, "MEDIUM": 14, "LOW": 25, "INFORMATIONAL": 20}
_SATURDAY, _WEEKEND = 5, 0.45
# An organization gets better: the first day has so much more than the last.
_IMPROVEMENT = 0.5
# Most is found before noon (seconds of a day).
_DAY, _NOON = 86_399, 39_600
_REASONS = (
    "Known: the vendor's scanner needs it",
    "Accepted until the migration is done",
    "A test account without data of customers",
    "Public on purpose: the website's files",
)


class Story(msgspec.Struct, frozen=True):
    """A finding as it was found and as it is now; `closed_at` is None while nothing became of it."""

    found: Finding
    present: Finding
    closed_at: datetime | None = None


def stories(
    accounts: Sequence[str], regions: Sequence[str], number: int, now: datetime, chance: random.Random
) -> Iterator[Story]:
    """Yield so many findings of the last `DAYS` days in some order, each of an account and Region of those given."""
    weights = list(accumulate(chance.lognormvariate(0, 1.1) for _ in accounts))
    days = list(accumulate(_busyness(now - timedelta(days=back), back) for back in range(DAYS)))
    for place in range(number):
        region = regions[0] if chance.random() < _SHARE_AT_HOME else chance.choice(regions)
        back = timedelta(days=chosen(days, chance), seconds=chance.triangular(0, _DAY, _NOON))
        on = Occasion(accounts[chosen(weights, chance)], region, now - back, place)
        make = control_finding if chance.random() < _SHARE_OF_CONTROLS else deed_finding
        yield _continued(make(on, chance), on.at, now, chance)


def _busyness(day: datetime, back: int) -> float:
    return (_WEEKEND if day.weekday() >= _SATURDAY else 1) * (1 + _IMPROVEMENT * back / DAYS)


def _continued(found: Finding, found_at: datetime, now: datetime, chance: random.Random) -> Story:
    """Return what became of a finding: its control passed, people resolved or suppressed it, or nothing yet."""
    at = found_at + timedelta(days=_HALF_CLOSED[found.severity]) * chance.expovariate(0.7)
    if chance.random() < _SHARE_STAYING or at >= now:
        return Story(found, found)
    if chance.random() < _SHARE_SUPPRESSED:
        return Story(found, after(found, _suppressing(at, now, chance)), at)
    if found.is_of_security_hub:
        return Story(found, joined(found, passed(found, at)), at)
    return Story(found, after(found, Decision(by=_who(chance), at=iso(at), workflow=Workflow.RESOLVED)), at)


def _suppressing(at: datetime, now: datetime, chance: random.Random) -> Decision:
    reason, until = chance.choice(_REASONS), now + timedelta(days=chance.randrange(5, 180))
    return Decision(
        by=_who(chance),
        at=iso(at),
        workflow=Workflow.SUPPRESSED,
        note=reason,
        suppression=reason,
        until=until.date().isoformat(),
    )


def _who(chance: random.Random) -> str:
    return f"{chance.choice(PEOPLE)}@example.com"
