"""`muster init`: the first `muster.toml`."""

import os
import shutil
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from generator.commands.options import CONFIG
from generator.config import Config, Trail
from generator.first_settings.answers import Answers, Place, nested
from generator.first_settings.completion import PROFILE, completed
from generator.problems import BadInputError
from generator.settings.written import commented

_INTRODUCTION = (
    "Settings of Muster, begun by `muster init`. Every setting is here: a line that begins with # and no space shows "
    "its default, or an example in a table that is off; take the # away to change it."
)


def init(  # noqa: PLR0913 - an option for each question
    *,
    output: Annotated[Path, typer.Option("--output", help="The file to write.")] = CONFIG,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; take what AWS tells, else defaults.")] = False,
    profile: Annotated[str, typer.Option("--profile", help="Profile of the hub account.")] = "",
    organization_id: Annotated[str, typer.Option("--organization-id", help="The organization's id.")] = "",
    root: Annotated[str, typer.Option("--root", help="Its root's id: spokes in every account.")] = "",
    ou: Annotated[list[str] | None, typer.Option("--ou", help="A unit whose accounts get a spoke; repeatable.")] = None,
    management_account: Annotated[str, typer.Option("--management-account", help="The management account.")] = "",
    hub_account: Annotated[str, typer.Option("--hub-account", help="The account of the hub.")] = "",
    home_region: Annotated[str, typer.Option("--home-region", help="The Region of the hub.")] = "",
    region: Annotated[list[str] | None, typer.Option("--region", help="A Region of spokes; repeatable.")] = None,
    sender: Annotated[str, typer.Option("--sender", help="Sender of emails, verified in SES.")] = "",
    recipient: Annotated[list[str] | None, typer.Option("--recipient", help="Who gets them; repeatable.")] = None,
    trail: Annotated[Trail | None, typer.Option("--trail", help="The trail to make.")] = None,
) -> None:
    """Ask for what a first rollout needs, and write a commented muster.toml.

    --yes asks nothing: it takes the options, else what AWS tells, else the defaults.
    """
    _check_output(output, force=force)
    options: dict[Place, Any] = {
        PROFILE: profile,
        ("organization", "id"): organization_id,
        ("organization", "root"): root,
        ("organization", "ous"): ou,
        ("organization", "management_account"): management_account,
        ("aws", "hub_account"): hub_account,
        ("aws", "home_region"): home_region,
        ("aws", "regions"): region,
        ("channels", "email", "sender"): sender,
        ("channels", "email", "recipients"): recipient,
        ("spoke", "trail"): trail and str(trail),
    }
    answers = {path: value for path, value in options.items() if value}
    console = Console(highlight=False)
    _write(output, completed(console, answers, asks=not yes), force=force)
    _tell_next(console, output)


def _check_output(output: Path, *, force: bool) -> None:
    """Raise `BadInputError` before anything is asked when the file could not be written."""
    if output.is_file() and not force:
        raise BadInputError(f"{output} exists already; --force writes over it, --output takes another file")
    if not output.parent.is_dir():
        raise BadInputError(f"{output}: there is no folder {output.parent}; make it first")
    if output.is_dir() or not os.access(output if output.is_file() else output.parent, os.W_OK):
        raise BadInputError(f"{output} cannot be written; --output takes another file")


def _write(output: Path, answers: Answers, *, force: bool) -> None:
    text = commented(Config, nested(answers), _INTRODUCTION)
    with output.open("w" if force else "x", encoding="utf-8") as file:
        file.write(text)


def _tell_next(console: Console, output: Path) -> None:
    muster = "muster" if shutil.which("muster") else ".venv/bin/muster"
    config, variable = ("", "") if output == CONFIG else (f" --config {output}", f" CONFIG={output}")
    console.print(f"\nWrote {output}. What to do next:", markup=False)
    steps = {
        f"{muster} delegate{config}": "once, with credentials of the management account",
        f"{muster} doctor{config}": "what is missing in AWS, and how to mend it",
        f"make generate{variable}": "templates and packages, to read first",
        f"make plan{variable}": "what a rollout would change",
        f"make deploy{variable}": "the rollout",
    }
    width = max(map(len, steps))
    for command, what in steps.items():
        console.print(f"  {command:{width}}  {what}", markup=False)
