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

from contract.agent_mends import explained, in_words, last_lines
from contract.agents import LACKING, Action, AgentState, Platform
from contract.clock import now
from contract.spoke_events import AgentStatus
from generator.agents.asking import Asked, ask, assumed, chosen, tagged
from generator.commands.options import CONFIG, ConfigOption, JsonOption, YesOption
from generator.config import Config, load
from generator.problems import BadInputError
from generator.recovery.place import Place, hub_place
from generator.settings.agent import Agent
from generator.shown import printable
from hub.store.accounts import ACTIVE, AccountStore
from hub.store.agents import AgentStore, KnownInstance

FAILED = 1
_LISTED = 20

app = typer.Typer(help="The security agent on instances: who has it, who lacks it and why.", no_args_is_help=True)
AccountsOption = Annotated[list[str] | None, typer.Option("--account", help="Of this account; may be repeated.")]
InstancesOption = Annotated[list[str] | None, typer.Option("--instance", help="This instance; may be repeated.")]
StatesOption = Annotated[
    list[AgentState] | None,
    typer.Option("--state", help="In this state; may be repeated. Of what is gone nothing is kept."),
]
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
    """Say how many instances have the agent, and of each instance its state and why; where it lacks, what to do."""
    choice = _Choice(account or [], instance or [], tag or [], state or [])
    settings = load(config)
    known = _known(settings, config.parent, choice)
    found = _chosen(known, settings, choice)
    if json:
        for one in found:
            typer.echo(msgspec.json.encode(one).decode())
        return
    _show(found, known)


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


_asking(
    Action.INSTALL,
    (*LACKING, AgentState.REMOVED),
    "Install the agent now where it is lacking or was removed; where it runs, it is left alone.",
)
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


class _Known(msgspec.Struct, frozen=True):
    """The hub, the names of the active accounts, and the instances of those that are meant."""

    hub: Place
    accounts: dict[str, str]
    instances: list[KnownInstance]

    def name(self, account: str) -> str:
        """Return an account's name and id."""
        return f"{self.accounts[account]} ({account})" if self.accounts.get(account) else account


def _known(settings: Config, folder: Path, choice: _Choice) -> _Known:
    """Return what the hub knows; `BadInputError` when it does not know an account or instance that is named."""
    hub = hub_place(settings, folder)
    client, table = hub.client("dynamodb"), settings.names.state_table
    accounts = {one.id: one.name for one in AccountStore(client, table).all() if one.status == ACTIVE}
    if unknown := sorted({*choice.accounts} - accounts.keys()):
        raise BadInputError(f"--account: the hub knows no active account {unknown[0]}; `muster status` lists them")
    instances = list(AgentStore(client, table).each(dict.fromkeys(choice.accounts) or accounts, now()))
    if unknown := sorted({*choice.instances} - {one.status.instance for one in instances}):
        raise BadInputError(f"--instance: the hub knows no {unknown[0]} there; `muster agents status` lists them")
    return _Known(hub, accounts, instances)


def _chosen(known: _Known, settings: Config, choice: _Choice) -> list[KnownInstance]:
    """Return which of the known instances are meant."""
    wanted = _tags(choice.tags)
    found = chosen(known.instances, choice.accounts, choice.instances, choice.states)
    return tagged(found, wanted, assumed(known.hub.session, settings.names)) if wanted else found


def _tags(given: Sequence[str]) -> dict[str, str | None]:
    """Return the values of keys; None is any."""
    pairs = [one.partition("=") for one in given]
    if any(not key for key, _, _ in pairs):
        raise BadInputError("--tag: give Key=Value, or Key for any value")
    return {key: value if equals else None for key, equals, value in pairs}


