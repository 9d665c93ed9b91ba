"""The instances of an account and Region, as EC2 has them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from contract.clock import iso

PAGE = 500
_GONE = {"InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"}


class Instance(msgspec.Struct, frozen=True):
    """An instance: EC2's word for its state, since when it runs (`contract.clock.iso` text), its profile's ARN."""

    id: str
    state: str
    since: str = ""
    profile: str = ""
    tags: Mapping[str, str] = {}

    @property
    def name(self) -> str:
        """What people call it."""
        return self.tags.get("Name", "")[:256]


class InstancePage(msgspec.Struct, frozen=True):
    """Some running instances, and where the next ones begin (empty: nowhere)."""

    instances: tuple[Instance, ...]
    token: str = ""


def running_page(ec2: Any, token: str = "") -> InstancePage:
    """Return a page of running instances."""
    running = [{"Name": "instance-state-name", "Values": ["running"]}]
    answer = ec2.describe_instances(Filters=running, MaxResults=PAGE, **({"NextToken": token} if token else {}))
    found = (one for reservation in answer["Reservations"] for one in reservation["Instances"])
    return InstancePage(tuple(map(_instance, found)), answer.get("NextToken", ""))


def find(ec2: Any, instance: str) -> Instance | None:
    """Return an instance, or None when EC2 does not know it any more."""
    try:
        answer = ec2.describe_instances(InstanceIds=[instance])
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            return None
        raise
    found = [one for reservation in answer["Reservations"] for one in reservation["Instances"]]
    return _instance(found[0]) if found else None


def _instance(record: Mapping[str, Any]) -> Instance:
    started = record.get("LaunchTime")
    return Instance(
        id=record["InstanceId"],
        state=record["State"]["Name"],
        since=iso(started) if isinstance(started, datetime) else "",
        profile=record.get("IamInstanceProfile", {}).get("Arn", ""),
        tags={tag["Key"]: tag.get("Value", "") for tag in record.get("Tags", ())},
    )
