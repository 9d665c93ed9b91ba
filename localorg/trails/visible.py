"""Which trails an account sees: its own, and the organization's."""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudtrail

from localorg import patches
from localorg.organization import organization_id_of
from localorg.seed import MANAGEMENT

Trail = dict[str, Any]
Visible = list[tuple[str, str, Trail]]
Found = tuple[str, str | None, Trail | None]


def install() -> None:
    """Show the organization's trails to its accounts."""
    listed = patches.require(cloudtrail, "_visible_trail_items", "include_shadow_trails")
    found = patches.require(cloudtrail, "_find_visible_trail", "_parse_trail_arn")
    patches.replace(cloudtrail, "_visible_trail_items", _listing(listed))
    patches.replace(cloudtrail, "_find_visible_trail", _finding(found))


def organization_trails() -> Visible:
    """The organization's trails by home Region and name; they are the management account's."""
    items = cloudtrail._trails.all_items()
    return [(region, name, trail) for (account, region, name), trail in items if account == MANAGEMENT and _is(trail)]


def is_organizations(reference: str) -> bool:
    """Whether the reference is the ARN of a trail of the organization."""
    return any(trail["TrailARN"] == reference for _region, _name, trail in organization_trails())


def _is(trail: Trail) -> bool:
    return bool(trail.get("IsOrganizationTrail"))


def _sees() -> bool:
    return get_account_id() != MANAGEMENT and organization_id_of(get_account_id()) is not None


def _listing(original: Callable[..., Visible]) -> Callable[..., Visible]:
    """A member sees them as shadow trails."""

    def listing(*, include_shadow_trails: bool = True) -> Visible:
        own = original(include_shadow_trails=include_shadow_trails)
        if not (include_shadow_trails and _sees()):
            return own
        here = [one for one in organization_trails() if one[2]["IsMultiRegionTrail"] or one[0] == get_region()]
        return [*own, *here]

    return listing


def _finding(original: Callable[[str], Found]) -> Callable[[str], Found]:
    """A member finds them by ARN, never by name: that would be a trail of its own."""

    def finding(raw: str) -> Found:
        if _sees():
            for region, name, trail in organization_trails():
                if trail["TrailARN"] == raw:
                    return name, region, trail
        return original(raw)

    return finding
