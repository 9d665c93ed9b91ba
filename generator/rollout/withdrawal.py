"""Spokes that the settings ask for no more: their Region, organizational unit or account was taken out."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from generator.rollout.goal import Goal
from generator.rollout.instance import StackInstance
from generator.rollout.wave import only


class Withdrawal(msgspec.Struct, frozen=True):
    """Spokes to remove: those of the deployment targets in the Regions."""

    what: str
    targets: dict[str, Any]
    regions: tuple[str, ...]


def withdrawals(present: Mapping[str, Any], instances: Iterable[StackInstance], goal: Goal) -> list[Withdrawal]:
    """Return what must go from a StackSet, as `DescribeStackSet` shows it, so that only the goal's spokes are left."""
    found, wanted = list(instances), {*goal.scope.regions}
    units = tuple(present.get("OrganizationalUnitIds", ()))
    gone_regions = tuple(sorted({one.region for one in found} - wanted))
    gone_units = tuple(sorted({*units} - {*goal.scope.targets}))
    left_out = frozenset(one.account for one in found if one.account in goal.excluded)
    gone = []
    if gone_regions and units:
        gone.append(Withdrawal(f"spokes in {', '.join(gone_regions)}", _units(units), gone_regions))
    if gone_units:
        regions = tuple(present.get("Regions", ()))
        gone.append(Withdrawal(f"spokes of {', '.join(gone_units)}", _units(gone_units), regions))
    if left_out:
        regions = tuple(sorted({one.region for one in found if one.account in left_out} & wanted))
        accounts = ", ".join(sorted(left_out))
        gone.append(Withdrawal(f"spokes of {accounts}", only(known_units(present, goal), left_out), regions))
    return gone


def known_units(present: Mapping[str, Any], goal: Goal) -> list[str]:
    """Return the targets that the StackSet has been deployed to, all of them when it has been to none.

    Operations on spokes that are there refuse other units.
    """
    targets = list(goal.scope.targets)
    return [one for one in targets if one in present.get("OrganizationalUnitIds", ())] or targets


def _units(units: Iterable[str]) -> dict[str, Any]:
    return {"OrganizationalUnitIds": list(units)}
