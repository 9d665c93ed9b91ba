"""What the tests keep of templates, guardrail and events; `python -m generator.snapshots` accepts it as it is now."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from contract.names import VERSION
from generator.config import Config, load
from generator.functions import FUNCTIONS
from generator.generate import templates
from generator.guardrail import FILE, guardrail
from generator.published import published
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
    """Return the settings with every part that is off at first: alarms in spokes, a VPC, CloudFront, links that act."""
    cdn = Cdn(
        domains=("muster.example.com",),
        certificate=f"arn:aws:acm:{CDN_REGION}:{config.aws.hub_account}:certificate/12345678-1234-1234-1234-123456789012",
        origin="dashboard.example.com",
    )
    parts = {
        "spoke": config.spoke.model_copy(update={"alarms": True}),
        "network": config.network.model_copy(update={"enabled": True}),
        "web": config.web.model_copy(update={"cdn": cdn, "action_links": True}),
    }
    return config.model_copy(update=parts)


def blank_artefacts() -> dict[str, str]:
    """Return the S3 keys of no code in particular: a snapshot shows the infrastructure."""
    return {what.name: f"functions/{what.name}/{'0' * 64}.zip" for what in FUNCTIONS}


def rendered(config: Config) -> dict[str, Any]:
    """Return every template of some settings, by its stack's short name."""
    return {name: json.loads(body) for name, body in templates(config, blank_artefacts()).items()}


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
    yield SNAPSHOTS / "web.json", rendered(everything(config))["web"]
    yield SNAPSHOTS / FILE, guardrail(config)
    yield LOGICAL_IDS, with_new(kept_logical_ids(), logical_ids(config))
    for name, event in published(found["spoke"]):
        yield PREVIOUS_VERSIONS / VERSION / f"{name}.json", event


if __name__ == "__main__":
    main()
