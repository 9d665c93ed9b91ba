"""What the hub is estimated to have cost: what was counted in these days, at AWS's list prices."""

from collections.abc import Mapping

import msgspec

from hub.store.deployed import Deployed

_MONTH = 30.4
_HOURS = 24
# `generator.costs` names what each price is of.
_BEATS, _REPORTS, _EVENTS = "heartbeats", "their reports in the hub", "forwarded events"
_AGAIN, _NEW = "findings heard of again", "new findings"


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in so many days. `judged`: resources that controls judge, each once a day."""

    days: int
    spokes: int
    events: int
    findings: int
    judged: int


class Spent(msgspec.Struct, frozen=True):
    """A line of the estimate, in dollars; `how` says by what it was counted."""

    what: str
    how: str
    dollars: float


def spent(deployed: Deployed, counted: Counted) -> list[Spent]:
    """Return what those days cost, what stands by itself first."""
    beats, again = counted.spokes * _HOURS * counted.days, counted.judged * counted.days
    counts = {
        _BEATS: (beats, f"{counted.spokes:,} spokes, hourly"),
        _REPORTS: (beats, "one for each heartbeat"),
        _EVENTS: (counted.events, f"{counted.events:,} events were counted"),
        _NEW: (counted.findings, f"{counted.findings:,} findings were counted"),
        _AGAIN: (again, f"{counted.judged:,} resources judged by controls, each once a day"),
    }
    standing = Spent("the hub by itself", "alarms, metrics, keys, queues that are polled", _share(deployed, counted))
    return [standing, *(_line(what, how, number, deployed.prices) for what, (number, how) in counts.items())]


def monthly(lines: list[Spent], days: int) -> float:
    """Return what a month would cost if it went on so."""
    return sum(one.dollars for one in lines) * _MONTH / days


def _share(deployed: Deployed, counted: Counted) -> float:
    return deployed.standing * counted.days / _MONTH


def _line(what: str, how: str, number: int, prices: Mapping[str, float]) -> Spent:
    return Spent(what, how, number * prices.get(what, 0))
