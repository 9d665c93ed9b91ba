"""Whether the units and accounts that the settings name are in the organization."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from generator.config import Config
from generator.doctor.diagnosis import Hub, Verdict, failed, well
from hub.organization import listed_accounts

_LIST = "`aws organizations list-organizational-units-for-parent --parent-id`"


class Unit(msgspec.Struct, frozen=True):
    """The root or an organizational unit: its place in words, and the ids from the root down to itself."""

    path: str
    ids: tuple[str, ...]


def tree(client: Any) -> dict[str, Unit]:
    """Return the root and every unit by its id: a call for each of them."""
    roots = [root for page in client.get_paginator("list_roots").paginate() for root in page["Roots"]]
    return {key: unit for root in roots for key, unit in _below(client, root["Id"], Unit(root["Name"], (root["Id"],)))}


def _below(client: Any, identifier: str, unit: Unit) -> Iterator[tuple[str, Unit]]:
    yield identifier, unit
    for page in client.get_paginator("list_organizational_units_for_parent").paginate(ParentId=identifier):
        for one in page["OrganizationalUnits"]:
            yield from _below(client, one["Id"], Unit(f"{unit.path}/{one['Name']}", (*unit.ids, one["Id"])))


def units(hub: Hub) -> Verdict:
    """Look for every unit that the settings name."""
    known = tree(hub.client("organizations"))
    named = list(_named_units(hub.config))
    wrong = [f"{setting}: {one} is no unit{_near(one, known)}" for setting, one in named if one not in known]
    if wrong:
        return failed("; ".join(wrong), f"correct muster.toml; {_LIST} shows the units below a root or unit")
    return well(", ".join(known[one].path for one in hub.config.organization.targets))


def canaries(hub: Hub) -> Verdict:
    """Look whether the units that a rollout reaches first get spokes at all."""
    settings = hub.config.organization
    if not settings.canary_ous:
        return well("none are named: every account at once")
    known = tree(hub.client("organizations"))
    wrong = [text for one in settings.canary_ous if one in known and (text := _why_no_canary(hub.config, known[one]))]
    if wrong:
        return failed("; ".join(wrong), "correct organization.canary_ous in muster.toml")
    return well(", ".join(known[one].path for one in settings.canary_ous if one in known))


def _why_no_canary(config: Config, unit: Unit) -> str:
    settings = config.organization
    if not {*unit.ids} & {*settings.targets}:
        return f"{unit.path} ({unit.ids[-1]}) lies in none of organization.ous"
    if {*unit.ids} & {*settings.excluded_ous}:
        return f"{unit.path} ({unit.ids[-1]}) lies in organization.excluded_ous"
    return ""


def accounts(hub: Hub) -> Verdict:
    """Look for every account that the settings name."""
    known = {one.id for one in listed_accounts(hub.client("organizations"))}
    settings = hub.config
    named = [("organization.excluded_accounts", one) for one in settings.organization.excluded_accounts]
    named += [("overrides.accounts", one) for each in settings.overrides for one in each.accounts]
    wrong = [f"{setting}: {one} is not in the organization" for setting, one in named if one not in known]
    if wrong:
        return failed("; ".join(wrong), "correct muster.toml; `aws organizations list-accounts` shows the accounts")
    return well(f"{len(known)} in the organization, {len(settings.organization.excluded_accounts)} excluded by name")


def _named_units(config: Config) -> Iterator[tuple[str, str]]:
    settings = config.organization
    yield from [("organization.root", settings.root)] if settings.root else []
    for field in ("ous", "excluded_ous", "canary_ous"):
        yield from ((f"organization.{field}", one) for one in getattr(settings, field))
    yield from (("overrides.ous", one) for each in config.overrides for one in each.ous)


def _near(identifier: str, known: Mapping[str, Unit]) -> str:
    near = difflib.get_close_matches(identifier, known, n=1)
    return f", did you mean {near[0]} ({known[near[0]].path})?" if near else ""