def _ask(action: Action, choice: _Choice, config: Path, *, yes: bool, json: bool) -> None:
    if not (choice.accounts or choice.instances or choice.tags or choice.every):
        raise BadInputError("say which: --instance i-…, --account 444455556666, --tag Team=shop, or --all")
    if json and not yes:
        raise BadInputError("--json asks nobody: give --yes with it")
    settings = load(config)
    _check(settings, action)
    known = _known(settings, config.parent, choice)
    console = Console(stderr=json, highlight=False, soft_wrap=True)
    targets = _with_script(settings.agent, action, _chosen(known, settings, choice), console)
    if not targets:
        console.print("No instance needs it.")
        return
    _announce(console, action, targets, known)
    if not yes:
        typer.confirm(f"{action.capitalize()} on {len(targets)}?", abort=True)
    clients = assumed(known.hub.session, settings.names)
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


def _with_script(
    agent: Agent, action: Action, targets: Sequence[KnownInstance], console: Console
) -> list[KnownInstance]:
    """Return the instances of platforms that a script removes the agent from; say how many others there are."""
    if action is not Action.UNINSTALL:
        return list(targets)
    scripts = {Platform.LINUX: agent.linux_uninstall, Platform.WINDOWS: agent.windows_uninstall}
    without = {one.value for one, script in scripts.items() if not script}
    left = Counter(one.status.platform for one in targets if one.status.platform in without)
    for platform, number in left.items():
        setting = f"agent.{platform.lower()}_uninstall"
        console.print(f"{number} with {platform} left out: {setting} names no script", style="yellow")
    return [one for one in targets if one.status.platform not in without]


def _announce(console: Console, action: Action, targets: Sequence[KnownInstance], known: _Known) -> None:
    for one in targets[:_LISTED]:
        said = one.status
        console.print(printable(f"{action} {_place(one, known)}: {_standing(said)}"), markup=False)
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


def _place(one: KnownInstance, known: _Known) -> str:
    said = one.status
    name = f" ({said.instance_name})" if said.instance_name else ""
    return f"{known.name(said.account)} {said.region} {said.instance}{name}"


def _show(found: Sequence[KnownInstance], known: _Known) -> None:
    console = Console(highlight=False, soft_wrap=True)
    if not known.instances:
        console.print("No instance is known; spokes report them within a day after `agent.enabled` was deployed.")
        return
    if not found:
        console.print(f"None of {len(known.instances)} known instances is meant by these options.")
        return
    table = Table("Account", *(state.capitalize() for state in _SHOWN), box=None, header_style="bold", pad_edge=False)
    by_account: dict[str, Counter[str]] = {}
    for one in found:
        by_account.setdefault(one.status.account, Counter())[one.status.state] += 1
    for account, counts in sorted(by_account.items()):
        table.add_row(known.accounts.get(account) or account, *(str(counts[state] or "·") for state in _SHOWN))
    console.print(table)
    lacking = [one for one in found if one.is_lacking]
    others = [one for one in found if not one.is_lacking]
    for one in (*lacking, *others[:_LISTED]):
        for line in _lines(one, known):
            console.print(printable(line), markup=False, style="dim" if line.startswith(" ") else "")
    if len(others) > _LISTED:
        console.print(f"and {len(others) - _LISTED} more that lack nothing; --json has them all", style="dim")


def _lines(one: KnownInstance, known: _Known) -> list[str]:
    """Return how an instance stands; where something is amiss, what to do and what its script said last."""
    said = one.status
    since = f" since {one.missing_since[:16].replace('T', ' ')} UTC" if one.is_lacking else ""
    first = f"{_place(one, known)}: {_standing(said)}{since}"
    if not (one.is_lacking or said.is_unchanged):
        return [first]
    output = (f"   | {line}" for line in last_lines(said.output))
    return [first, f"   {explained(said.reason, said.details)}", *output]


def _standing(said: AgentStatus) -> str:
    """Return state and reason, and what both say once."""
    why = in_words(said.reason, said.exit_code)
    return why if said.state in why else f"{said.state}, {why}"


_SHOWN = (AgentState.INSTALLED, AgentState.FAILED, AgentState.UNMANAGED, AgentState.EXCLUDED, AgentState.REMOVED)
