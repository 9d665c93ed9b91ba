"""Writes what a rollout needs: templates, the guardrail, function packages, and the manifest that lists them."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from pydantic import BaseModel
from troposphere import Template

from contract.names import VERSION
from generator.agents.scripts import Script, Scripts
from generator.artefacts_stack import artefacts_stack
from generator.config import Config, Target
from generator.dashboard_stack import dashboard_stack
from generator.deployed import written_deployed
from generator.forwarding_share import RuleReport, rule_reports
from generator.functions import FUNCTIONS, HUB_FUNCTIONS, SPOKE_FUNCTIONS, Function
from generator.guardrail import FILE as GUARDRAIL_FILE
from generator.guardrail import guardrail, written
from generator.hub_stack import hub_stack
from generator.management_stack import management_stack
from generator.package import Package, Packer
from generator.routing import written_channels, written_routing
from generator.spoke_stack import spoke_stack
from generator.watching import configured_rules, detection_settings
from generator.web_stack import web_stack


class TextFile(BaseModel):
    """A written template or policy; `path` is below the manifest's folder."""

    path: str
    bytes: int
    sha256: str


class FunctionFile(BaseModel):
    """A written package; `key` is where it lies in the artefact buckets, `regions` where it is needed."""

    path: str
    key: str
    bytes: int
    unzipped_bytes: int
    sha256: str
    regions: tuple[str, ...]


class ScriptFile(BaseModel):
    """A script of the agent; `key` is where it lies in every artefact bucket."""

    path: str
    key: str
    bytes: int
    sha256: str


class Manifest(BaseModel):
    """What was generated, for whom."""

    version: str
    target: Target
    organization: str
    hub_account: str
    home_region: str
    regions: tuple[str, ...]
    templates: dict[str, TextFile]
    policies: dict[str, TextFile]
    functions: dict[str, FunctionFile]
    rules: tuple[RuleReport, ...]
    scripts: dict[str, ScriptFile] = {}


def generate(  # noqa: PLR0913 - what is written, and how
    config: Config,
    target: str,
    out_dir: Path,
    *,
    scripts: Scripts = (),
    python: Path | None = None,
    bytecode: bool = True,
) -> Manifest:
    """Write `<out_dir>/<target>/` and return its manifest; the same input gives the same bytes.

    `scripts` are the agent's; `python` compiles the bytecode where the running interpreter is of another version than
    the functions' runtime.
    Raises `PackageError` when a package cannot be built, `TemplateError` when a template cannot be rendered,
    `GuardrailError` when the policy would be too long.
    """
    packer = Packer(config, Target(target), out_dir / "cache", python=python, bytecode=bytecode)
    packages = {what.name: packer.package(what, tuning(config, what)) for what in FUNCTIONS}
    folder = out_dir / target
    folder.mkdir(parents=True, exist_ok=True)
    rendered = templates(config, {name: package.key for name, package in packages.items()}, scripts)
    _forget(folder, rendered)
    manifest = Manifest(
        version=VERSION,
        target=Target(target),
        organization=config.organization.id,
        hub_account=config.aws.hub_account,
        home_region=config.aws.home_region,
        regions=config.regions,
        templates={name: _write_text(folder, f"{name}.template.json", body) for name, body in rendered.items()},
        policies={"guardrail": _write_text(folder, GUARDRAIL_FILE, written(guardrail(config)))},
        rules=rule_reports(configured_rules(config)),
        functions={name: _write_package(folder, package, _regions(config, name)) for name, package in packages.items()},
        scripts={f"{one.action} on {one.platform}": _write_script(folder, one) for one in scripts},
    )
    (folder / "manifest.json").write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return manifest


def templates(config: Config, artefacts: Mapping[str, str], scripts: Scripts = ()) -> dict[str, str]:
    """Return every template as minified JSON, by its stack's short name; `artefacts`: function → S3 key."""
    stacks = {
        "hub": hub_stack(config, artefacts),
        "spoke": spoke_stack(config, artefacts, scripts),
        "artefacts": artefacts_stack(config),
        "management": management_stack(config),
        **({"dashboard": dashboard_stack(config)} if config.web.hosting else {}),
        **({"web": web_stack(config)} if config.web.cdn else {}),
    }
    return {name: minified(template) for name, template in stacks.items()}


def minified(template: Template) -> str:
    """Return a template in as few bytes as JSON allows: CloudFormation counts them."""
    return json.dumps(template.to_dict(), separators=(",", ":"), sort_keys=True)


def tuning(config: Config, what: Function) -> dict[str, bytes]:
    """Return the generated files of a function's package: what is too long for an environment."""
    return {path: json.dumps(GENERATED[path](config), sort_keys=True).encode() for path in what.generated}


def _overrides(config: Config) -> list[dict[str, Any]]:
    """Return each override with what it says, and nothing of what it leaves to the others."""
    place = {"accounts", "ous"}
    return [
        {
            **one.model_dump(mode="json", include=place),
            "settings": one.model_dump(mode="json", exclude=place, exclude_unset=True),
        }
        for one in config.overrides
    ]


def _scope(config: Config) -> dict[str, Any]:
    return dict(msgspec.to_builtins(config.scope))


GENERATED: Mapping[str, Callable[[Config], Any]] = {
    "hub/deployed.json": written_deployed,
    "hub/overrides.json": _overrides,
    "hub/scope.json": _scope,
    "hub/settings.json": detection_settings,
    "hub/channels/channels.json": written_channels,
    "hub/digest/settings.json": lambda config: config.digests.written(config.findings.sla_days),
    "hub/notifier/routes.json": written_routing,
    "hub/suppressions.json": lambda config: [one.written() for one in config.suppressions],
}


def _regions(config: Config, function: str) -> tuple[str, ...]:
    in_hub = function in {what.name for what in HUB_FUNCTIONS} - {what.name for what in SPOKE_FUNCTIONS}
    return (config.aws.home_region,) if in_hub else config.regions


def _forget(folder: Path, rendered: Mapping[str, str]) -> None:
    """Remove what an earlier run wrote of a part that is off now."""
    for path in folder.glob("*.template.json"):
        if path.name.partition(".")[0] not in rendered:
            path.unlink()


def _write_text(folder: Path, name: str, body: str) -> TextFile:
    path = folder / name
    path.write_text(body, encoding="utf-8")
    return TextFile(path=path.name, bytes=len(body.encode()), sha256=hashlib.sha256(body.encode()).hexdigest())


def _write_script(folder: Path, script: Script) -> ScriptFile:
    path = folder / script.key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(script.body)
    return ScriptFile(path=script.key, key=script.key, bytes=len(script.body), sha256=script.digest)


def _write_package(folder: Path, package: Package, regions: tuple[str, ...]) -> FunctionFile:
    path = folder / "functions" / f"{package.function}.zip"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(package.body)
    return FunctionFile(
        path=f"functions/{path.name}",
        key=package.key,
        bytes=len(package.body),
        unzipped_bytes=package.unzipped,
        sha256=package.digest,
        regions=regions,
    )
