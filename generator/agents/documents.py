"""The Command documents that install, upgrade and remove the agent: what is sent to instances, and nothing secret.

Source: Systems Manager user guide, "Command document plugin reference".
"""

from pathlib import Path
from typing import Any

from contract.agents import SCRIPTS_FOLDER, Action, Platform
from generator.agents.probes import probe
from generator.config import Config
from generator.settings.agent import Agent, Kind
from spoke.agent_installer.outcome import DOWNLOAD

_BODIES = Path(__file__).parent
_SHELLS = {Platform.LINUX: ("aws:runShellScript", "sh"), Platform.WINDOWS: ("aws:runPowerShellScript", "ps1")}
# What vendors' scripts cannot do without.
_TOOLS = {Kind.TREND: "curl", Kind.OTHER: ""}
_DOWNLOADED = "script"


def install_document(config: Config) -> dict[str, Any]:
    """Return the document that installs the agent where it does not run, or upgrades it wherever it is."""
    action = {
        "type": "String",
        "description": "install leaves an agent alone that runs; upgrade runs the script whatever is there",
        "allowedValues": [Action.INSTALL.value, Action.UPGRADE.value],
        "default": Action.INSTALL.value,
    }
    return _document(config, "install", f"Installs {config.agent.name}", {"Action": action})


def uninstall_document(config: Config) -> dict[str, Any]:
    """Return the document that removes the agent."""
    return _document(config, "uninstall", f"Removes {config.agent.name}", {})


def body(agent: Agent, what: str, platform: Platform) -> str:
    """Return what runs on an instance of a platform: `install` or `uninstall`; the document fills in the rest."""
    text = (_BODIES / f"{platform.lower()}_{what}.{_SHELLS[platform][1]}").read_text(encoding="utf-8")
    own = {"{{ probe }}": probe(agent, platform).rstrip("\n"), "{{ tools }}": _TOOLS[agent.kind]}
    for mark, value in own.items():
        text = text.replace(mark, value)
    return text


def _document(config: Config, what: str, description: str, more: dict[str, Any]) -> dict[str, Any]:
    parameters = {
        "Script": {
            "type": "String",
            "description": "where the script lies in the bucket",
            "allowedPattern": rf"^{SCRIPTS_FOLDER}[0-9a-f]{{64}}/script\.(sh|ps1)$",
        },
        "Sha256": {"type": "String", "description": "the script's SHA-256", "allowedPattern": "^[0-9a-f]{64}$"},
        **more,
    }
    return {
        "schemaVersion": "2.2",
        "description": description,
        "parameters": parameters,
        "mainSteps": [_download(config), *(_run(config.agent, what, platform) for platform in Platform)],
    }


def _download(config: Config) -> dict[str, Any]:
    bucket = config.names.artefact_bucket(config.aws.hub_account, "${AWS::Region}")
    address = f"https://{bucket}.s3.${{AWS::Region}}.${{AWS::URLSuffix}}/{{{{ Script }}}}"
    return {
        "action": "aws:downloadContent",
        "name": DOWNLOAD,
        "inputs": {"sourceType": "S3", "sourceInfo": f'{{"path": "{address}"}}'},
    }


def _run(agent: Agent, what: str, platform: Platform) -> dict[str, Any]:
    return {
        "action": _SHELLS[platform][0],
        "name": platform.lower(),
        "precondition": {"StringEquals": ["platformType", platform.value]},
        "inputs": {
            "timeoutSeconds": str(agent.install_minutes * 60),
            "runCommand": body(agent, what, platform).splitlines(),
        },
    }
