"""`muster status`."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

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
_LONGEST_NAME = 28
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
    if listed:
        console.print(_table(listed))
    for line in _totals(found):
        console.print(line)
    if len(listed) < len(found):
        console.print("[dim]`muster status --all` lists those that are well too.[/dim]")


def _table(listed: Sequence[SpokeStatus]) -> Table:
    """Return a row for each account, or for each of its Regions where they differ."""
    table = Table(box=SIMPLE_HEAD, header_style="bold")
    table.add_column("Account", no_wrap=True)
    table.add_column("State", no_wrap=True)
    table.add_column("Regions and reason", overflow="fold")
    rows: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for one in listed:
        rows[one.account, one.name, one.state, one.detail].append(one.region)
    for (account, name, state, detail), regions in rows.items():
        where = f"{', '.join(regions)}{': ' if detail else ''}{detail}"
        table.add_row(f"{account} {name[:_LONGEST_NAME]}", Text(state, _COLOURS.get(state, _UNWELL)), Text(where))
    return table


def _totals(found: Sequence[SpokeStatus]) -> Iterator[str]:
    states = Counter(one.state for one in found)
    yield ", ".join(f"{count} {state}" for state, count in states.most_common()) or "There are no spokes."
    versions = Counter(one.version for one in found if one.version)
    if len(versions) > 1:
        yield f"Versions: {', '.join(f'{count} with {version}' for version, count in versions.most_common())}"
