"""The waves of a rollout: the canaries first, with no failure tolerated, then everybody."""

from collections.abc import Iterable
from typing import Any

import msgspec

from generator.rollout.goal import Goal
from generator.rollout.instance import StackInstance

# Regions in parallel and every account at once; the tolerance alone limits (CloudFormation guide, StackSets concepts).
_QUICK: dict[str, Any] = {
    "RegionConcurrencyType": "PARALLEL",
    "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
    "MaxConcurrentPercentage": 100,
}
# A first rollout stops for nobody: what fails has nothing to lose.
ALL_MAY_FAIL = {**_QUICK, "FailureTolerancePercentage": 100}
_NONE_MAY_FAIL = {**_QUICK, "FailureToleranceCount": 0}
# An update that fails in more accounts of a Region than these is a bad one. A percentage rounds down to none.
_FEW, _ONE_IN = 5, 10


class Wave(msgspec.Struct, frozen=True):
    """One step of a rollout: its accounts, and how many of them may fail before it stops."""

    name: str
    accounts: frozenset[str]
    targets: dict[str, Any]
    is_canary: bool = False

    @property
    def creating(self) -> dict[str, Any]:
        """Operation preferences where spokes are new."""
        return _NONE_MAY_FAIL if self.is_canary else ALL_MAY_FAIL

    @property
    def updating(self) -> dict[str, Any]:
        """Operation preferences where spokes are updated."""
        if self.is_canary:
            return _NONE_MAY_FAIL
        return {**_QUICK, "FailureToleranceCount": max(_FEW, len(self.accounts) // _ONE_IN)}


def waves(goal: Goal) -> list[Wave]:
    """Return the waves in their order; without canary units it is one."""
    units = list(goal.scope.targets)
    everybody = Wave("spokes", goal.covered, without(units, goal.excluded))
    if not goal.canaries:
        return [everybody]
    return [Wave("canaries", goal.canaries, only(units, goal.canaries), is_canary=True), everybody]


def only(units: list[str], accounts: frozenset[str]) -> dict[str, Any]:
    """Return the deployment targets that are these accounts of the units."""
    return {"OrganizationalUnitIds": units, "Accounts": sorted(accounts), "AccountFilterType": "INTERSECTION"}


def units_of(instances: Iterable[StackInstance]) -> list[str]:
    """Return the units by which instances were deployed: operations on them refuse other ones."""
    return sorted({one.unit for one in instances})


def without(units: list[str], accounts: frozenset[str]) -> dict[str, Any]:
    """Return the deployment targets that are the units without these accounts."""
    left_out = {"Accounts": sorted(accounts), "AccountFilterType": "DIFFERENCE"} if accounts else {}
    return {"OrganizationalUnitIds": units, **left_out}
