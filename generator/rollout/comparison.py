"""What a deploy would change."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import msgspec
from pydantic import BaseModel

from generator.config import Config
from generator.enabling.parts import lacking
from generator.enabling.services import clients_of, parts
from generator.rollout.difference import Difference, differences
from generator.rollout.goal import Goal, goal_of, read_accounts
from generator.rollout.hosting import has_hosting
from generator.rollout.instance import StackInstance
from generator.rollout.lone import lone_spokes
from generator.rollout.session import Sessions
from generator.rollout.spokes import is_automatic
from generator.rollout.stack_set import StackSet
from generator.rollout.stacks import ABSENT, stack_status, template_of
from generator.rollout.trail import trail_action
from generator.rollout.web import has_web_stack, web_client
from generator.rollout.withdrawal import withdrawals
from generator.settings.web import CDN_REGION
from hub.store.accounts import Account

Accounts = Mapping[str, Account]


class Change(BaseModel):
    """One thing that a deploy would do: create, update or remove; a template's update says what of it differs."""

    what: str
    action: str
    detail: str = ""
    differences: list[Difference] = []


class _Stack(msgspec.Struct, frozen=True):
    """An ordinary stack: its name, where it is, and which template it is of."""

    cloudformation: Any
    name: str
    template: str
    where: str = ""


def changes(config: Config, folder: Path, sessions: Sessions) -> list[Change]:
    """Return what `deploy` would change; nothing when what is deployed is what was generated into `folder`.

    Compared are the templates (they name each package by its hash), and the accounts, units and Regions that have
    spokes with those of the settings. Not compared: what was changed by hand in a stack's resources.
    """
    session, names = sessions.hub, config.names
    home = session.client("cloudformation")
    accounts = {one.id: one for one in read_accounts(config, session.client("organizations"))}
    goal = goal_of(config, accounts.values())
    artefacts = [
        _Stack(session.client("cloudformation", region), names.artefacts_stack, "artefacts", f"in {region}")
        for region in config.regions
    ]
    is_covered = config.aws.hub_account in goal.covered
    lone = lone_spokes(config, sessions, with_hub=not is_covered)
    return [
        *_stacks(folder, [*artefacts, _Stack(home, names.hub_stack, "hub")]),
        *_trail(config, session),
        *_web(config, folder, session),
        *_enabled(config, session, [one for one in accounts.values() if one.id in goal.covered]),
        *_spokes(folder, StackSet(home, names.spoke_stack_set), goal, accounts),
        *_stacks(folder, [_Stack(one.cloudformation, names.spoke_stack_set, "spoke", one.where) for one in lone]),
        *(_superseded(config, session) if is_covered else ()),
    ]


def _enabled(config: Config, session: boto3.Session, covered: list[Account]) -> Iterator[Change]:
    """Yield what of AWS's security services is not on yet."""
    for what in lacking(parts(config, clients_of(session), covered)):
        yield Change(what=what, action="create", detail="switched on; it costs, and Muster never switches it off")


def _superseded(config: Config, session: boto3.Session) -> Iterator[Change]:
    """Yield the hub account's own spokes where the StackSet brings them now."""
    for one in lone_spokes(config, Sessions(session), with_hub=True):
        if stack_status(one.cloudformation, config.names.spoke_stack_set):
            yield Change(what=f"stack {config.names.spoke_stack_set} {one.where}", action="remove")


def _trail(config: Config, session: boto3.Session) -> Iterator[Change]:
    if action := trail_action(config, session):
        yield Change(what=f"trail {config.names.organization_trail}", action=action)


def _web(config: Config, folder: Path, session: boto3.Session) -> Iterator[Change]:
    home, name = session.client("cloudformation"), config.names.dashboard_stack
    if config.web.hosting:
        yield from _stacks(folder, [_Stack(home, name, "dashboard")])
    elif has_hosting(config, session):
        yield Change(what=f"stack {name}", action="remove", detail="[web.hosting] was taken out")
    name, where = config.names.web_stack, f"in {CDN_REGION}"
    if config.web.cdn:
        yield from _stacks(folder, [_Stack(web_client(session), name, "web", where)])
    elif has_web_stack(config, session):
        yield Change(what=f"stack {name} {where}", action="remove", detail="[web.cdn] was taken out")


def _stacks(folder: Path, stacks: Iterable[_Stack]) -> Iterator[Change]:
    for one in stacks:
        what = f"stack {one.name} {one.where}".rstrip()
        if stack_status(one.cloudformation, one.name) in ABSENT:
            yield Change(what=what, action="create")
        else:
            yield from _template(what, template_of(one.cloudformation, one.name), folder, one.template)


def _template(what: str, deployed: Mapping[str, Any], folder: Path, template: str) -> Iterator[Change]:
    generated = json.loads((folder / f"{template}.template.json").read_text(encoding="utf-8"))
    if found := differences(deployed, generated):
        yield Change(what=what, action="update", detail="template", differences=found)


def _spokes(folder: Path, spokes: StackSet, goal: Goal, accounts: Accounts) -> Iterator[Change]:
    present = spokes.describe()
    what = f"StackSet {spokes.name}"
    if present is None:
        yield Change(what=what, action="create")
        yield from _joining(goal, [], accounts)
        return
    yield from _template(what, json.loads(present["TemplateBody"]), folder, "spoke")
    if not is_automatic(present):
        yield Change(what="automatic deployment", action="update", detail="somebody switched it off")
    instances = spokes.instances()
    for unit in sorted({*goal.scope.targets} - {*present.get("OrganizationalUnitIds", ())}):
        yield Change(what=f"spokes of {unit}", action="create", detail="accounts that join it get theirs by themselves")
    for gone in withdrawals(present, instances, goal):
        detail = "what lies in other units too gets its spoke again" if gone.is_unit else ""
        yield Change(what=gone.what, action="remove", detail=detail)
    yield from _joining(goal, instances, accounts)
    places = goal.places
    for one in instances:
        if one.place in places and not one.is_current:
            yield Change(what=f"spoke {one.account} {one.region}", action="update", detail=one.reason or one.status)


def _joining(goal: Goal, instances: Iterable[StackInstance], accounts: Accounts) -> Iterator[Change]:
    """Yield a line for each account that gets spokes, with the Regions."""
    missing: dict[str, list[str]] = defaultdict(list)
    for account, region in sorted(goal.places - {one.place for one in instances}):
        missing[account].append(region)
    for account, regions in missing.items():
        name = f"{accounts[account].name} ({accounts[account].ou_path})"
        yield Change(what=f"spoke {account} in {', '.join(regions)}", action="create", detail=name)
