"""What the tests keep of templates, guardrail and events; `python -m generator.snapshots` accepts it as it is now."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

from contract.agents import Action, Platform
from contract.names import VERSION
from generator.agents.scripts import Script, Scripts
from generator.config import Config, load
from generator.functions import FUNCTIONS
from generator.generate import templates
from generator.guardrail import FILE, guardrail
from generator.published import published
from generator.settings.agent import Agent
from generator.settings.backup import Expiry
from generator.settings.hosting import Hosting
from generator.settings.sign_in import Group, SignIn
from generator.settings.web import CDN_REGION, Cdn
from generator.third_party import ROOT

SNAPSHOTS = ROOT / "tests" / "snapshots"
LOGICAL_IDS = SNAPSHOTS / "logical_ids.json"
# What spokes published, by their version: a folder of an older version never changes.
PREVIOUS_VERSIONS = ROOT / "tests" / "hub" / "previous_versions"
# How many rules hold the API calls varies with the detections, and each rule's name holds its number as its id does.
_NUMBERED = re.compile(r"(Attempts|Calls|Created|ReadOnly)\d*Rule")
# A deployment is a copy of an API's routes, another one whenever they change.
_REMADE = "AWS::ApiGateway::Deployment"

LogicalIds = Mapping[str, Mapping[str, str]]


def sample() -> Config:
    """Return the settings that the snapshots are rendered from."""
    return load(SNAPSHOTS / "muster.toml")


def everything(config: Config) -> Config:
    """Return the settings with every part that is off at first.

    These are alarms in spokes, the agent installer, what deletes images, a VPC, links that act, and the dashboard
    hosted behind CloudFront.
    """
    account, home = config.aws.hub_account, config.aws.home_region
    certificate = f"arn:aws:acm:%s:{account}:certificate/12345678-1234-1234-1234-123456789012"
    cdn = Cdn(domains=("muster.example.com",), certificate=certificate % CDN_REGION)
    sign_in = SignIn(
        issuer="https://login.example.com",
        client_id="muster",
        address="https://muster.example.com",
        client_secret=f"arn:aws:secretsmanager:{home}:{account}:secret:muster/sign-in-AbCdEf",
        groups=(Group(name="security", role="operator"), Group(name="payments", units=("ou-exam-12345678",))),
    )
    hosting = Hosting(
        image=f"{account}.dkr.ecr.{home}.amazonaws.com/muster-dashboard:{VERSION}",
        vpc="vpc-0123456789abcdef0",
        prefix_list="pl-0123456789abcdef0",
        subnets=("subnet-0123456789abcdef0", "subnet-0123456789abcdef1"),
        certificate=certificate % home,
    )
    web = {"cdn": cdn, "action_links": True, "sign_in": sign_in, "hosting": hosting}
    parts = {
        "agent": Agent(
            enabled=True,
            linux_install="install.sh",
            linux_uninstall="uninstall.sh",
            windows_install="install.ps1",
            windows_uninstall="uninstall.ps1",
        ),
        "spoke": config.spoke.model_copy(update={"alarms": True}),
        "backup": config.backup.model_copy(update={"expiry": Expiry.DELETE}),
        "network": config.network.model_copy(update={"enabled": True}),
        "web": config.web.model_copy(update=web),
    }
    return config.model_copy(update=parts)


def blank_artefacts() -> dict[str, str]:
    """Return the S3 keys of no code in particular: a snapshot shows the infrastructure."""
    return {what.name: f"functions/{what.name}/{'0' * 64}.zip" for what in FUNCTIONS}


def blank_scripts(config: Config) -> Scripts:
    """Return scripts with nothing in them, for an agent that is on."""
    digest = "0" * 64
    kinds = product((Action.INSTALL, Action.UNINSTALL), Platform) if config.agent.enabled else ()
    return tuple(Script(action, platform, digest, b"") for action, platform in kinds)


def rendered(config: Config) -> dict[str, Any]:
    """Return every template of some settings, by its stack's short name."""
    bodies = templates(config, blank_artefacts(), blank_scripts(config))
    return {name: json.loads(body) for name, body in bodies.items()}


def written(content: Any) -> str:
    """Return a template or an event as it is kept: a change of one property is a change of one line."""
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def logical_ids(config: Config) -> dict[str, dict[str, str]]:
    """Return template → logical id → type of every resource that an update must find again."""
    return {
        name: {
            title: one["Type"]
            for title, one in template["Resources"].items()
            if one["Type"] != _REMADE and not _NUMBERED.fullmatch(title)
        }
        for name, template in rendered(everything(config)).items()
    }


def kept_logical_ids() -> LogicalIds:
    """Return the logical ids that were ever released; they are only ever added to."""
    return dict(json.loads(LOGICAL_IDS.read_bytes())) if LOGICAL_IDS.exists() else {}


def with_new(kept: LogicalIds, found: LogicalIds) -> LogicalIds:
    """Return the kept logical ids, each with its kept type, and those that are new."""
    return {name: {**found.get(name, {}), **kept.get(name, {})} for name in {**kept, **found}}


def main() -> None:
    """Write every snapshot, and what a spoke of this version publishes."""
    config = sample()
    for path, content in kept_files(config):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written(content), encoding="utf-8")


def kept_files(config: Config) -> Iterator[tuple[Path, Any]]:
    """Yield each file that `make snapshots` writes, with its content."""
    found = rendered(config)
    yield from ((SNAPSHOTS / f"{name}.json", template) for name, template in found.items())
    whole = rendered(everything(config))
    yield from ((SNAPSHOTS / f"{name}.json", whole[name]) for name in ("dashboard", "web"))
    agent = {title: one for title, one in whole["spoke"]["Resources"].items() if title.startswith("Agent")}
    yield SNAPSHOTS / "agent.json", agent
    yield SNAPSHOTS / FILE, guardrail(config)
    yield LOGICAL_IDS, with_new(kept_logical_ids(), logical_ids(config))
    for name, event in published(whole["spoke"]):
        yield PREVIOUS_VERSIONS / VERSION / f"{name}.json", event


if __name__ == "__main__":
    main()
