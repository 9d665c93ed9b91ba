"""`muster tags`: what the taggers made of what was created."""

from datetime import timedelta
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from contract.clock import iso, now
from generator.commands.options import CONFIG, ConfigOption, JsonOption
from generator.config import load
from generator.problems import BadInputError
from generator.recovery.place import hub_place
from generator.shown import printable
from hub.coverage_of_tags import Share, TagCoverage, coverage_of
from hub.store.accounts import AccountStore
from hub.store.tagging import KEPT, TaggingStore

app = typer.Typer(help="What was created, by whom, and what stayed untagged.", no_args_is_help=True)
_LINES = 15


@app.callback()
def _tags() -> None:
    """What was created, by whom, and what stayed untagged."""


@app.command()
def coverage(
    *,
    days: Annotated[int, typer.Option("--days", min=1, max=KEPT.days, help="The window, back from now.")] = 7,
    account: Annotated[str | None, typer.Option("--account", help="One account only.")] = None,
    config: ConfigOption = CONFIG,
    json: JsonOption = False,
) -> None:
    """Say what was created in the window and by whom, and what could not be tagged and why."""
    settings = load(config)
    hub = hub_place(settings, config.parent)
    client, table = hub.client("dynamodb"), settings.names.state_table
    known = [one.id for one in AccountStore(client, table).all()]
    if account and account not in known:
        raise BadInputError(f"--account: the hub knows no account {account}")
    since = now() - timedelta(days=days)
    store = TaggingStore(client, table)
    results = (one for each in ([account] if account else known) for one in store.of(each, since))
    found = coverage_of(results, iso(since))
    if json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    _print(found, days)


def _print(found: TagCoverage, days: int) -> None:
    console = Console(highlight=False)
    console.print(f"{found.tagged} resources of the last {days} days have their creator's tag, {found.untagged} not")
    if found.lag_seconds:
        half, most = found.lag_seconds
        console.print(f"half of them within {half:g} s of the call, 95 % within {most:g} s")
    for title, shares in (("Creator", found.by_creator), ("API call", found.by_call), ("Account", found.by_account)):
        if shares:
            console.print(_table(title, shares))
    for gap in found.gaps[:_LINES]:
        console.print(printable(f"{gap.resources} of {gap.api_call}: {gap.reason}"), markup=False)
        for arn in gap.examples:
            console.print(printable(f"   {arn}"), markup=False, style="dim")
    if len(found.gaps) > _LINES:
        console.print(f"{len(found.gaps) - _LINES} more reasons: --json has them all", style="dim")


def _table(title: str, shares: tuple[Share, ...]) -> Table:
    table = Table(title, "Tagged", "Not", box=None, header_style="bold", pad_edge=False)
    for one in shares[:_LINES]:
        table.add_row(printable(one.name), str(one.tagged), str(one.untagged))
    return table
