"""The organization's trail, made and started by the hub account as CloudTrail's delegated administrator.

By calls, not by the hub's stack: CloudFormation starts a trail by its name, under which a delegated administrator finds
none, for the trail belongs to the management account (aws-cloudformation/cloudformation-coverage-roadmap#1932).
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from generator.config import Config, Trail
from generator.parts.trail import ORGANIZATION_LOGS
from generator.rollout.stacks import stack_output
from generator.rollout.step import RolloutError, Step

if TYPE_CHECKING:
    from mypy_boto3_cloudtrail import CloudTrailClient

# What CloudTrail answers to a member account that nobody made its delegated administrator.
_UNDELEGATED = {
    "CloudTrailAccessNotEnabledException",
    "NotOrganizationManagementAccountException",
    "NotOrganizationMasterAccountException",
}


def deploy_trail(config: Config, session: boto3.Session) -> Iterator[Step]:
    """Make the organization's trail, or mend it, when the settings ask for it; the hub's stack has its bucket."""
    if config.spoke.trail is not Trail.ORGANIZATION:
        return
    name, cloudtrail = config.names.organization_trail, session.client("cloudtrail")
    action = trail_action(config, session)
    try:
        if action:
            cloudtrail.start_logging(Name=_made(config, session, action))
    except ClientError as error:
        if error.response["Error"]["Code"] not in _UNDELEGATED:
            raise
        raise RolloutError(
            f"trail {name}: account {config.aws.hub_account} may not make it for the organization; let the management "
            "account run `muster delegate`, or set spoke.trail in muster.toml to accounts"
        ) from error
    yield Step(f"trail {name}", {"": "unchanged", "create": "created"}.get(action, "updated"))


def _made(config: Config, session: boto3.Session, action: str) -> str:
    """Create or update the trail and return its ARN, which a list may not show yet."""
    cloudtrail, wanted = session.client("cloudtrail"), _wanted(config, session)
    if action == "create":
        return cloudtrail.create_trail(Name=config.names.organization_trail, **wanted)["TrailARN"]
    return cloudtrail.update_trail(Name=organization_trail(config, cloudtrail)["TrailARN"], **wanted)["TrailARN"]


def remove_trail(config: Config, session: boto3.Session) -> Iterator[Step]:
    """Delete the organization's trail if Muster made one; the logs stay in their bucket."""
    cloudtrail = session.client("cloudtrail")
    if found := organization_trail(config, cloudtrail):
        cloudtrail.delete_trail(Name=found["TrailARN"])
        yield Step(f"trail {found['Name']}", "removed", f"its logs stay in bucket {found['S3BucketName']}")


def trail_action(config: Config, session: boto3.Session) -> str:
    """Return what a deploy would do to the organization's trail: create, update, remove, or nothing (empty)."""
    cloudtrail = session.client("cloudtrail")
    found = organization_trail(config, cloudtrail)
    if config.spoke.trail is not Trail.ORGANIZATION:
        return "remove" if found else ""
    if not found:
        return "create"
    same = all(found[_SHOWN.get(key, key)] == value for key, value in _wanted(config, session).items())
    return "" if same and cloudtrail.get_trail_status(Name=found["TrailARN"])["IsLogging"] else "update"


# CreateTrail's and UpdateTrail's names of what DescribeTrails shows under another.
_SHOWN = {"EnableLogFileValidation": "LogFileValidationEnabled"}


def _wanted(config: Config, session: boto3.Session) -> dict[str, Any]:
    return {
        "S3BucketName": stack_output(session.client("cloudformation"), config.names.hub_stack, ORGANIZATION_LOGS),
        "IsMultiRegionTrail": True,
        "IsOrganizationTrail": True,
        "IncludeGlobalServiceEvents": True,
        "EnableLogFileValidation": True,
    }


def organization_trail(config: Config, cloudtrail: "CloudTrailClient") -> Mapping[str, Any]:
    """Return the trail as CloudTrail describes it to every account of the organization, empty when there is none."""
    for trail in cloudtrail.describe_trails(includeShadowTrails=True)["trailList"]:
        if trail.get("IsOrganizationTrail") and trail["Name"] == config.names.organization_trail:
            return trail
    return {}
