"""`muster status`."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from contract.clock import now
from generator.commands.options import CONFIG, ConfigOption, JsonOption
from generator.config import load
from generator.rollout.condition import CURRENT, EXCLUDED, SpokeStatus, statuses
from generator.rollout.session import open_sessions

FAILED = 1
_COLOURS = {CURRENT: "green", EXCLUDED: "dim"}
_UNWELL = "bold red"
# As many lines as one looks through; of more, those that nobody needs to look at are only counted.
_MOST_LINES = 60
AllOption = Annotated[bool, typer.Option("--all", help="List every account and Region, however many.")]


def status(*, config: ConfigOption = CONFIG, everything: AllOption = False, json: JsonOption = False) -> None:
    """Show each account and Region; exit code 1 when anything is not well."""
    settings = load(config)
    with Console(stderr=True).status("Asking the organization, the StackSet and the hub"):
        found = statuses(settings, open_sessions(settings, config.parent), now())
    if json:
        for one in found:
            typer.echo(one.model_dump_json())
    else:
        _show(found, everything=everything)
    if not (found and all(one.is_well for one in found)):
        raise typer.Exit(FAILED)


def _show(found: Sequence[SpokeStatus], *, everything: bool) -> None:
    console = Console(highlight=False)
    is_short = everything or len(found) <= _MOST_LINES
    listed = found if is_short else [one for one in found if not one.is_well]
    table = Table("Account", "Region", "State", "Version", "Detail", box=SIMPLE_HEAD, header_style="bold")
    for one in listed:
        state = f"[{_COLOURS.get(one.state, _UNWELL)}]{one.state}[/]"
        table.add_row(f"{one.account} {one.name}", one.region, state, one.version, one.detail)
    if listed:
        console.print(table)
    counts = Counter(one.state for one in found)
    console.print(", ".join(f"{count} {state}" for state, count in counts.most_common()) or "There are no spokes.")
    if len(listed) < len(found):
        console.print("[dim]`muster status --all` lists those that are well too.[/dim]")
