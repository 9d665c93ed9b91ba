"""The spokes that no StackSet makes: ordinary stacks of a hub outside the units, and of the management account."""

from typing import Any

import msgspec

from generator.config import Config
from generator.rollout.instance import Place
from generator.rollout.session import Sessions


class LoneSpoke(msgspec.Struct, frozen=True):
    """One such spoke: whose it is, and the CloudFormation of its account and Region."""

    owner: str
    place: Place
    cloudformation: Any

    @property
    def where(self) -> str:
        """Where it is, for a person."""
        return f"of the {self.owner} in {self.place[1]}"


def lone_spokes(config: Config, sessions: Sessions, *, with_hub: bool) -> list[LoneSpoke]:
    """Return the spokes of the management account, where it gets one, and of the hub account, if asked, by Region."""
    owners = {"hub account": (config.aws.hub_account, sessions.hub)} if with_hub else {}
    if sessions.management:
        owners["management account"] = (config.organization.management_account, sessions.management)
    return [
        LoneSpoke(owner, (account, region), session.client("cloudformation", region))
        for owner, (account, session) in owners.items()
        for region in config.regions
    ]
