"""`muster tags`: what the taggers made of what was created, and what is past its date."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from hub.store.accounts import AccountStore
from hub.store.coverage_of_tags import Share, TagCoverage, coverage_of
from hub.store.retention import RetentionStore
from hub.store.retention_overview import RetentionOverview, overview_of
from hub.store.tagging import KEPT, TaggingStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

app = typer.Typer(
    help="What was created, by whom, what stayed untagged, and what is past its date.", no_args_is_help=True
)
_LINES = 15


@app.callback()
def _tags() -> None:
    """What was created, by whom, what stayed untagged, and what is past its date."""


@app.command()
def coverage(
    *,
    days: Annotated[int, typer.Option("--days", min=1, max=KEPT.days, help="The window, back from now.")] = 7,
    account: Annotated[str | None, typer.Option("--account", help="One account only.")] = None,
    config: ConfigOption = CONFIG,
    json: JsonOption = False,
) -> None:
    """Say what was created in the window and by whom, and what could not be tagged and why."""
    client, table = _state(config)
    known = _known(client, table, account)
    since = now() - timedelta(days=days)
    store = TaggingStore(client, table)
    results = (one for each in ([account] if account else known) for one in store.of(each, since))
    found = coverage_of(results, iso(since))
    if json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    _print(found, days)


@app.command()
def retention(
    *,
    account: Annotated[str | None, typer.Option("--account", help="One account only.")] = None,
    config: ConfigOption = CONFIG,
    json: JsonOption = False,
) -> None:
    """Say how many images and snapshots are past their date, which, what they cost, and what could not be done."""
    client, table = _state(config)
    _known(client, table, account)
    found = overview_of(RetentionStore(client, table).each(), now(), frozenset([account] if account else ()))
    if json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    _print_retention(found)


def _state(config: Path) -> tuple["DynamoDBClient", str]:
    settings = load(config)
    hub = hub_place(settings, config.parent)
    return hub.client("dynamodb"), settings.names.state_table


def _known(client: "DynamoDBClient", table: str, account: str | None) -> list[str]:
    """Return the ids of the accounts that the hub knows; `BadInputError` when it does not know this one."""
    known = [one.id for one in AccountStore(client, table).all()]
    if account and account not in known:
        raise BadInputError(f"--account: the hub knows no account {account}")
    return known


def _print_retention(found: RetentionOverview) -> None:
    console = Console(highlight=False, soft_wrap=True)
    if not found.regions:
        console.print("No spoke has reported a run over its images and snapshots yet; the first comes within a day")
        return
    console.print(
        f"{found.due:,} of {found.images + found.snapshots:,} images and snapshots are past their date: "
        f"{found.due_gib:,.0f} GiB, at most ${found.due_cost:,.2f} a month"
    )
    if found.deleted:
        console.print(f"the last runs deleted {found.deleted}, which saves at most ${found.saved:,.2f} a month")
    table = Table("Account", "Region", "Kept", "Past", "GiB", "$ a month", "Expiry", box=None, header_style="bold")
    for one in found.regions[:_LINES]:
        kept = str(one.images + one.snapshots)
        numbers = (kept, str(one.due), f"{one.due_gib:,.0f}", f"{one.due_cost:,.2f}")
        table.add_row(one.account, one.region, *numbers, one.mode or "off")
    console.print(table)
    for one in found.regions[:_LINES]:
        where = f"{one.account} {one.region}"
        for backup in one.examples[:_LINES]:
            size = f", {backup.gib:g} GiB" if backup.gib else ""
            stays = f"; it stays: {backup.kept}" if backup.kept else ""
            console.print(f"{where}: {backup.id} was to go on {backup.delete_on}{size}{stays}", style="dim")
        if len(one.examples) > _LINES or one.due > len(one.examples):
            console.print(f"{where}: {one.due - min(len(one.examples), _LINES):,} more past their date", style="dim")
        said = [f"{where}: {count} stay: {reason}" for reason, count in sorted(one.kept.items())]
        said += [] if one.is_whole else [f"{where}: the last run looked at a part, its time was up"]
        said += [f"{where}: {one.unreadable} have a tag that nobody understands"] if one.unreadable else []
        said += [f"{where}: the last run failed: {error}" for error in one.errors]
        said += [f"{where}: {failure.id}: {failure.reason}" for failure in one.failures]
        for line in said:
            console.print(printable(line), markup=False)
    if len(found.regions) > _LINES:
        console.print(f"{len(found.regions) - _LINES} more: --json has them all", style="dim")


def _print(found: TagCoverage, days: int) -> None:
    console = Console(highlight=False, soft_wrap=True)
    created = found.tagged + found.untagged
    console.print(f"{found.tagged:,} of {created:,} resources of the last {days} days have their creator's tag")
    if found.lag_seconds:
        half, most = found.lag_seconds
        console.print(f"half of them within {half:g} s of the call, 95 % within {most:g} s")
    for title, shares in (("Creator", found.by_creator), ("API call", found.by_call), ("Account", found.by_account)):
        if shares:
            console.print(_table(title, shares))
        if len(shares) > _LINES:
            console.print(f"{len(shares) - _LINES} more: --json has them all", style="dim")
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
