"""`muster doctor`: whether everything that Muster needs is there."""

from collections.abc import Iterable, Iterator
from functools import cache

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from generator.commands.options import CONFIG, ConfigOption, JsonOption
from generator.config import load
from generator.doctor.diagnosis import Diagnosis, Hub, State
from generator.doctor.examination import CHECKS, examined
from generator.rollout.session import hub_session

FAILED = 1
_MARKS = {State.WELL: ("✓", "green"), State.WARNING: ("!", "yellow"), State.FAILED: ("✗", "red")}
_WIDTH = max(map(len, CHECKS)) + 2


def doctor(*, config: ConfigOption = CONFIG, json: JsonOption = False) -> None:
    """Check every prerequisite, before or after a rollout, and say how to mend what is not well; exit code 1 then."""
    settings = load(config)
    hub = Hub(settings, cache(hub_session(settings, config.parent).client))
    states = []
    console = Console(highlight=False)
    for one in _watched(examined(hub)):
        states.append(one.state)
        if json:
            typer.echo(one.model_dump_json())
        else:
            _show(console, one)
    if not json:
        console.print(_summary(states))
    if State.FAILED in states:
        raise typer.Exit(FAILED)


def _watched(found: Iterable[Diagnosis]) -> Iterator[Diagnosis]:
    """Show on standard error how far it is."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Looking", total=len(CHECKS))
        for one in found:
            progress.advance(task)
            yield one


def _show(console: Console, one: Diagnosis) -> None:
    mark, colour = _MARKS[one.state]
    rows = Table.grid(expand=True)
    rows.add_column(width=2)
    rows.add_column(width=_WIDTH)
    rows.add_column(ratio=1)
    rows.add_row(Text(mark, colour), Text(one.name, "bold"), Text(one.detail))
    if one.mend:
        rows.add_row("", "", Text.assemble(("→ ", "cyan"), one.mend))
    console.print(rows)


def _summary(states: list[State]) -> Text:
    failed, warnings = states.count(State.FAILED), states.count(State.WARNING)
    if failed:
        return Text(f"{failed} of {len(states)} checks failed, {warnings} warn.", "red")
    return Text(f"Nothing stands in the way; {warnings} of {len(states)} checks warn.", "green")
