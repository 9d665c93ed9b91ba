"""Instances as EC2 knows them."""

from collections.abc import Mapping
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from contract.clock import iso
from spoke.agent_installer.work import Work

RUNNING = "running"
# An execution's history holds 25,000 events and a state's data 256 KB (Step Functions guide, "Quotas").
PAGE = 250
_LONGEST_NAME = 128
_STOPPED, _TERMINATED = {"stopping", "stopped"}, {"shutting-down", "terminated"}
_UNKNOWN = {"InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"}


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """An instance: its state in EC2's word, its tags, when it was started, whether it has an instance profile."""

    id: str
    state: str
    tags: Mapping[str, str] = {}
    since: str = ""
    has_profile: bool = False
    platform: str = ""

    @property
    def name(self) -> str:
        """What people call it."""
        return self.tags.get("Name", "")[:_LONGEST_NAME]

    @property
    def is_stopped(self) -> bool:
        """Whether it may be started again."""
        return self.state in _STOPPED

    @property
    def has_ended(self) -> bool:
        """Whether it does not run any more."""
        return self.is_stopped or self.state in _TERMINATED


class Page(msgspec.Struct, frozen=True):
    """Some instances, and the token of those that follow; empty: these are the last."""

    instances: tuple[Instance, ...]
    following: str = ""


def running_page(ec2: Any, token: str) -> Page:
    """Return a page of the running instances."""
    running = [{"Name": "instance-state-name", "Values": [RUNNING]}]
    more = {"NextToken": token} if token else {}
    answer = ec2.describe_instances(Filters=running, MaxResults=PAGE, **more)
    return Page(tuple(_instances(answer)), answer.get("NextToken") or "")


def instance_of(ec2: Any, instance: str) -> Instance | None:
    """Return an instance by its id; nothing when EC2 does not know it (any more)."""
    try:
        answer = ec2.describe_instances(InstanceIds=[instance])
    except ClientError as error:
        if error.response["Error"]["Code"] in _UNKNOWN:
            return None
        raise
    return next(iter(_instances(answer)), None)


def with_instance(work: Work, instance: Instance) -> Work:
    """Return the work with what EC2 says of its instance."""
    return msgspec.structs.replace(
        work,
        name=instance.name,
        since=instance.since,
        has_profile=instance.has_profile,
        platform=instance.platform or work.platform,
    )


def _instances(answer: Mapping[str, Any]) -> list[Instance]:
    return [_read(one) for reservation in answer.get("Reservations", ()) for one in reservation.get("Instances", ())]


def _read(found: Mapping[str, Any]) -> Instance:
    launched = found.get("LaunchTime")
    return Instance(
        id=found["InstanceId"],
        state=found["State"]["Name"],
        tags={tag["Key"]: tag.get("Value", "") for tag in found.get("Tags", ())},
        since=iso(launched) if launched else "",
        has_profile=bool(found.get("IamInstanceProfile")),
        # EC2 says nothing of what is not Windows (its API, Instance).
        platform="Windows" if str(found.get("Platform", "")).lower() == "windows" else "",
    )
