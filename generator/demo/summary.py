"""The demo's report as a person reads it in a terminal."""

from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from contract.finding import Severity
from generator.demo.report import AccountRow, Backups, DemoReport

COLOURS = {
    Severity.CRITICAL: "bold magenta",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFORMATIONAL: "dim",
}
_MOST_ROWS = 15
_SHORT = {Severity.CRITICAL: "CRIT", Severity.MEDIUM: "MED", Severity.INFORMATIONAL: "INFO"}


def print_summary(console: Console, report: DemoReport, outbox: str) -> None:
    """Print the table of accounts, the totals, and what was lost, if anything."""
    console.print(_accounts(report))
    console.print(Panel(Group(*_lines(report, outbox)), title="Demo", title_align="left", expand=False))


def _accounts(report: DemoReport) -> Table:
    table = Table(title="What came of the recorded events", title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    table.add_column("Account", no_wrap=True)
    for severity in reversed(Severity):
        label = _SHORT.get(severity, severity.value)
        table.add_column(label, justify="right", style=COLOURS[severity], no_wrap=True)
    table.add_column("Tags", justify="right", style="green", no_wrap=True)
    table.add_column("Mails", justify="right", no_wrap=True)
    for row in _shown(report.rows):
        counts = [str(row.by_severity.get(severity, 0) or "·") for severity in reversed(Severity)]
        place = Text.assemble(row.name, "\n", (row.ou_path.removeprefix("Root/"), "dim"))
        table.add_row(place, *counts, str(row.tags or "·"), str(row.emails or "·"))
    return table


def _shown(rows: list[AccountRow]) -> list[AccountRow]:
    """Return the rows that fit a screen: the accounts with the most findings, in their order."""
    most = sorted(rows, key=lambda row: sum(row.by_severity.values()), reverse=True)[:_MOST_ROWS]
    return [row for row in rows if row in most]


def _lines(report: DemoReport, outbox: str) -> list[RenderableType]:
    current = report.stack_instances.get("CURRENT", 0)
    total = sum(report.stack_instances.values())
    unshown = max(len(report.rows) - _MOST_ROWS, 0)
    lines: list[RenderableType] = [
        *(
            [f"The table shows the {_MOST_ROWS} accounts with the most findings, and not {unshown} others"]
            if unshown
            else []
        ),
        f"{report.accounts} accounts with the hub's, {current} of {total} stack instances current",
        f"{report.events.replayed} events replayed, {report.events.forwarded} forwarded to the hub",
        f"{report.findings.total} findings, {report.tags} resources tagged with their creator, {report.emails} emails",
        f"{report.agents.installed} instances with the security agent, {report.agents.failed} that lack it",
        _backups(report.backups),
        f"{report.dead_letters} messages in dead-letter queues, {report.seconds:.0f} s in all",
        f"Emails to open: {outbox}",
        f"Commands work on it: muster agents status --config {Path(outbox).parent / 'muster.toml'}",
    ]
    if not report.problems:
        return [*lines, Text("Nothing was lost.", style="bold green")]
    return [*lines, *(Text(f"lost: {problem}", style="bold red") for problem in report.problems)]


def _backups(found: Backups) -> str:
    past = f"{found.past_date} past their date, ${found.dollars_a_month:,.2f} a month"
    return f"{found.kept} images and snapshots, {past}"
