"""What the hub may ask Organizations: the statement in the organization's resource policy."""

from typing import Any

from generator import iam
from generator.config import Config

SID = "Muster"
_READS = (iam.list_accounts(), iam.walk_organization())


def reading_statement(hub: Any) -> iam.Statement:
    """Return the statement for the account whose root's ARN is `hub`: just the calls of the hub's functions."""
    return {
        "Sid": SID,
        "Effect": "Allow",
        "Principal": {"AWS": hub},
        "Action": sorted(action for one in _READS for action in one["Action"]),
        "Resource": "*",
    }


def hub_root(config: Config, partition: str) -> str:
    """Return the ARN of the hub account's root; `partition` may be a template's `${AWS::Partition}`."""
    return f"arn:{partition}:iam::{config.aws.hub_account}:root"
