"""Automatic deployment: accounts that join, leave or move between a stack set's OUs."""

import uuid
from dataclasses import replace
from functools import partial

from localorg import organization
from localorg.stacksets import operations, targets
from localorg.stacksets.instances import add
from localorg.stacksets.model import Operation, Place, StackSet
from localorg.stacksets.registry import SETS

# What AWS itself uses for its own operations.
PREFERENCES = {"FailureTolerancePercentage": 100, "MaxConcurrentPercentage": 100, "RegionConcurrencyType": "PARALLEL"}


def reconcile(account: str) -> None:
    """Deploy to an account that came under a target OU, remove from one that left; a move does both."""
    for one in list(SETS.values()):
        if one.auto.get("Enabled"):
            _reconcile(one, account)


def _reconcile(one: StackSet, account: str) -> None:
    if not organization.is_active(account):
        return
    held = [place for place in list(one.instances) if place[0] == account]
    stale = [place for place in held if _has_left(one, place)]
    if stale:
        retain = bool(one.auto.get("RetainStacksOnAccountRemoval"))
        work = operations.release if retain else operations.withdraw
        operations.start(one, _operation("DELETE", retain=retain), stale, work, queues=True)
    if targets.covering(one.ous, account) and stale == held:
        places = [(account, region) for region in one.regions]
        # Queued behind the removal, which takes the old instances out of the books first.
        operation = replace(_operation("CREATE"), prepare=partial(add, one, places, [], {}))
        operations.start(one, operation, places, operations.deploy, queues=True)


def _has_left(one: StackSet, place: Place) -> bool:
    above = organization.ids_above(organization.parent_of(place[0])).split("/")
    return one.instances[place].target not in above


def _operation(action: str, *, retain: bool | None = None) -> Operation:
    return Operation(str(uuid.uuid4()), action, "RUNNING", dict(PREFERENCES), retain=retain)
