"""`muster archive query` and `muster archive restore`."""

from datetime import date
from json import dumps
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from contract.archive import folder_of
from contract.clock import now
from contract.names import Names
from dashboard.archive.asking import Answer, ArchiveError, ask_athena, ask_bucket, ask_files, files_of
from dashboard.archive.question import QuestionError
from dashboard.archive.saved import SAVED
from generator.archive.restoring import restore as restored
from generator.commands.options import CONFIG, ConfigOption, JsonOption
from generator.config import load
from generator.problems import BadInputError, ProblemError
from generator.recovery.place import Place, hub_place
from generator.settings.aws import Target
from generator.shown import printable
from hub.store.findings import FindingStore

app = typer.Typer(help="Ask archived findings in SQL, or bring a day back.", no_args_is_help=True)
_SAVED = {one.title: one.sql for one in SAVED}

FolderOption = Annotated[
    Path | None, typer.Option("--folder", help="Ask copies in this folder (it holds findings/), without AWS.")
]


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help=f"SQL over the table findings, or one of: {', '.join(_SAVED)}.")],
    *,
    folder: FolderOption = None,
    config: ConfigOption = CONFIG,
    json: JsonOption = False,
) -> None:
    """Ask the archive; Athena answers on AWS, DuckDB from copies of the files elsewhere."""
    question = _SAVED.get(sql, sql)
    try:
        answer = ask_files(question, folder) if folder else _asked(question, config)
    except QuestionError as error:
        raise BadInputError(str(error)) from error
    except ArchiveError as error:
        raise ProblemError(str(error)) from error
    if json:
        for row in answer.rows:
            typer.echo(dumps(dict(zip(answer.columns, row, strict=True)), default=str))
        return
    Console().print(_table(answer))


@app.command()
def restore(
    day: Annotated[str, typer.Argument(help="The day of its folder in the archive, such as 2027-02-18.")],
    *,
    config: ConfigOption = CONFIG,
    json: JsonOption = False,
) -> None:
    """Put a day's archived findings back into the hub's table, for 14 days."""
    try:
        wanted = date.fromisoformat(day).isoformat()
    except ValueError as error:
        raise BadInputError(f"{day} is no day; write it as 2027-02-18") from error
    settings = load(config)
    hub = hub_place(settings, config.parent)
    bucket, table = _bucket(hub, settings.names), settings.names.findings_table
    files = files_of(hub.client("s3"), bucket, folder_of(wanted))
    came, present = restored(files, FindingStore(hub.client("dynamodb"), table), now())
    if not came + present:
        raise ProblemError(f"the archive has no findings of {wanted}; `muster archive query` says which days it has")
    if json:
        typer.echo(dumps({"restored": came, "present": present}))
        return
    typer.echo(f"{came} findings of {wanted} are back for 14 days, {present} were still there")


def _asked(sql: str, config: Path) -> Answer:
    settings = load(config)
    hub = hub_place(settings, config.parent)
    bucket = _bucket(hub, settings.names)
    if settings.aws.target is Target.HOST:
        return ask_bucket(sql, hub.client("s3"), bucket)
    return ask_athena(sql, hub.client("athena"), settings.names.archive_database)


def _bucket(hub: Place, names: Names) -> str:
    (stack,) = hub.client("cloudformation").describe_stacks(StackName=names.hub_stack)["Stacks"]
    outputs: dict[str, Any] = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", ())}
    if "ArchiveBucketName" not in outputs:
        raise ProblemError(f"stack {names.hub_stack} has no archive; set archive.enabled and run `muster deploy`")
    return str(outputs["ArchiveBucketName"])


def _table(answer: Answer) -> Table:
    table = Table(*answer.columns, box=None, header_style="bold", pad_edge=False)
    for row in answer.rows:
        table.add_row(*(printable("" if value is None else str(value)) for value in row))
    return table
