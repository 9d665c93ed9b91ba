"""Where Security Hub is on, who administers it for whom, and which findings are therefore seen from where."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import get_account_id, get_region

from localorg.answers import ApiError
from localorg.organization import PARTITION

Body = dict[str, Any]
# An account and a Region.
Place = tuple[str, str]

ALL, ALL_BUT, SOME, NONE = "ALL_REGIONS", "ALL_REGIONS_EXCEPT_SPECIFIED", "SPECIFIED_REGIONS", "NO_REGIONS"

# An organization's configuration before anybody sets it.
LEFT_ALONE = {"AutoEnable": False, "AutoEnableStandards": "DEFAULT"}


@dataclass
class Hub:
    """Security Hub of an account and Region."""

    since: float = field(default_factory=time.time)
    settings: dict[str, Any] = field(default_factory=lambda: {"AutoEnableControls": True})
    products: set[str] = field(default_factory=set)
    standards: dict[str, str] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    organization: dict[str, Any] = field(default_factory=lambda: dict(LEFT_ALONE))
    aggregator: dict[str, Any] | None = None
    # Of the central configuration: policies by id, and a target's policy.
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    associations: dict[str, str] = field(default_factory=dict)


HUBS: dict[Place, Hub] = {}
# Region → the organization's administrator there.
ADMINISTRATORS: dict[str, str] = {}


def here() -> Place:
    """The caller's account and Region."""
    return get_account_id(), get_region()


def hub_here() -> Hub:
    """Security Hub of the caller's account and Region; InvalidAccessException where it is off."""
    if here() not in HUBS:
        raise ApiError("InvalidAccessException", "Account is not subscribed to AWS Security Hub")
    return HUBS[here()]


def enable(body: Body) -> Body:
    """EnableSecurityHub: once."""
    if here() in HUBS:
        raise ApiError("ResourceConflictException", "Account is already subscribed to Security Hub")
    generator = body.get("ControlFindingGenerator") or "SECURITY_CONTROL"
    HUBS[here()] = Hub(settings={"AutoEnableControls": True, "ControlFindingGenerator": generator})
    return {}


def describe(_body: Body) -> Body:
    """DescribeHub."""
    account, region = here()
    subscribed = datetime.fromtimestamp(hub_here().since, UTC).isoformat()
    arn = f"arn:{PARTITION}:securityhub:{region}:{account}:hub/default"
    return {"HubArn": arn, "SubscribedAt": subscribed, **hub_here().settings}


def configure(body: Body) -> Body:
    """UpdateSecurityHubConfiguration."""
    known = ("AutoEnableControls", "ControlFindingGenerator")
    hub_here().settings.update({name: body[name] for name in known if name in body})
    return {}


def seen_from(place: Place) -> list[Place]:
    """The places whose findings a place sees: its own, its members', and those of the Regions linked to it."""
    account, region = place
    hub = HUBS[place]
    accounts = {account, *(hub.members if ADMINISTRATORS.get(region) == account else ())}
    return [one for one in HUBS if one[0] in accounts and (one[1] == region or is_linked(hub, one[1]))]


def hearing(place: Place) -> list[Place]:
    """The places that see a place's findings."""
    return [one for one in HUBS if place in seen_from(one)]


def is_linked(hub: Hub, region: str) -> bool:
    """Whether the hub's aggregator takes in a Region."""
    if hub.aggregator is None:
        return False
    mode, named = hub.aggregator["RegionLinkingMode"], hub.aggregator.get("Regions") or []
    return {ALL: True, ALL_BUT: region not in named, SOME: region in named, NONE: False}[mode]
