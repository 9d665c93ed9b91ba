"""`muster notify test`."""

import json as jsonlib
from typing import Annotated

import typer
from botocore.config import Config
from rich.console import Console

from generator.commands.options import CONFIG, ConfigOption, JsonOption
from generator.config import load
from generator.functions import SENDER
from generator.problems import BadInputError, ProblemError
from generator.recovery.place import hub_place
from generator.routing import channels_of, used_channels
from generator.shown import printable

app = typer.Typer(help="Try how people are told.", no_args_is_help=True)


@app.callback()
def _notify() -> None:
    """Try how people are told."""


@app.command("test")
def try_channels(
    channels: Annotated[list[str] | None, typer.Argument(help="Names of channels; none: all that routes use.")] = None,
    *,
    config: ConfigOption = CONFIG,
    json: JsonOption = False,
) -> None:
    """Send a marked test through the deployed hub's channels, and say which took it; exit code 1 if one did not."""
    settings = load(config)
    known = channels_of(settings)
    wanted = channels or used_channels(settings)
    if unknown := [one for one in wanted if one not in known]:
        raise BadInputError(f"there is no channel {unknown[0]}; there are {', '.join(sorted(known))}")
    hub = hub_place(settings, config.parent)
    # Asked again, the sender would test again.
    patient = Config(read_timeout=SENDER.timeout + 10, retries={"total_max_attempts": 1})
    answer = hub.session.client("lambda", config=patient).invoke(
        FunctionName=SENDER.full_name(settings.names), Payload=jsonlib.dumps({"test": wanted}).encode()
    )
    said = jsonlib.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise ProblemError(f"the sender failed: {said.get('errorMessage', said)}; its log says more")
    if json:
        typer.echo(jsonlib.dumps([{"channel": name, "error": why or None} for name, why in said.items()]))
    else:
        _show(said)
    if any(said.values()):
        raise typer.Exit(ProblemError.exit_code)


def _show(said: dict[str, str]) -> None:
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    for name, why in said.items():
        if why:
            console.print(f"✗ {name}: {printable(why)}", style="red", markup=False)
        else:
            console.print(f"✓ {name} took it", style="green", markup=False)
