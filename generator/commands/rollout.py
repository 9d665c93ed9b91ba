"""`muster generate`, `plan`, `deploy`, `status`."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from contract.clock import now
from generator.commands.options import CONFIG, ConfigOption, JsonOption, YesOption
from generator.config import Target, load
from generator.generate import Manifest
from generator.generate import generate as generated
from generator.rollout.apply import deploy as deployed
from generator.rollout.comparison import changes
from generator.rollout.condition import statuses
from generator.rollout.session import hub_session

BUILD = Path("build")
FAILED, CHANGED = 1, 3
TargetOption = Annotated[Target | None, typer.Option("--target", help="In place of aws.target of the settings.")]
PythonOption = Annotated[Path | None, typer.Option("--python", help="An interpreter of the functions' version.")]


def generate(
    *,
    config: ConfigOption = CONFIG,
    target: TargetOption = None,
    python: PythonOption = None,
    no_bytecode: Annotated[bool, typer.Option("--no-bytecode", help="Leave out the .pyc files.")] = False,
    json: JsonOption = False,
) -> None:
    """Write templates, function packages and manifest.json to build/<target>/."""
    console = Console(stderr=json, highlight=False)
    with console.status("Packaging the functions"):
        settings = load(config)
        manifest = generated(settings, target or settings.aws.target, BUILD, python=python, bytecode=not no_bytecode)
    if json:
        typer.echo(manifest.model_dump_json())
    else:
        _show(console, manifest)


def _show(console: Console, manifest: Manifest) -> None:
    table = Table("File", "Bytes", "Unzipped", title=f"build/{manifest.target}/", title_justify="left")
    for template in [*manifest.templates.values(), *manifest.policies.values()]:
        table.add_row(template.path, f"{template.bytes:,}", "")
    for function in manifest.functions.values():
        table.add_row(function.path, f"{function.bytes:,}", f"{function.unzipped_bytes:,}")
    console.print(table)


def plan(*, config: ConfigOption = CONFIG, json: JsonOption = False) -> None:
    """Show what deploy would change; exit code 3 when there is something."""
    settings = load(config)
    generated(settings, settings.aws.target, BUILD)
    found = changes(settings, BUILD / settings.aws.target, hub_session(settings, config.parent))
    for one in found:
        typer.echo(one.model_dump_json() if json else f"{one.action:7} {one.what} {one.detail}".rstrip())
    if found:
        raise typer.Exit(CHANGED)
    if not json:
        typer.echo("Nothing would change.")


def deploy(*, config: ConfigOption = CONFIG, yes: YesOption = False, json: JsonOption = False) -> None:
    """Roll out: artefacts in each Region, the hub, then the spokes. Safe to run again."""
    settings = load(config)
    manifest = generated(settings, settings.aws.target, BUILD)
    folder, session = BUILD / settings.aws.target, hub_session(settings, config.parent)
    if not yes:
        for one in changes(settings, folder, session):
            if one.action == "remove":
                typer.echo(f"{one.action:7} {one.what}")
        where = f"hub {settings.aws.hub_account} in {settings.aws.home_region}, spokes in {', '.join(settings.regions)}"
        typer.confirm(f"Roll out to organization {settings.organization.id}: {where}?", abort=True)
    failed = False
    for step in deployed(settings, manifest, folder, session):
        failed = failed or step.is_failure
        if json:
            typer.echo(msgspec.json.encode(step).decode())
        else:
            typer.echo(f"{step.what}: {step.state} {step.detail}".rstrip())
    if failed:
        raise typer.Exit(FAILED)


def status(*, config: ConfigOption = CONFIG, json: JsonOption = False) -> None:
    """Show each account and Region; exit code 1 when anything is not well."""
    settings = load(config)
    found = statuses(settings, hub_session(settings, config.parent), now())
    for one in found:
        typer.echo(
            one.model_dump_json() if json else f"{one.account} {one.region:15} {one.state} {one.detail}".rstrip()
        )
    if not (found and all(one.is_well for one in found)):
        raise typer.Exit(FAILED)
