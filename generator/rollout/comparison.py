"""What a deploy would change, and how each spoke is."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
from pydantic import BaseModel

from contract.cloudtrail import timestamp
from generator.config import Config
from generator.rollout.stack_set import StackInstance, StackSet
from generator.rollout.stacks import stack_status
from hub.store.spokes import Spoke, SpokeStore


class Change(BaseModel):
    """One thing that a deploy would do."""

    what: str
    action: str
    detail: str = ""


def changes(config: Config, folder: Path, session: boto3.Session) -> list[Change]:
    """Return what `deploy` would change; nothing when what is deployed is what was generated into `folder`."""
    cloudformation = session.client("cloudformation")
    found = [_hub_change(cloudformation, config.names.hub_stack, folder)]
    spokes = StackSet(cloudformation, config.names.spoke_stack_set)
    present = spokes.describe()
    if present is None:
        return [*filter(None, found), Change(what=f"StackSet {config.names.spoke_stack_set}", action="create")]
    if _parsed(present["TemplateBody"]) != _generated(folder, "spoke"):
        found.append(Change(what=f"StackSet {config.names.spoke_stack_set}", action="update", detail="template"))
    instances = spokes.instances()
    missing = set(config.regions) - {one.region for one in instances}
    found += [Change(what=f"spokes in {region}", action="create") for region in sorted(missing)]
    found += [
        Change(what=f"spoke {one.account} {one.region}", action="update", detail=one.reason or one.status)
        for one in instances
        if one.status != "CURRENT"
    ]
    return [one for one in found if one]


def _hub_change(cloudformation: Any, name: str, folder: Path) -> Change | None:
    if stack_status(cloudformation, name) is None:
        return Change(what=f"stack {name}", action="create")
    if _parsed(cloudformation.get_template(StackName=name)["TemplateBody"]) != _generated(folder, "hub"):
        return Change(what=f"stack {name}", action="update", detail="template")
    return None


def _parsed(body: Any) -> Any:
    return json.loads(body) if isinstance(body, str) else body


def _generated(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.template.json").read_text(encoding="utf-8"))


class SpokeStatus(BaseModel):
    """How one spoke is: current, outdated (with the reason), silent, or never heard of."""

    account: str
    region: str
    state: str
    detail: str = ""

    @property
    def is_well(self) -> bool:
        """Whether nobody needs to look."""
        return self.state == "current"


def statuses(config: Config, session: boto3.Session, now: datetime) -> list[SpokeStatus]:
    """Return the state of every spoke; one whose heartbeat is older than two intervals is silent."""
    instances = StackSet(session.client("cloudformation"), config.names.spoke_stack_set).instances()
    heard = SpokeStore(session.client("dynamodb"), config.names.state_table).all()
    by_place = {(one.heartbeat.account, one.heartbeat.region): one for one in heard}
    return [_status(one, by_place.get((one.account, one.region)), now) for one in instances]


def _status(instance: StackInstance, spoke: Spoke | None, now: datetime) -> SpokeStatus:
    place = {"account": instance.account, "region": instance.region}
    if instance.status != "CURRENT":
        return SpokeStatus(**place, state="outdated", detail=instance.reason or instance.status)
    if spoke is None:
        return SpokeStatus(**place, state="never heard of", detail="no heartbeat has arrived")
    heartbeat, seen = spoke.heartbeat, timestamp(spoke.seen_at)
    if seen is None or now - seen > 2 * timedelta(seconds=heartbeat.interval_seconds):
        return SpokeStatus(**place, state="silent", detail=f"last heartbeat {spoke.seen_at}")
    wrong = "; ".join(f"{check}: {text}" for check, text in sorted(heartbeat.checks.items()) if text)
    return SpokeStatus(**place, state="current", detail=wrong)
