"""The organization's trail, seen by every account: EventBridge delivers API calls only where a trail logs them."""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import cloudtrail

from localorg import patches
from localorg.organization import PARTITION, organization_id_of
from localorg.seed import MANAGEMENT

NAME, HOME = "organization", "us-east-1"
ARN = f"arn:{PARTITION}:cloudtrail:{HOME}:{MANAGEMENT}:trail/{NAME}"

Visible = list[tuple[str, str, dict[str, Any]]]
Found = tuple[str, str | None, dict[str, Any] | None]


def install() -> None:
    """Show the trail to the accounts of the organization."""
    listed = patches.require(cloudtrail, "_visible_trail_items", "include_shadow_trails")
    found = patches.require(cloudtrail, "_find_visible_trail", "_parse_trail_arn")
    patches.replace(cloudtrail, "_visible_trail_items", _listing(listed))
    patches.replace(cloudtrail, "_find_visible_trail", _finding(found))


def _trail() -> dict[str, Any]:
    """A copy for each reader: a member cannot change what belongs to the management account."""
    return {
        "Name": NAME,
        "S3BucketName": f"{NAME}-trail-{MANAGEMENT}",
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": True,
        "HomeRegion": HOME,
        "TrailARN": ARN,
        "LogFileValidationEnabled": True,
        "HasCustomEventSelectors": False,
        "HasInsightSelectors": False,
        "IsOrganizationTrail": True,
        "IsLogging": True,
    }


def _listing(original: Callable[..., Visible]) -> Callable[..., Visible]:
    def listing(*, include_shadow_trails: bool = True) -> Visible:
        own = original(include_shadow_trails=include_shadow_trails)
        is_shown = include_shadow_trails and organization_id_of(get_account_id())
        return [*own, (HOME, NAME, _trail())] if is_shown else own

    return listing


def _finding(original: Callable[[str], Found]) -> Callable[[str], Found]:
    def finding(raw: str) -> Found:
        if raw == ARN and organization_id_of(get_account_id()):
            return NAME, HOME, _trail()
        return original(raw)

    return finding
