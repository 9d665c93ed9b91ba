"""Whether what the settings name is in the organization: the organization itself, units, accounts."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec

from generator.config import Config


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


def misnamed_units(config: Config, known: Mapping[str, Unit]) -> list[str]:
    """Return a text for each unit of the settings that is none, with the nearest one."""
    named = _named_units(config)
    return [f"{setting}: {one} is no unit{_near(one, known)}" for setting, one in named if one not in known]


def misnamed_accounts(config: Config, known: Collection[str]) -> list[str]:
    """Return a text for each account of the settings that is not in the organization."""
    named = [("organization.excluded_accounts", one) for one in config.organization.excluded_accounts]
    named += [("overrides.accounts", one) for each in config.overrides for one in each.accounts]
    return [f"{setting}: {one} is not in the organization" for setting, one in named if one not in known]


def _named_units(config: Config) -> Iterator[tuple[str, str]]:
    settings = config.organization
    yield from [("organization.root", settings.root)] if settings.root else []
    for field in ("ous", "excluded_ous", "canary_ous"):
        yield from ((f"organization.{field}", one) for one in getattr(settings, field))
    yield from (("overrides.ous", one) for each in config.overrides for one in each.ous)


def _near(identifier: str, known: Mapping[str, Unit]) -> str:
    near = difflib.get_close_matches(identifier, known, n=1)
    return f", did you mean {near[0]} ({known[near[0]].path})?" if near else ""
