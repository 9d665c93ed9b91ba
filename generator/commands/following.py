"""Shows a rollout while it works: a line a step, a bar for what takes long."""

from collections.abc import Iterable

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from generator.rollout.step import Event, Step
from generator.rollout.step import Progress as Reached

_COLOURS = {"failed": "bold red", "unchanged": "dim", "absent": "dim", "kept": "yellow", "abandoned": "yellow"}


def follow(events: Iterable[Event], *, json: bool) -> bool:
    """Show each event as it comes, with `json` one object a step; return whether no step failed."""
    try:
        return _printed(events) if json else _shown(events)
    except KeyboardInterrupt:
        typer.echo("Stopped looking: what CloudFormation is at goes on. Run the command again to finish.", err=True)
        raise


def _printed(events: Iterable[Event]) -> bool:
    well = True
    for one in events:
        if isinstance(one, Step):
            well = well and not one.is_failure
            typer.echo(msgspec.json.encode(one).decode())
    return well


def _shown(events: Iterable[Event]) -> bool:
    well, tasks = True, dict[str, TaskID]()
    console = Console(highlight=False, soft_wrap=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        for one in events:
            if isinstance(one, Reached):
                if one.what not in tasks:
                    tasks[one.what] = progress.add_task(one.what, total=one.total)
                progress.update(tasks[one.what], completed=one.done, total=one.total)
                continue
            for task in tasks.values():
                progress.remove_task(task)
            tasks.clear()
            well = well and not one.is_failure
            detail = f", {one.detail}" if one.detail else ""
            console.print(f"{one.what}: {one.state}{detail}", style=_COLOURS.get(one.state), markup=False)
    return well
