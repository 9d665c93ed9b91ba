"""CloudTrail's trails: an organization's is seen by every account and changed by those who administer it.

EventBridge delivers API calls only where a trail logs them. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/
cloudtrail-delegated-administrator.html
"""

from typing import Any

from ministack.services import cloudtrail

from localorg import patches
from localorg.organization import PARTITION, as_management
from localorg.seed import MANAGEMENT
from localorg.trails import changes, visible

NAME, HOME = "organization", "us-east-1"


def install() -> None:
    """Show the organization's trails, and check what is asked of any trail."""
    visible.install()
    patches.require(cloudtrail, "handle_request", "_DISPATCH.get(action)", "return handler(body)")
    table = cloudtrail._DISPATCH
    for name, operation in table.items():
        table[name] = changes.guarded(name, operation)


def begin() -> None:
    """Let the organization have a trail, as most have one."""
    with as_management():
        cloudtrail._trails[NAME] = _usual_trail()


def _usual_trail() -> dict[str, Any]:
    return {
        "Name": NAME,
        "S3BucketName": f"{NAME}-trail-{MANAGEMENT}",
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": True,
        "HomeRegion": HOME,
        "TrailARN": f"arn:{PARTITION}:cloudtrail:{HOME}:{MANAGEMENT}:trail/{NAME}",
        "LogFileValidationEnabled": True,
        "HasCustomEventSelectors": False,
        "HasInsightSelectors": False,
        "IsOrganizationTrail": True,
        "IsLogging": True,
    }
