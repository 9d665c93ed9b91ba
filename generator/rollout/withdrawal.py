"""Spokes that the settings ask for no more: their Region, organizational unit or account was taken out."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from generator.rollout.goal import Goal
from generator.rollout.instance import StackInstance
from generator.rollout.wave import only, units_of

_FEW = 10


class Withdrawal(msgspec.Struct, frozen=True):
    """Spokes to remove: those of the deployment targets in the Regions; `is_unit`: all that a unit brought."""

    what: str
    targets: dict[str, Any]
    regions: tuple[str, ...]
    is_unit: bool = False


def withdrawals(present: Mapping[str, Any], instances: Iterable[StackInstance], goal: Goal) -> list[Withdrawal]:
    """Return what must go from a StackSet, as `DescribeStackSet` shows it, so that only the goal's spokes are left."""
    found, wanted = list(instances), {*goal.scope.regions}
    units = tuple(present.get("OrganizationalUnitIds", ()))
    gone_regions = tuple(sorted({one.region for one in found} - wanted))
    gone_units = tuple(sorted({*units} - {*goal.scope.targets}))
    left_out = [one for one in found if one.account in goal.excluded]
    gone = []
    if gone_regions and units:
        gone.append(Withdrawal(f"spokes in {', '.join(gone_regions)}", _units(units), gone_regions))
    if gone_units:
        # AWS tells the Regions of the instances that there are.
        regions = tuple(present.get("Regions") or goal.scope.regions)
        gone.append(Withdrawal(f"spokes of {', '.join(gone_units)}", _units(gone_units), regions, is_unit=True))
    if left_out:
        accounts = frozenset(one.account for one in left_out)
        regions = tuple(sorted({one.region for one in left_out} & wanted))
        gone.append(Withdrawal(f"spokes of {_listed(accounts)}", only(units_of(left_out), accounts), regions))
    return gone


def _listed(accounts: frozenset[str]) -> str:
    few = len(accounts) <= _FEW
    return ", ".join(sorted(accounts)) if few else f"{len(accounts)} excluded accounts"


def _units(units: Iterable[str]) -> dict[str, Any]:
    return {"OrganizationalUnitIds": list(units)}
