"""The documents of Systems Manager that install and remove the agent: what runs on the instances.

A document looks first whether the agent runs, then downloads the customer's script under the instance's own role, then
runs it if its SHA-256 is the one that was deployed. Source: Systems Manager guide, "Command document plugin reference".
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from troposphere import Sub

from contract.agents import Action, Platform, script_key
from generator.agents.probes import probe
from generator.config import Config
from generator.settings.agent import Agent

Document = dict[str, Any]

# Seconds between the looks for an agent that was just installed, or removed.
PAUSES = (0, 5, 10, 15, 30)
_PROBE_SECONDS = 120
_BODIES = Path(__file__).parent / "bodies"
_PLUGINS = {Platform.LINUX: "aws:runShellScript", Platform.WINDOWS: "aws:runPowerShellScript"}
_SUFFIXES = {Platform.LINUX: "sh", Platform.WINDOWS: "ps1"}
_HASH = {
    "type": "String",
    "description": "The SHA-256 of the script, which is also the folder that it lies in",
    "allowedPattern": "^[0-9a-f]{64}$",
}
_MODE = {
    "type": "String",
    "description": "Whether an agent that runs already is left alone, or the script is run all the same",
    "allowedValues": ["install", "upgrade"],
    "default": "install",
}


def document(config: Config, action: Action) -> Document | None:
    """Return the document that installs the agent or removes it; nothing where there is no script for it."""
    platforms = [one for one in Platform if _has_script(config.agent, action, one)]
    if not platforms:
        return None
    verb = "Removes" if action is Action.UNINSTALL else "Installs"
    return {
        "schemaVersion": "2.2",
        "description": f"{verb} {config.agent.name} by the script of this organization (Muster)",
        "parameters": {"Hash": _HASH, **({} if action is Action.UNINSTALL else {"Mode": _MODE})},
        "mainSteps": [step for one in platforms for step in _steps(config, action, one)],
    }


def body(agent: Agent, action: Action, platform: Platform, pauses: Sequence[int] = PAUSES) -> str:
    """Return what runs when the script is there: `{{ Hash }}` and `{{ Mode }}` stand for the command's parameters."""
    return _text(agent, f"{action}", platform, pauses)


def first_look(agent: Agent, action: Action, platform: Platform) -> str:
    """Return what runs before anything is downloaded; it ends the document where there is nothing to do."""
    return _text(agent, f"running.{action}", platform, ())


def _text(agent: Agent, name: str, platform: Platform, pauses: Sequence[int]) -> str:
    suffix = _SUFFIXES[platform]
    whole = "\n".join((_BODIES / f"{one}.{suffix}").read_text(encoding="utf-8") for one in ("beginning", name))
    separator = " " if platform is Platform.LINUX else ", "
    return whole.replace("@PAUSES@", separator.join(map(str, pauses))).replace("@PROBE@", probe(agent, platform))


def _has_script(agent: Agent, action: Action, platform: Platform) -> bool:
    return bool(getattr(agent, f"{platform.lower()}_{action}"))


def _steps(config: Config, action: Action, platform: Platform) -> list[dict[str, Any]]:
    agent, name = config.agent, platform.lower()
    return [
        _script_step(f"running_{name}", platform, first_look(agent, action, platform), _PROBE_SECONDS),
        _step(f"download_{name}", "aws:downloadContent", platform, {**_source(config, platform), "onFailure": "exit"}),
        _script_step(f"{action}_{name}", platform, body(agent, action, platform), agent.install_minutes * 60),
    ]


def _script_step(name: str, platform: Platform, text: str, seconds: int) -> dict[str, Any]:
    inputs = {"timeoutSeconds": str(seconds), "runCommand": text.splitlines()}
    return _step(name, _PLUGINS[platform], platform, inputs)


def _step(name: str, plugin: str, platform: Platform, inputs: dict[str, Any]) -> dict[str, Any]:
    only = {"StringEquals": ["platformType", platform.value]}
    return {"action": plugin, "name": name, "precondition": only, "inputs": inputs}


def _source(config: Config, platform: Platform) -> dict[str, Any]:
    """Return where a script comes from: the Region's own bucket and no other, whoever sends the command."""
    bucket = config.names.artefact_bucket(config.aws.hub_account, "${AWS::Region}")
    key = script_key("{{ Hash }}", platform)
    path = f"https://{bucket}.s3.${{AWS::Region}}.${{AWS::URLSuffix}}/{key}"
    return {"sourceType": "S3", "sourceInfo": Sub(f'{{"path":"{path}"}}')}
