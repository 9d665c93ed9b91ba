"""`muster local`: the emulated organization, on its own."""

import json as jsonlib
import signal
import threading
from typing import Annotated

import typer
from rich.console import Console

from generator.commands.options import AccountsOption, JsonOption, KeyOption, PortOption
from generator.demo.recorded import recorded, replay
from generator.local.files import running
from generator.local.organization import LocalOrganization
from generator.local.process import start, stop
from generator.reading import InputError

DEFAULT_PORT = 4566

app = typer.Typer(help="The emulated organization on this machine.", no_args_is_help=True)


@app.command()
def up(  # noqa: PLR0913 - how it differs from the usual one
    *,
    accounts: AccountsOption = 5,
    port: PortOption = DEFAULT_PORT,
    bare: Annotated[bool, typer.Option("--bare", help="Nothing is delegated yet: try `muster delegate`.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Leave it running in the background.")] = False,
    no_trail: Annotated[
        bool, typer.Option("--no-trail", help="An organization whose API calls no trail logs.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Start the organization; without --detach it runs until Ctrl-C."""
    organization = start(accounts, port, detached=detach, bare=bare, trail=not no_trail)
    if json:
        typer.echo(jsonlib.dumps({"endpoint": organization.endpoint, "config": str(organization.config.resolve())}))
    else:
        _show(organization)
    if not detach:
        _wait_for_signal()
        stop(organization)


def _show(organization: LocalOrganization) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"Organization {organization.id} at {organization.endpoint}")
    for account in organization.members:
        console.print(f"  {account.id} {account.name} ({account.ou_path})", markup=False)
    console.print(f"Settings: {organization.config}")
    console.print(f"Profiles: AWS_CONFIG_FILE={organization.folder}/aws-config AWS_PROFILE=hub")


def _wait_for_signal() -> None:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()


@app.command()
def down() -> None:
    """Stop the organization that runs in the background."""
    stop(running())


@app.command()
def events(
    paths: Annotated[list[str], typer.Argument(help="Files or directories of recorded events.")],
    *,
    key: KeyOption = None,
) -> None:
    """Put recorded events on the buses of the accounts that they belong to."""
    organization = running()
    items, failures = recorded(paths, key)
    account_map: dict[str, str] = {}
    sent = 0
    for answer in replay(organization, items):
        account_map |= answer["accounts"]
        failures += [f"{one['event'].get('id')}: {one['error']}" for one in answer["items"] if one["error"]]
        sent += sum(not one["error"] for one in answer["items"])
    for foreign, member in account_map.items():
        typer.echo(f"account {foreign} plays as {member}")
    typer.echo(f"{sent} event(s) injected")
    if failures:
        more = f"; and {len(failures) - 1} more" if len(failures) > 1 else ""
        raise InputError(f"not injected: {failures[0]}{more}")
