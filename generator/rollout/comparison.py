"""What a deploy would change."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from pydantic import BaseModel

from generator.config import Config
from generator.rollout.instance import StackInstance
from generator.rollout.stack_set import StackSet
from generator.rollout.stacks import stack_status
from generator.rollout.trail import trail_action
from generator.rollout.withdrawal import withdrawals

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


class Change(BaseModel):
    """One thing that a deploy would do: create, update or remove."""

    what: str
    action: str
    detail: str = ""


def changes(config: Config, folder: Path, session: boto3.Session) -> list[Change]:
    """Return what `deploy` would change; nothing when what is deployed is what was generated into `folder`.

    Compared are the templates of the artefact stacks, the hub and the spokes (they name each package by its hash), and
    the units and Regions that have spokes with those of the settings. Not compared: parameters of a stack's resources
    that were changed by hand, and accounts that are excluded but have a spoke.
    """
    names, home = config.names, session.client("cloudformation")
    found = [
        one
        for region in config.regions
        for one in _stack(session.client("cloudformation", region), names.artefacts_stack, folder, "artefacts", region)
    ]
    found += _stack(home, names.hub_stack, folder, "hub")
    if action := trail_action(config, session):
        found.append(Change(what=f"trail {names.organization_trail}", action=action))
    spokes = StackSet(home, names.spoke_stack_set)
    present = spokes.describe()
    if present is None:
        return [*found, Change(what=f"StackSet {names.spoke_stack_set}", action="create")]
    if _parsed(present["TemplateBody"]) != _generated(folder, "spoke"):
        found.append(Change(what=f"StackSet {names.spoke_stack_set}", action="update", detail="template"))
    instances = spokes.instances()
    found += _places(config, present, instances)
    if config.aws.hub_account not in {one.account for one in instances}:
        for region in config.regions:
            found += _stack(session.client("cloudformation", region), names.spoke_stack_set, folder, "spoke", region)
    return found


def _places(config: Config, present: dict[str, Any], instances: Sequence[StackInstance]) -> Iterator[Change]:
    targets = config.organization.targets
    for ou in sorted(set(targets) - set(present.get("OrganizationalUnitIds", ()))):
        yield Change(what=f"spokes of {ou}", action="create")
    for region in sorted(set(config.regions) - {one.region for one in instances}):
        yield Change(what=f"spokes in {region}", action="create")
    for gone in withdrawals(present, instances, targets, config.regions):
        yield Change(what=gone.what, action="remove")
    for one in instances:
        if not one.is_current:
            yield Change(what=f"spoke {one.account} {one.region}", action="update", detail=one.reason or one.status)


def _stack(
    cloudformation: "CloudFormationClient", name: str, folder: Path, template: str, region: str = ""
) -> Iterator[Change]:
    what = f"stack {name} in {region}" if region else f"stack {name}"
    if stack_status(cloudformation, name) is None:
        yield Change(what=what, action="create")
    elif _parsed(cloudformation.get_template(StackName=name)["TemplateBody"]) != _generated(folder, template):
        yield Change(what=what, action="update", detail="template")


def _parsed(body: Any) -> Any:
    return json.loads(body) if isinstance(body, str) else body


def _generated(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.template.json").read_text(encoding="utf-8"))
