"""Automatic deployment: accounts that join, leave or move between a stack set's OUs."""

import uuid

from localorg import organization
from localorg.stacksets import operations, targets
from localorg.stacksets.instances import add
from localorg.stacksets.model import Operation, StackSet
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
    here = targets.covering(one, account)
    stale = [place for place, found in one.instances.items() if place[0] == account and found.target != here]
    if stale:
        retain = bool(one.auto.get("RetainStacksOnAccountRemoval"))
        work = operations.release if retain else operations.withdraw
        operations.start(one, _operation("DELETE", retain=retain), stale, work, queues=True)
    if here and not any(place[0] == account for place in one.instances if place not in stale):
        # Queued behind the removal, which takes the old instances out of the books first.
        one.queue.submit(_join, one, account)


def _join(one: StackSet, account: str) -> None:
    places = [(account, region) for region in one.regions]
    add(one, places, {})
    operations.start(one, _operation("CREATE"), places, operations.deploy, queues=True)


def _operation(action: str, *, retain: bool | None = None) -> Operation:
    return Operation(str(uuid.uuid4()), action, "RUNNING", dict(PREFERENCES), retain=retain)
