"""A backtest's report as a person reads it."""

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.table import Table

from contract.finding import Mode, Severity
from generator.backtest.report import DOLLARS_A_MILLION, BacktestReport, DetectionCount, PlaceCount
from generator.shown import printable

_NUMBERS = frozenset({"Events", "Forwarded", "Findings"})
_MOST_DETECTIONS = 40
_MOST_DAYS = 31
_MOST_ACCOUNTS = 15
_MOST_ACTORS = 3


def show(report: BacktestReport, console: Console) -> None:
    """Print the report."""
    for line in _summary(report):
        console.print(line, markup=False)
    if report.detections:
        console.print(_detections(report.detections))
        console.print(_places("Day", report.days, _latest(report.days)))
        console.print(_places("Account", report.accounts, _loudest(report.accounts)))
    for line in _reservations(report):
        console.print(line, style="dim", markup=False)
    for file, reason in report.files.damages.items():
        console.print(f"Damaged: {printable(file)}: {printable(reason)}", style="red", markup=False)
    # Last, and nothing after it: it is copied from here to the end.
    if report.toml:
        console.print("\nProposed exclusions: read them, write the reasons, then paste them into muster.toml:\n")
        console.print(report.toml, markup=False)


def _reservations(report: BacktestReport) -> Iterator[str]:
    if report.approximate:
        yield ""
    for line in report.approximate:
        yield f"Not exact: {line}."


def _summary(report: BacktestReport) -> Iterator[str]:
    files, events = report.files, report.events
    yield f"{files.read:,} files read, {files.skipped:,} skipped (no logs, other days), {files.damaged:,} damaged"
    times = (
        f", {report.first_event[:19]} to {report.last_event[:19]} UTC"
        if report.first_event and report.last_event
        else ""
    )
    yield f"{events.read:,} events{times}"
    left = {
        "read before": events.repeated,
        "of another time": events.outside,
        "no records of CloudTrail's": events.other,
    }
    if any(left.values()):
        yield "left out: " + ", ".join(f"{count:,} {why}" for why, count in left.items() if count)
    cost = f"${events.forwarding_dollars:,.2f}" if events.forwarding_dollars >= 0.01 else "less than $0.01"
    price = f"EventBridge's ${DOLLARS_A_MILLION:g} per million for events sent to another account's bus"
    yield f"{events.forwarded:,} ({events.forwarded_share:.2%}) would be forwarded to the hub: {cost} at {price}"
    counts = f": {_counts(report.by_severity)} ({_counts(report.by_mode)})" if report.findings else ""
    yield f"{report.findings:,} findings{counts}"


def _counts(counts: Mapping[Severity, int] | Mapping[Mode, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _table(first: str, *headings: str) -> Table:
    table = Table(box=None, pad_edge=False, title=" ", caption_justify="left")
    table.add_column(first, no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right" if heading in _NUMBERS else "left", overflow="fold")
    return table


def _detections(counted: list[DetectionCount]) -> Table:
    table = _table("Detection", "Findings", "Severity", "Noisiest callers")
    for one in counted[:_MOST_DETECTIONS]:
        callers = ", ".join(f"{printable(actor.actor)} {actor.findings:,}" for actor in one.actors[:_MOST_ACTORS])
        excluded = f" (and {one.excluded:,} excluded)" if one.excluded else ""
        mode = "" if one.mode is Mode.LIVE else f", {one.mode}"
        table.add_row(one.detection, f"{one.findings:,}{excluded}", f"{_counts(one.by_severity)}{mode}", callers)
    _say_left(table, len(counted) - _MOST_DETECTIONS)
    return table


def _places(name: str, places: Mapping[str, PlaceCount], chosen: list[str]) -> Table:
    table = _table(name, "Events", "Forwarded", "Findings", "Severity")
    for one in chosen:
        held = places[one]
        row = (f"{held.events:,}", f"{held.forwarded:,}", f"{held.findings:,}", _counts(held.by_severity))
        table.add_row(printable(one) or "unknown", *row)
    _say_left(table, len(places) - len(chosen))
    return table


def _say_left(table: Table, left: int) -> None:
    if left > 0:
        table.caption = f"and {left:,} more: --json has them all"


def _latest(days: Mapping[str, PlaceCount]) -> list[str]:
    return list(days)[-_MOST_DAYS:]


def _loudest(accounts: Mapping[str, PlaceCount]) -> list[str]:
    return sorted(accounts, key=lambda one: (-accounts[one].findings, -accounts[one].events, one))[:_MOST_ACCOUNTS]
