"""What Systems Manager tells an account's default bus about commands.

Source: Systems Manager user guide, "Amazon EventBridge event examples for Systems Manager".
"""

from datetime import UTC, datetime
from typing import Any

from localorg.eventbus import entries
from localorg.organization import PARTITION
from localorg.ssm.documents import Place

COMMAND = "EC2 Command Status-change Notification"
INVOCATION = "EC2 Command Invocation Status-change Notification"


def iso(moment: float) -> str:
    """A moment as these events write it: `2016-07-10T21:51:30.049Z`."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instance_arn(place: Place, instance: str) -> str:
    """The ARN of an instance."""
    account, region = place
    return f"arn:{PARTITION}:ec2:{region}:{account}:instance/{instance}"


def send(place: Place, kind: str, instances: list[str], detail: dict[str, Any]) -> None:
    """Put one notification on the account's default bus."""
    arns = [instance_arn(place, instance) for instance in instances]
    entries.inject(*place, {"source": "aws.ssm", "detail-type": kind, "resources": arns, "detail": detail})
