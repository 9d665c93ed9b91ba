"""Spokes that the settings ask for no more: their Region or organizational unit was taken out of `muster.toml`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from generator.rollout.instance import StackInstance


class Withdrawal(msgspec.Struct, frozen=True):
    """Spokes to remove: every one of the units in the Regions."""

    what: str
    ous: tuple[str, ...]
    regions: tuple[str, ...]


def withdrawals(
    present: Mapping[str, Any], instances: Iterable[StackInstance], targets: Sequence[str], regions: Sequence[str]
) -> list[Withdrawal]:
    """Return what must go from a StackSet, as `DescribeStackSet` shows it, to be in the targets and Regions only."""
    ous = tuple(present.get("OrganizationalUnitIds", ()))
    gone_regions = tuple(sorted({one.region for one in instances} - set(regions)))
    gone_ous = tuple(sorted(set(ous) - set(targets)))
    found = []
    if gone_regions and ous:
        found.append(Withdrawal(f"spokes in {', '.join(gone_regions)}", ous, gone_regions))
    if gone_ous:
        found.append(Withdrawal(f"spokes of {', '.join(gone_ous)}", gone_ous, tuple(present["Regions"])))
    return found
