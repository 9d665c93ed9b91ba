"""`muster generate`, `plan`, `deploy`, `uninstall`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from contract.clock import now
from generator.agents.scripts import load_scripts
from generator.commands.following import follow
from generator.commands.options import CONFIG, ConfigOption, JsonOption, YesOption
from generator.commands.planning import show_plan
from generator.config import Config, Target, load
from generator.generate import Manifest
from generator.generate import generate as generated
from generator.pattern import ENABLED
from generator.rollout import removal
from generator.rollout.apply import deploy as deployed
from generator.rollout.comparison import changes
from generator.rollout.session import open_sessions
from generator.routing import silences

BUILD = Path("build")
_TAKES = {
    "sign-in": "every sign-in",
    "any-call": "calls told by other fields than their name",
    "read-only": "reads that detections name",
    "filtered": "changes of which the fields say whether they matter",
    "attempts": "changes, also refused ones",
    "calls": "changes that were done, packed by service",
    "native": "what other AWS services find",
}
_WORDS = """\
What is off is in none of them. Golden events: the share that the rule takes of the recorded events (tests/events) that
fire a detection; several rules may take one. How many of your events they would forward, `muster backtest` says.
"""
FAILED, CHANGED = 1, 3
TargetOption = Annotated[Target | None, typer.Option("--target", help="In place of aws.target of the settings.")]
PythonOption = Annotated[Path | None, typer.Option("--python", help="An interpreter of the functions' version.")]
PlanOption = Annotated[bool, typer.Option("--plan", help="Only list what would go and what would stay.")]
AbandonOption = Annotated[
    list[str] | None, typer.Option("--abandon", help="Leave this account's spokes behind, such as a closed one's.")
]


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
        settings = _loaded(config)
        scripts = load_scripts(settings.agent, config.parent)
        chosen = target or settings.aws.target
        manifest = generated(settings, chosen, BUILD, scripts=scripts, python=python, bytecode=not no_bytecode)
    if json:
        typer.echo(manifest.model_dump_json())
    else:
        _show(console, manifest)


def _loaded(path: Path) -> Config:
    """Return the settings; say what of them holds no more, and what they leave to nobody."""
    settings = load(path)
    for line in (*settings.expired(now().date()), *silences(settings)):
        Console(stderr=True, soft_wrap=True, highlight=False).print(f"warning: {path}: {line}", markup=False)
    return settings


def _show(console: Console, manifest: Manifest) -> None:
    table = Table("File", "Bytes", "Unzipped", title=f"build/{manifest.target}/", title_justify="left")
    for template in [*manifest.templates.values(), *manifest.policies.values()]:
        table.add_row(template.path, f"{template.bytes:,}", "")
    for function in manifest.functions.values():
        table.add_row(function.path, f"{function.bytes:,}", f"{function.unzipped_bytes:,}")
    for script in manifest.scripts.values():
        table.add_row(script.path, f"{script.bytes:,}", "")
    console.print(table)
    console.print(_rules(manifest))
    console.print(_WORDS, style="dim", soft_wrap=True)


def _rules(manifest: Manifest) -> Table:
    """Return what each spoke's alert rules are; a golden event may go by several of them."""
    table = Table("Alert rule", "Takes", "Characters", "Golden events", "Also reads", title_justify="left")
    table.title = f"Forwarded by each spoke: {len(manifest.rules)} rules"
    for rule in manifest.rules:
        share = "unknown" if rule.share is None else f"{rule.share:.1%}"
        reads = "yes" if rule.state != ENABLED else ""
        table.add_row(rule.name, takes(rule.name), f"{rule.characters:,}", share, reads)
    return table


def takes(rule: str) -> str:
    """Return what an alert rule is for, by its name (`calls-3`)."""
    return _TAKES[rule.rstrip("-0123456789")]


def plan(*, config: ConfigOption = CONFIG, json: JsonOption = False) -> None:
    """Show what deploy would change; exit code 3 when there is something."""
    settings = _loaded(config)
    with Console(stderr=True).status("Comparing what is generated with what is deployed"):
        generated(settings, settings.aws.target, BUILD, scripts=load_scripts(settings.agent, config.parent))
        found = changes(settings, BUILD / settings.aws.target, open_sessions(settings, config.parent))
    if json:
        for one in found:
            typer.echo(one.model_dump_json())
    else:
        show_plan(found)
    if found:
        raise typer.Exit(CHANGED)


def deploy(*, config: ConfigOption = CONFIG, yes: YesOption = False, json: JsonOption = False) -> None:
    """Roll out: artefacts in each Region, the hub, then the spokes wave by wave. Safe to run again."""
    settings = _loaded(config)
    with Console(stderr=True).status("Packaging the functions"):
        scripts = load_scripts(settings.agent, config.parent)
        manifest = generated(settings, settings.aws.target, BUILD, scripts=scripts)
    folder, sessions = BUILD / settings.aws.target, open_sessions(settings, config.parent)
    if not yes:
        found = changes(settings, folder, sessions)
        show_plan(found)
        if not found:
            return
        where = f"hub {settings.aws.hub_account} in {settings.aws.home_region}, spokes in {', '.join(settings.regions)}"
        typer.confirm(f"Roll out to organization {settings.organization.id}: {where}?", abort=True)
    if not follow(deployed(settings, manifest, folder, sessions), json=json):
        raise typer.Exit(FAILED)


def uninstall(
    *,
    config: ConfigOption = CONFIG,
    plan: PlanOption = False,
    abandon: AbandonOption = None,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Remove the spokes, then the hub; what is data stays and is named. Safe to run again."""
    settings = load(config)
    sessions = open_sessions(settings, config.parent)
    if plan or not yes:
        for one in removal.removals(settings, sessions):
            typer.echo(one.model_dump_json() if json else f"{one.action:6} {one.what}: {one.why}")
    if plan:
        return
    if not yes:
        typer.confirm(f"Remove Muster from organization {settings.organization.id}?", abort=True)
    if not follow(removal.uninstall(settings, sessions, abandon or ()), json=json):
        raise typer.Exit(FAILED)
