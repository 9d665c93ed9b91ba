"""`muster route test`."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from contract.clock import now
from generator.commands.options import CONFIG, ConfigOption, JsonOption, KeyOption, OrgOption
from generator.config import Config, load
from generator.deployment import Deployment, chosen_deployment
from generator.problems import BadInputError, ProblemError
from generator.reading import read_items
from generator.recovery.place import hub_place
from generator.route_test import Routed, Unroutable, routed, routed_events
from generator.shown import printable
from hub.store.accounts import AccountStore
from hub.store.findings import FindingStore

app = typer.Typer(help="Say who hears of what.", no_args_is_help=True)

# Findings' ids are digests; what has a dot, a slash or a hyphen at its beginning is a path.
_ID = re.compile(r"[0-9a-f]{16,64}")

AtOption = Annotated[
    str | None, typer.Option("--at", metavar="<time>", help="As if it were then, such as 2026-11-20T22:00Z.")
]


@app.callback()
def _route() -> None:
    """Say who hears of what."""


@app.command("test")
def try_routes(  # noqa: PLR0913 - the options of a command
    what: Annotated[list[str], typer.Argument(help="Files of events (- is standard input), or a finding's id.")],
    *,
    key: KeyOption = None,
    org: OrgOption = None,
    at: AtOption = None,
    config: ConfigOption = CONFIG,
    json: JsonOption = False,
) -> None:
    """Show who would get what, and why; nothing is sent.

    Events are judged here, without AWS; --org gives accounts' names, units and tags, which routes may ask for. A
    finding's id asks the deployed hub.
    """
    moment = _moment(at) if at else None
    if len(what) == 1 and _ID.fullmatch(what[0]) and not Path(what[0]).exists():
        answers: list[Routed | Unroutable] = [_stored(what[0], load(config), config, moment or now())]
    else:
        deployment = _with_owners(chosen_deployment(config, org), load(config))
        answers = list(routed_events(read_items(what, key), deployment, moment))
    if json:
        for one in answers:
            typer.echo(one.model_dump_json())
    else:
        _show(answers)
    if all(isinstance(one, Unroutable) for one in answers) and answers:
        raise BadInputError("no item could be read")


def _stored(finding_id: str, settings: Config, config: Path, moment: datetime) -> Routed:
    hub = hub_place(settings, config.parent)
    client, names = hub.client("dynamodb"), settings.names
    finding = FindingStore(client, names.findings_table).get(finding_id)
    if finding is None:
        raise ProblemError(f"the hub has no finding {finding_id}")
    account = AccountStore(client, names.state_table).get(finding.account)
    deployment = chosen_deployment(config)
    known = {account.id: account} if account else {}
    return routed(finding, msgspec.structs.replace(deployment, accounts=known), moment)


def _with_owners(deployment: Deployment, settings: Config) -> Deployment:
    """Return the deployment whose accounts have the owners that their tags name."""
    tag = settings.organization.owner_tag
    owned = {
        name: msgspec.structs.replace(one, owner=one.owner or one.tags.get(tag, ""))
        for name, one in deployment.accounts.items()
    }
    return msgspec.structs.replace(deployment, accounts=owned)


def _show(answers: list[Routed | Unroutable]) -> None:
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    for one in answers:
        if isinstance(one, Unroutable):
            console.print(f"{one.place}: error: {printable(one.error)}", style="red", markup=False)
            continue
        head = f"{one.severity} {one.title} ({one.detection}, account {one.account})"
        console.print(printable(head), style="bold", markup=False)
        for line, style in _lines(one):
            console.print(f"   {printable(line)}", style=style, markup=False)
    if not answers:
        console.print("no finding in these events: nobody would hear of them; `muster explain` says why")


def _lines(one: Routed) -> list[tuple[str, str]]:
    if one.untold_because:
        return [(f"nobody hears of it: {one.untold_because}", "yellow")]
    told = [(f"{said.target} hears of it: route {said.route}: {said.why}", "") for said in one.answers if said.target]
    not_told = [(f"route {said.route}: {said.why}", "dim") for said in one.answers if not said.target]
    late = one.escalates_after_minutes
    again = [(f"escalates after {late} minutes unless somebody acknowledges it", "")] if late else []
    nobody = [] if told else [("nobody hears of it", "yellow")]
    return [*nobody, *told, *again, *not_told]


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInputError(f"--at: {text} is no time; write it as 2026-11-20T22:00Z") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
