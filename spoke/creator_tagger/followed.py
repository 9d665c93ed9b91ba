"""What exists only later: an instance's volumes once it runs, an image's snapshots once it is available."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from contract.clock import now
from contract.cloudtrail import timestamp
from contract.names import partition_of
from spoke.clients import Clients
from spoke.creator_tagger.plan import TaggingPlan
from spoke.creator_tagger.tags import TagSettings

INSTANCE_STATE = "EC2 Instance State-change Notification"
IMAGE_STATE = "EC2 AMI State Change"
# Its volumes are attached when an instance is made; those of one that starts again were attached long ago.
_MADE_WITH = timedelta(minutes=15)
# Lambda's second retry comes three minutes after the event; until then the creator's tag may still be on its way.
_PATIENCE = timedelta(seconds=150)


class NotYetError(Exception):
    """The instance or image has no creator yet, but may soon have one."""


def is_followed(event: Mapping[str, Any]) -> bool:
    """Return whether an event says that an instance or an image is there."""
    return event.get("detail-type") in {INSTANCE_STATE, IMAGE_STATE}


def followed_plan(event: Mapping[str, Any], settings: TagSettings, clients: Clients) -> TaggingPlan:
    """Return what to tag now, with the tags of what it belongs to; raise `NotYetError` while that has none.

    One read; `ClientError` when it fails.
    """
    at = timestamp(event.get("time")) or now()
    planned = TaggingPlan(
        api_call="ec2.amazonaws.com:RunInstances",
        event_id=str(event["id"]),
        account=str(event["account"]),
        home=str(event["region"]),
        region=str(event["region"]),
        at=at,
        key=settings.created_by_key,
    )
    if event["detail-type"] == IMAGE_STATE:
        planned = msgspec.structs.replace(planned, api_call="ec2.amazonaws.com:CreateImage")
    ec2 = clients("ec2", planned.region)
    try:
        tags, arns = (
            _image(event, planned, ec2) if event["detail-type"] == IMAGE_STATE else _instance(event, planned, ec2)
        )
    except ClientError as error:
        # It is gone already.
        if "NotFound" not in error.response["Error"]["Code"]:
            raise
        return msgspec.structs.replace(planned, reason="it is gone")
    return _with_tags(planned, {key: tags[key] for key in _keys(settings) if key in tags}, arns)


def _with_tags(planned: TaggingPlan, tags: dict[str, str], arns: tuple[str, ...]) -> TaggingPlan:
    if not arns:
        return msgspec.structs.replace(planned, reason="nothing was made with it")
    if planned.key in tags:
        return msgspec.structs.replace(planned, created_by=tags[planned.key], tags=tags, arns=arns)
    if planned.at and now() - planned.at < _PATIENCE:
        raise NotYetError(f"no creator yet for {', '.join(arns)}")
    return msgspec.structs.replace(planned, reason="what it belongs to has no creator")


def _keys(settings: TagSettings) -> tuple[str, ...]:
    own = (settings.created_by_key, settings.created_at_key, settings.created_via_key, settings.created_by_role_key)
    return (*own, *settings.fixed)


def _instance(event: Mapping[str, Any], planned: TaggingPlan, ec2: Any) -> tuple[dict[str, str], tuple[str, ...]]:
    answer = ec2.describe_instances(InstanceIds=[event["detail"]["instance-id"]])
    instance: Mapping[str, Any] = next(
        (one for reservation in answer["Reservations"] for one in reservation["Instances"]), {}
    )
    here = f"arn:{partition_of(planned.home)}:ec2:{planned.home}:{planned.account}"
    return _tags(instance), tuple(f"{here}:{one}" for one in _made_with(instance, planned.at))


def _made_with(instance: Mapping[str, Any], at: datetime | None) -> Iterator[str]:
    """Yield the volumes and network interfaces that were made with an instance, as `volume/vol-…`."""
    for mapping in instance.get("BlockDeviceMappings", ()):
        volume = mapping.get("Ebs", {})
        if volume.get("VolumeId") and _is_new(volume.get("AttachTime"), at):
            yield f"volume/{volume['VolumeId']}"
    for interface in instance.get("NetworkInterfaces", ()):
        if _is_new(interface.get("Attachment", {}).get("AttachTime"), at):
            yield f"network-interface/{interface['NetworkInterfaceId']}"


def _is_new(attached: datetime | None, at: datetime | None) -> bool:
    return attached is not None and at is not None and abs(at - attached) < _MADE_WITH


def _image(event: Mapping[str, Any], planned: TaggingPlan, ec2: Any) -> tuple[dict[str, str], tuple[str, ...]]:
    answer = ec2.describe_images(ImageIds=[event["detail"]["ImageId"]], Owners=["self"])
    image: Mapping[str, Any] = next(iter(answer["Images"]), {})
    mappings = image.get("BlockDeviceMappings", ())
    snapshots = [one["Ebs"]["SnapshotId"] for one in mappings if one.get("Ebs", {}).get("SnapshotId")]
    here = f"arn:{partition_of(planned.home)}:ec2:{planned.home}::snapshot"
    return _tags(image), tuple(f"{here}/{one}" for one in snapshots)


def _tags(one: Mapping[str, Any]) -> dict[str, str]:
    return {pair["Key"]: pair["Value"] for pair in one.get("Tags", ())}
