"""`muster backtest`: the catalogue over a CloudTrail history."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from contract.clock import now
from generator.backtest.history import S3, File, Period, files
from generator.backtest.report import report_of
from generator.backtest.run import Run
from generator.backtest.words import show
from generator.commands.options import JsonOption, KeyOption, OptionalConfigOption, OrgOption
from generator.config import load
from generator.deployment import chosen_deployment
from generator.problems import BadInputError
from generator.recovery.moments import moment
from generator.rollout.session import hub_session

FAILED, STOPPED = 1, 130
# A bar that moves with every event costs more than the events do.
_EVENTS_A_STEP = 1_000

FromOption = Annotated[
    str | None, typer.Option("--from", help="First event: ISO 8601 (without an offset: UTC) or 30d, 2w.")
]
ToOption = Annotated[str | None, typer.Option("--to", help="Up to before this, as --from.")]
ProfileOption = Annotated[
    str | None, typer.Option("--profile", help="AWS profile that may read the bucket; else aws.profile of --config.")
]


def backtest(  # noqa: PLR0913 - the options of a command
    paths: Annotated[list[str], typer.Argument(help="Files, directories (recursively), s3://bucket/prefix.")],
    *,
    key: KeyOption = None,
    since: FromOption = None,
    until: ToOption = None,
    org: OrgOption = None,
    config: OptionalConfigOption = None,
    profile: ProfileOption = None,
    json: JsonOption = False,
) -> None:
    """Say what the catalogue would have found in a CloudTrail history, how loud it is, and what to exclude."""
    deployment = chosen_deployment(config, org)
    run = Run(deployment, _period(since, until), key)
    client = cache(lambda: _s3(config, profile))
    console = Console(stderr=True)
    is_shown = console.is_terminal and not json
    # A bucket of millions of files takes minutes to list: behind its bar no end is known.
    is_local = not any(one.startswith(S3) for one in paths)
    total = sum(1 for _ in files(paths, client)) if is_shown and is_local else None
    is_whole = _follow(run, files(paths, client), total, console, is_shown=is_shown)
    report = report_of(run)
    if json:
        typer.echo(report.model_dump_json())
    else:
        show(report, Console(highlight=False, soft_wrap=True, emoji=False))
    if not is_whole:
        console.print("stopped: this is what was read until then", style="yellow")
        raise typer.Exit(STOPPED)
    if report.files.damaged:
        raise typer.Exit(FAILED)


def _follow(run: Run, history: Iterable[File], total: int | None, console: Console, *, is_shown: bool) -> bool:
    """Read the history, behind a bar of files and events if it is to be shown; its total may be unknown.

    Return whether it was read to its end: Ctrl-C ends the reading only, what was found until then is told.
    """
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    try:
        with Progress(*columns, console=console, transient=True, disable=not is_shown) as bar:
            task = bar.add_task("Reading", total=total)
            for step, reached in enumerate(run.read(history)):
                if step % _EVENTS_A_STEP == 0:
                    told = f"{reached.events:,} events"
                    bar.update(task, completed=reached.files + reached.skipped, description=told)
    except KeyboardInterrupt:
        return False
    return True


def _period(since: str | None, until: str | None) -> Period:
    present = now()
    begin = moment(since, present, "--from") if since else None
    end = moment(until, present, "--to") if until else None
    if begin and end and begin >= end:
        raise BadInputError(f"--to: {until} is not after --from {since}; give a later time")
    return Period(begin, end)


def _s3(config: Path | None, profile: str | None) -> Any:
    """Return a client of the profile, else of the settings' one, else of the usual credentials."""
    if config and not profile:
        session = hub_session(load(config), config.parent)
    else:
        session = boto3.Session(profile_name=profile)
    if session.get_credentials() is None:
        raise BadInputError(
            "no AWS credentials to read the bucket with; give --profile, or AWS_PROFILE, of an account that may, often "
            "the log archive's"
        )
    return session.client("s3")
