"""`muster replay` and `muster redrive`."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from contract.clock import now
from generator.commands.options import CONFIG, ConfigOption, JsonOption, YesOption
from generator.config import Config, load
from generator.dead_letters import Kind
from generator.problems import BadInputError, ProblemError
from generator.recovery.letters import Outcome
from generator.recovery.moments import Interval, interval
from generator.recovery.place import Place, hub_place, spoke_places
from generator.recovery.redrive import Waiting, known_queues, waiting
from generator.recovery.redrive import redrive as redriven
from generator.recovery.replay import COMPLETED, Replay, follow, start
from generator.shown import printable

FAILED = 1
_POLL_SECONDS = 2.0
# EventBridge guide, "Archiving and replaying events": an event may take this long into the archive.
_ARCHIVED_MINUTES = 10
_MOST_NAMED = 3

SinceOption = Annotated[str, typer.Option("--since", help="First event: ISO 8601 (without an offset: UTC) or 2h, 3d.")]
UntilOption = Annotated[str | None, typer.Option("--until", help="Up to here, as --since; now when left out.")]
QueueOption = Annotated[list[str] | None, typer.Option("--queue", help="Only this dead-letter queue; repeatable.")]
PlanOption = Annotated[bool, typer.Option("--plan", help="List the queues, move nothing.")]
AccountOption = Annotated[
    str | None, typer.Option("--account", help="The queues of this account's spokes in place of the hub's.")
]
RegionOption = Annotated[str | None, typer.Option("--region", help="With --account: only in this Region.")]
ProfileOption = Annotated[str, typer.Option("--profile", help="With --account: that account's AWS profile.")]


class StoppedError(ProblemError):
    """Somebody stopped looking at what goes on; the text says how to end it."""

    exit_code = 130


def replay(
    *,
    since: SinceOption,
    until: UntilOption = None,
    config: ConfigOption = CONFIG,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Send archived events to the detector again: what it finds is stored and told once, however often it sees it."""
    settings, moment = load(config), now()
    asked = interval(since, until, moment, settings.findings.event_archive_days)
    hub = hub_place(settings, config.parent)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if (moment - asked.until).total_seconds() < _ARCHIVED_MINUTES * 60:
        console.print(f"What happened in the last {_ARCHIVED_MINUTES} minutes may not be in the archive yet.")
    if not yes:
        typer.confirm(f"Replay {asked} to the detector?", abort=True, err=json)
    events = hub.client("events")
    name = start(events, settings.names, asked, moment)
    ended = _followed(events, name, asked, console)
    typer.echo(ended.model_dump_json() if json else f"replay {name}: {ended.state} {ended.reason}".rstrip())
    if ended.state != COMPLETED:
        raise typer.Exit(FAILED)


def _followed(events: Any, name: str, asked: Interval, console: Console) -> Replay:
    try:
        with _bar(console) as bar:
            task = bar.add_task(f"Replaying {asked}", total=1.0)
            for one in follow(events, name, _POLL_SECONDS):
                bar.update(task, completed=1.0 if one.state == COMPLETED else asked.share(one.last_replayed))
    except KeyboardInterrupt as error:
        raise StoppedError(
            f"stopped looking; replay {name} goes on. `aws events cancel-replay --replay-name {name}` cancels it"
        ) from error
    return one


class QueueReport(BaseModel):
    """A dead-letter queue and what became of its messages.

    `left`: message id → why it stays; without an id, why the queue could not go on.
    """

    account: str
    region: str
    queue: str
    kind: str
    messages: int
    redriven: int = 0
    left: dict[str, str] = {}


def redrive(  # noqa: PLR0913 - the options of a command
    *,
    queue: QueueOption = None,
    plan: PlanOption = False,
    account: AccountOption = None,
    region: RegionOption = None,
    profile: ProfileOption = "",
    config: ConfigOption = CONFIG,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Give what lies in dead-letter queues another chance; mend the cause first."""
    settings = load(config)
    if not account and (region or profile):
        raise BadInputError("--account: --region and --profile are of an account's spokes; name the account")
    queues = known_queues(settings, queue or (), of_spoke=bool(account))
    hub = hub_place(settings, config.parent)
    places = spoke_places(settings, config.parent, account, region, profile) if account else [hub]
    found = [one for place in places for one in waiting(queues, place)]
    full = [one for one in found if one.messages and not plan]
    if not json:
        _show(found)
    if full and not yes:
        typer.confirm(f"Redrive {sum(one.messages for one in full)} message(s)?", abort=True, err=json)
    outcomes = _redriven(full, hub, settings)
    for one in found if json else full:
        report = _report(one, outcomes.get(one.arn, Outcome()))
        typer.echo(report.model_dump_json() if json else "\n".join(_said(report)))
    if any(outcome.left for outcome in outcomes.values()):
        raise typer.Exit(FAILED)


def _show(found: Sequence[Waiting]) -> None:
    table = Table("Account", "Region", "Queue", "Kind", "Messages")
    for one in found:
        table.add_row(one.place.account, one.place.region, one.queue.name, one.queue.kind, str(one.messages))
    Console(highlight=False).print(table)


def _redriven(full: Sequence[Waiting], hub: Place, settings: Config) -> dict[str, Outcome]:
    """Return each queue's outcome, by its ARN; what arrives from now on is left for another time."""
    started, outcomes = now(), {}
    with _bar(Console(stderr=True)) as bar:
        for one in full:
            task = bar.add_task(one.queue.name, total=one.messages)
            try:
                for outcome in redriven(one, hub, settings, started):
                    bar.update(task, completed=outcome.redriven + len(outcome.left))
                    outcomes[one.arn] = outcome
            except KeyboardInterrupt as error:
                raise StoppedError(_stopped(one)) from error
    return outcomes


def _stopped(one: Waiting) -> str:
    if one.queue.kind is not Kind.WORK:
        return "stopped; what was not redriven yet is still in its queue"
    return (
        f"stopped looking; SQS goes on with {one.queue.name}. `aws sqs list-message-move-tasks --source-arn {one.arn}` "
        "shows the handle with which `aws sqs cancel-message-move-task` cancels it"
    )


def _report(one: Waiting, outcome: Outcome) -> QueueReport:
    return QueueReport(
        account=one.place.account,
        region=one.place.region,
        queue=one.queue.name,
        kind=one.queue.kind,
        messages=one.messages,
        redriven=outcome.redriven,
        left={left.message: printable(left.reason) for left in outcome.left},
    )


def _said(report: QueueReport) -> Iterator[str]:
    """Yield the lines about a queue: what was redriven, and each reason with the first messages that it keeps."""
    yield f"{report.region} {report.queue}: {report.redriven} redriven"
    by_reason = defaultdict(list)
    for message, reason in report.left.items():
        by_reason[reason].append(message)
    for reason, messages in by_reason.items():
        named = f"message {', '.join(messages[:_MOST_NAMED])}" if messages[0] else "stopped"
        more = f" and {len(messages) - _MOST_NAMED} more" if len(messages) > _MOST_NAMED else ""
        yield f"  left: {named}{more}: {reason}"


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), console=console
    )
