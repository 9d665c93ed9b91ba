"""A digest's numbers as a notification. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from contract.finding import Severity
from contract.links import finding_address
from hub.digest.chart import chart, spoken
from hub.digest.figures import Figures, Old
from hub.notifier.compose import Reader, moment_text
from hub.notifier.notification import Kind, Link, Notification, Picture, Row, Table
from hub.notifier.texts import one_line

_FOOTER = "Sent by Muster, which watches over your AWS Organization."
_PERIODS = {"daily": ("Day", "the day before"), "weekly": ("Week", "the week before")}
_WORST_FIRST = tuple(reversed(Severity))


def digest(payload: Mapping[str, Any], reader: Reader, *, identifier: str) -> Notification:
    """Return the digest that a payload (`Figures`, as JSON has it) describes."""
    said = msgspec.convert(payload, Figures)
    title = _title(said)
    return Notification(
        id=identifier,
        kind=Kind.DIGEST,
        thread="",
        subject=one_line(f"Muster {said.period}: {_in_short(said)}", 150),
        title=title,
        reason=f"Route {said.route} · {_many(said.accounts_in_scope, 'account')}",
        place=f"until {said.until}, UTC",
        pictures=_pictures(said),
        rows=tuple(_row(one, reader) for one in said.oldest),
        tables=tuple(_tables(said)),
        links=(Link("Open Muster", reader.dashboard),) if reader.dashboard else (),
        footer=_FOOTER,
    )


def _pictures(said: Figures) -> tuple[Picture, ...]:
    """Return the chart; none where it would be empty."""
    is_empty = not any(sum(counts.values()) for _, counts in said.days)
    return () if is_empty else (Picture("new-findings", spoken(said.days), chart(said.days)),)


def _title(said: Figures) -> str:
    if not (said.new or said.closed or said.open or said.silent_count):
        return "Nothing new, nothing open"
    return _in_short(said).capitalize()


def _in_short(said: Figures) -> str:
    parts = [
        f"{said.open.get('CRITICAL', 0):,} critical open",
        f"{sum(said.new.values()):,} new",
        f"{sum(said.closed.values()):,} closed",
    ]
    if said.overdue:
        parts.append(f"{_at_least(said)}{sum(said.overdue.values()):,} overdue")
    if said.silent_count:
        parts.append(_many(said.silent_count, "silent spoke"))
    return ", ".join(parts)


def _tables(said: Figures) -> list[Table]:
    _, before = _PERIODS[said.period]
    rows = [
        (
            one.value.capitalize(),
            _changed(said.new.get(one, 0), said.new_before.get(one, 0)),
            f"{said.closed.get(one, 0):,}",
            f"{said.open.get(one, 0):,}",
        )
        for one in _WORST_FIRST
        if any(counts.get(one) for counts in (said.new, said.new_before, said.closed, said.open))
    ]
    note = f"In brackets: how many more or fewer than {before}." if rows else ""
    tables = [Table("Findings", ("Severity", "New", "Closed", "Open"), tuple(rows), note)] if rows else []
    if said.overdue:
        late = tuple((one.value.capitalize(), f"{said.overdue[one]:,}") for one in _WORST_FIRST if one in said.overdue)
        cut = "There are more: counting stops." if said.is_cut else ""
        tables.append(Table("Open for longer than agreed", ("Severity", "Findings"), late, cut))
    if said.accounts:
        tables.append(Table("Accounts with the most open", ("Account", "Findings"), _counted(said.accounts)))
    if said.detections:
        tables.append(Table("Found most often", ("Detection", "New"), _counted(said.detections)))
    if said.silent:
        silent = tuple((one_line(f"{name}, {region}", 100), moment_text(since)) for name, region, since in said.silent)
        left = said.silent_count - len(silent)
        tables.append(
            Table("Silent spokes", ("Account and Region", "Since"), silent, f"and {left} more" if left else "")
        )
    return tables


def _changed(now: int, before: int) -> str:
    return f"{now:,} ({now - before:+,})" if now != before else f"{now:,}"


def _counted(counts: list[tuple[str, int]]) -> tuple[tuple[str, ...], ...]:
    return tuple((one_line(name, 100), f"{count:,}") for name, count in counts)


def _row(one: Old, reader: Reader) -> Row:
    address = f"{reader.dashboard.rstrip('/')}/{finding_address(one.id)}" if reader.dashboard else ""
    place = one_line(" · ".join(part for part in (one.account, one.region, one.resource) if part), 200)
    return Row(one.severity, one_line(one.title, 200), place, f"open since {one.first_seen[:10]}", address)


def _at_least(said: Figures) -> str:
    return "at least " if said.is_cut else ""


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
