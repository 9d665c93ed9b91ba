"""`muster delegate`: the one command for the management account."""

import json as jsonlib
from collections.abc import Iterable
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from generator.commands.options import CONFIG, ConfigOption, JsonOption
from generator.config import load
from generator.delegation.given import delegated, undelegated
from generator.delegation.printed import commands
from generator.rollout.session import management_session
from generator.rollout.step import Step

FAILED = 1
_MARKS = {"done": "[green]✓[/green]", "taken back": "[green]✓[/green]", "failed": "[red]✗[/red]"}

PrintOption = Annotated[bool, typer.Option("--print", help="Show the AWS CLI's commands instead; nothing is called.")]
UndoOption = Annotated[bool, typer.Option("--undo", help="Take back what is Muster's.")]


def delegate(
    *,
    config: ConfigOption = CONFIG,
    only_print: PrintOption = False,
    undo: UndoOption = False,
    json: JsonOption = False,
) -> None:
    """Let the hub account roll out to the organization and read it; run with the management account's credentials."""
    settings = load(config)
    if only_print:
        _show(commands(settings, undo=undo), json=json)
        return
    session = management_session(settings, config.parent)
    steps = undelegated(settings, session) if undo else delegated(settings, session)
    if any([_tell(step, json=json) for step in steps]):  # noqa: C419 - every step is told, also after a failed one
        raise typer.Exit(FAILED)


def _show(found: Iterable[tuple[str, str]], *, json: bool) -> None:
    for what, command in found:
        typer.echo(jsonlib.dumps({"what": what, "command": command}) if json else f"# {what}\n{command}")


def _tell(step: Step, *, json: bool) -> bool:
    if json:
        typer.echo(msgspec.json.encode(step).decode())
    else:
        console = Console(highlight=False, soft_wrap=True)
        console.print(_MARKS.get(step.state, "-"), end=" ")
        console.print(f"{step.what}: {step.state} {step.detail}".rstrip(), markup=False)
    return step.is_failure
