"""A digest's numbers as a notification. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from contract.finding import Severity
from contract.links import finding_address
from hub.digest.chart import chart, spoken
from hub.digest.figures import Figures, Old
from hub.digest.gathering import MOST_OLD
from hub.notifier.compose import Reader
from hub.notifier.notification import Kind, Link, Notification, Picture, Row, Table
from hub.notifier.texts import FOOTER, many, one_line

_BEFORE = {"daily": "the day before", "weekly": "the week before"}
# A time that nobody said (`hub.notifier.compose.moment_text`).
_UNKNOWN = "1971"
_WORST_FIRST = tuple(reversed(Severity))


def digest(payload: Mapping[str, Any], reader: Reader, *, identifier: str) -> Notification:
    """Return the digest that a payload (`Figures`, as JSON has it) describes."""
    said = msgspec.convert(payload, Figures)
    short = _in_short(said)
    return Notification(
        id=identifier,
        kind=Kind.DIGEST,
        thread="",
        subject=one_line(f"Muster {said.period}: {short}", 150),
        title=short[:1].upper() + short[1:],
        reason=one_line(f"Route {said.route} · {many(said.accounts_in_scope, 'account')}", 100),
        place=_span(said),
        pictures=tuple(_pictures(said)),
        rows=tuple(_row(one, reader) for one in (*said.oldest, *said.worst)),
        tables=tuple(_tables(said, reader)),
        links=(Link("Open Muster", reader.dashboard),) if reader.dashboard else (),
        footer=FOOTER,
    )


def _in_short(said: Figures) -> str:
    return ", ".join(_parts(said))


def _parts(said: Figures) -> Iterator[str]:
    new, closed, is_open = (sum(counts.values()) for counts in (said.new, said.closed, said.open))
    if not (new or closed):
        yield "nothing new"
    if is_open or new or closed:
        yield f"{said.open.get('CRITICAL', 0):,} critical open"
    else:
        yield "nothing open"
    if new or closed:
        yield f"{new:,} new"
        yield f"{closed:,} closed"
    if said.overdue:
        least = "at least " if said.cut else ""
        yield f"{least}{sum(said.overdue.values()):,} overdue"
    if said.silent_count:
        yield many(said.silent_count, "silent spoke")
    if said.without_agent:
        yield f"{many(said.without_agent, 'instance')} without the agent"


def _span(said: Figures) -> str:
    last = (date.fromisoformat(said.until) - timedelta(days=1)).isoformat()
    return f"{last} (UTC)" if last == said.since else f"{said.since} to {last} (UTC)"


def _pictures(said: Figures) -> Iterator[Picture]:
    if any(counts for _, counts in said.days):
        yield Picture("new-findings", spoken(said.days), chart(said.days))


def _tables(said: Figures, reader: Reader) -> Iterator[Table]:
    yield from _findings(said)
    yield from _overdue(said)
    if said.accounts:
        yield Table("Accounts with the most open", ("Account", "Findings"), _counted(said.accounts))
    if said.detections:
        yield Table("Found most often", ("Detection", "New"), _counted(said.detections))
    if said.silent:
        rows = tuple((one_line(f"{name}, {region}", 100), _minute(at, reader)) for name, region, at in said.silent)
        note = f"and {said.silent_count - len(rows):,} more" if said.silent_count > len(rows) else ""
        yield Table("Silent spokes", ("Account and Region", f"Since ({reader.zone})"), rows, note)
    if said.with_agent or said.without_agent:
        yield _agents(said)


def _agents(said: Figures) -> Table:
    counts = [("All", said.with_agent, said.without_agent), *said.lacking]
    rows = tuple((one_line(name, 100), f"{has:,}", f"{lacks:,}") for name, has, lacks in counts)
    note = "The accounts are those where most lack it. `muster agents status` says why." if said.lacking else ""
    return Table("Security agent on instances", ("Account", "Have it", "Lack it"), rows, note)


def _minute(moment: str, reader: Reader) -> str:
    """Return a moment to the minute, in the reader's zone: a phone has no room for two."""
    there = datetime.fromisoformat(moment).astimezone(ZoneInfo(reader.zone))
    return f"{there:%Y-%m-%d %H:%M}"


def _findings(said: Figures) -> Iterator[Table]:
    shown = [*_some((said.new, said.new_before, said.closed, said.open))]
    rows = [
        (
            one.value.capitalize(),
            _changed(said.new.get(one, 0), said.new_before.get(one, 0)),
            f"{said.closed.get(one, 0):,}",
            f"{said.open.get(one, 0):,}",
        )
        for one in shown
    ]
    is_changed = any(said.new.get(one, 0) != said.new_before.get(one, 0) for one in shown)
    note = f"In brackets: how many more or fewer than {_BEFORE[said.period]}." if is_changed else ""
    if rows:
        yield Table("Findings", ("Severity", "New", "Closed", "Open"), tuple(rows), note)


def _overdue(said: Figures) -> Iterator[Table]:
    rows = [
        (one.value.capitalize(), many(said.sla_days.get(one, 0), "day"), _at_least(said, one))
        for one in _WORST_FIRST
        if one in said.overdue or one in said.cut
    ]
    note = f"Of each severity the {MOST_OLD:,} oldest findings of the organization are counted." if said.cut else ""
    if rows:
        yield Table("Open for longer than agreed", ("Severity", "Agreed", "Findings"), tuple(rows), note)


def _at_least(said: Figures, severity: Severity) -> str:
    count = said.overdue.get(severity, 0)
    return f"at least {count:,}" if severity in said.cut else f"{count:,}"


def _some(counts: Iterable[Mapping[str, int]]) -> Iterator[Severity]:
    known = list(counts)
    yield from (one for one in _WORST_FIRST if any(each.get(one) for each in known))


def _changed(now: int, before: int) -> str:
    return f"{now:,} ({now - before:+,})" if now != before else f"{now:,}"


def _counted(counts: list[tuple[str, int]]) -> tuple[tuple[str, ...], ...]:
    return tuple((one_line(name, 100), f"{count:,}") for name, count in counts)


def _row(one: Old, reader: Reader) -> Row:
    address = f"{reader.dashboard.rstrip('/')}/{finding_address(one.id)}" if reader.dashboard else ""
    place = one_line(" · ".join(part for part in (one.account, one.region, one.resource) if part), 200)
    return Row(one.severity, one_line(one.title, 200), place, _since(one), address)


def _since(one: Old) -> str:
    """Return for how long it has been open; empty where that is not known."""
    day = one.first_seen[:10]
    return f"{many(one.days, 'day')}, since {day}" if day > _UNKNOWN else ""
