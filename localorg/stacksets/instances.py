"""Stack instances: their records, made before anything is deployed, as on AWS."""

import uuid

from localorg.stacksets import targets
from localorg.stacksets.model import Instance, Place, StackSet


def add(one: StackSet, places: list[Place], ous: list[str], overrides: dict[str, str]) -> None:
    """Make the records of these instances, deployed for one of `ous`; those that exist take the overrides."""
    for account, region in places:
        known = one.instances.get((account, region))
        if known:
            known.overrides = overrides or known.overrides
            continue
        one.instances[account, region] = Instance(
            account=account,
            region=region,
            target=targets.covering([*one.ous, *ous], account),
            stack_name=f"StackSet-{one.name}-{uuid.uuid4()}",
            overrides=overrides,
        )
