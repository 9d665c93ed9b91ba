"""`muster agents`: which instances have the security agent, and asking for it by hand."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from contract.agent_mends import explained
from contract.agents import LACKING, Action, AgentState
from contract.clock import now
from generator.agents.asking import Asked, ask, assumed, chosen, tagged
from generator.commands.options import CONFIG, ConfigOption, JsonOption, YesOption
from generator.config import Config, load
from generator.problems import BadInputError
from generator.recovery.place import hub_place
from generator.shown import printable
from hub.store.accounts import ACTIVE, AccountStore
from hub.store.agents import AgentStore, KnownInstance

FAILED = 1
_LISTED = 20

app = typer.Typer(help="The security agent on instances: who has it, who lacks it and why.", no_args_is_help=True)
AccountsOption = Annotated[list[str] | None, typer.Option("--account", help="Of this account; may be repeated.")]
InstancesOption = Annotated[list[str] | None, typer.Option("--instance", help="This instance; may be repeated.")]
StatesOption = Annotated[list[AgentState] | None, typer.Option("--state", help="In this state; may be repeated.")]
TagsOption = Annotated[
    list[str] | None,
    typer.Option("--tag", help="Running with this tag, Key=Value or Key; may be repeated: with all of them."),
]
AllOption = Annotated[bool, typer.Option("--all", help="Every instance that the hub knows of.")]


@app.command()
def status(  # noqa: PLR0913 - the options of the command
    *,
    account: AccountsOption = None,
    instance: InstancesOption = None,
    tag: TagsOption = None,
    state: StatesOption = None,
    config: ConfigOption = CONFIG,
    json: JsonOption = False,
) -> None:
    """Say how many instances have the agent, and of each that lacks it why, and what to do."""
    choice = _Choice(account or [], instance or [], tag or [], state or [])
    found = _chosen(load(config), config.parent, choice)
    if json:
        for one in found:
            typer.echo(msgspec.json.encode(one).decode())
        return
    _show(found)


def _asking(action: Action, states: Sequence[AgentState], words: str) -> None:
    """Add the command that asks for something: of instances in these states, unless they are named."""

    @app.command(action.value, help=words)
    def asked(  # noqa: PLR0913 - the options of the command
        *,
        account: AccountsOption = None,
        instance: InstancesOption = None,
        tag: TagsOption = None,
        every: AllOption = False,
        config: ConfigOption = CONFIG,
        yes: YesOption = False,
        json: JsonOption = False,
    ) -> None:
        choice = _Choice(account or [], instance or [], tag or [], [] if instance else list(states), every=every)
        _ask(action, choice, config, yes=yes, json=json)


_asking(Action.INSTALL, LACKING, "Install the agent now where it is lacking; where it runs, it is left alone.")
_asking(Action.UPGRADE, (AgentState.INSTALLED,), "Run the script that installs, also where the agent runs.")
_asking(
    Action.UNINSTALL,
    (AgentState.INSTALLED,),
    "Remove the agent. The next sweep installs it again unless its instance is excluded first.",
)


class _Choice(msgspec.Struct, frozen=True):
    accounts: list[str]
    instances: list[str]
    tags: list[str]
    states: list[AgentState]
    every: bool = False


def _chosen(settings: Config, folder: Path, choice: _Choice) -> list[KnownInstance]:
    """Return what is meant, of all instances that the hub knows."""
    wanted = _tags(choice.tags)
    hub = hub_place(settings, folder)
    client, table = hub.client("dynamodb"), settings.names.state_table
    accounts = [one.id for one in AccountStore(client, table).all() if one.status == ACTIVE]
    found = chosen(AgentStore(client, table).each(accounts, now()), choice.accounts, choice.instances, choice.states)
    return tagged(found, wanted, assumed(hub.session, settings.names)) if wanted else found


def _tags(given: Sequence[str]) -> dict[str, str | None]:
    """Return the values of keys; None is any."""
    pairs = [one.partition("=") for one in given]
    if any(not key for key, _, _ in pairs):
        raise BadInputError("--tag: give Key=Value, or Key for any value")
    return {key: value if equals else None for key, equals, value in pairs}


def _ask(action: Action, choice: _Choice, config: Path, *, yes: bool, json: bool) -> None:
    if not (choice.accounts or choice.instances or choice.tags or choice.every):
        raise BadInputError("say which: --instance i-…, --account 444455556666, --tag Team=shop, or --all")
    settings = load(config)
    _check(settings, action)
    targets = _chosen(settings, config.parent, choice)
    console = Console(stderr=json, highlight=False)
    if unknown := sorted({*choice.instances} - {one.status.instance for one in targets}):
        raise BadInputError(f"--instance: the hub knows no {unknown[0]} there; `muster agents status` lists them")
    if not targets:
        console.print("No instance needs it.")
        return
    _announce(console, action, targets)
    if not yes:
        typer.confirm(f"{action.capitalize()} on {len(targets)}?", abort=True, err=json)
    clients = assumed(hub_place(settings, config.parent).session, settings.names)
    done: list[Asked] = []
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("Asking", total=len(targets))
        for one in ask(targets, action, settings.names, clients):
            done.append(one)
            progress.advance(task)
    _tell(console, done, json=json)


def _check(settings: Config, action: Action) -> None:
    agent = settings.agent
    if not agent.enabled:
        raise BadInputError("agent.enabled is false; set it in muster.toml and deploy")
    if action is Action.UNINSTALL and not (agent.linux_uninstall or agent.windows_uninstall):
        raise BadInputError("agent.linux_uninstall: name the script that removes the agent, and deploy")


def _announce(console: Console, action: Action, targets: Sequence[KnownInstance]) -> None:
    for one in targets[:_LISTED]:
        said = one.status
        name = f" ({said.instance_name})" if said.instance_name else ""
        console.print(printable(f"{action} {said.account} {said.region} {said.instance}{name}"), markup=False)
    if len(targets) > _LISTED:
        console.print(f"and {len(targets) - _LISTED} more")


def _tell(console: Console, done: Sequence[Asked], *, json: bool) -> None:
    if json:
        for one in done:
            typer.echo(msgspec.json.encode(one).decode())
    failed = [one for one in done if one.failure]
    for one in failed:
        console.print(printable(f"{one.account} {one.region} {one.instance}: {one.failure}"), markup=False, style="red")
    console.print(f"{len(done) - len(failed)} asked for; `muster agents status` shows in a minute what came of it")
    if failed:
        raise typer.Exit(FAILED)


def _show(found: Sequence[KnownInstance]) -> None:
    console = Console(highlight=False)
    if not found:
        console.print("No instance is known; spokes report them within a day after `agent.enabled` was deployed.")
        return
    table = Table("Account", *(state.capitalize() for state in _SHOWN), box=None, header_style="bold", pad_edge=False)
    by_account: dict[str, Counter[str]] = {}
    for one in found:
        by_account.setdefault(one.status.account, Counter())[one.status.state] += 1
    for account, counts in sorted(by_account.items()):
        table.add_row(account, *(str(counts[state] or "·") for state in _SHOWN))
    console.print(table)
    for one in (one for one in found if one.is_lacking):
        said = one.status
        name = f" ({said.instance_name})" if said.instance_name else ""
        place = f"{said.account} {said.region} {said.instance}{name}"
        console.print(
            printable(f"{place}: {said.reason.replace('_', ' ')} since {one.missing_since[:16]}"), markup=False
        )
        console.print(printable(f"   {explained(said.reason, said.details)}"), markup=False, style="dim")


_SHOWN = (AgentState.INSTALLED, AgentState.FAILED, AgentState.UNMANAGED, AgentState.EXCLUDED, AgentState.REMOVED)
