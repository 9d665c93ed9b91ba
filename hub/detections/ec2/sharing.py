"""Images and disks that leave the account."""

from collections.abc import Iterable

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings

# The ARNs of snapshots and images carry no account.
_SNAPSHOT = ResourceArn("arn:{partition}:ec2:{region}::snapshot/{id}", ("requestParameters.snapshotId",))
_IMAGE = ResourceArn("arn:{partition}:ec2:{region}::image/{id}", ("requestParameters.imageId",))
_EXPORTED = ResourceArn(
    "arn:{partition}:ec2:{region}:{account}:instance/{id}",
    ("requestParameters.instanceId",),
    fallback=_IMAGE,
)


def _strangers(accounts: Iterable[str], event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    known = {event.account_id, *settings.organization_accounts}
    foreign = sorted(set(accounts) - known)
    return Match(details={"accounts": foreign, "with": ", ".join(foreign)}) if foreign else False


@detection(
    title="Snapshot {resource} of account {account} made public",
    severity=Severity.CRITICAL,
    api_calls=calls("ec2", "ModifySnapshotAttribute"),
    resource=_SNAPSHOT,
    family="ec2.snapshot",
    attack="T1537",
    lookup="public_snapshot",
)
def snapshot_public(event: CloudTrailEvent) -> bool:
    """Anyone may make a disk from the snapshot and read it; closed where the account blocks all public snapshots.

    False positives: test data that is meant for everybody.
    Response: make it private now; treat its content as copied: rotate every secret on the disk.
    """
    return "all" in event.request.texts("createVolumePermission.add.group")


@detection(
    title="Snapshot {resource} of account {account} shared with {with}",
    severity=Severity.HIGH,
    api_calls=calls("ec2", "ModifySnapshotAttribute"),
    resource=_SNAPSHOT,
    family="ec2.snapshot",
    attack="T1537",
)
def snapshot_shared_external(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """An account outside the organization may read the disk.

    False positives: backup vendors.
    Response: find out whose account it is; stop sharing; treat the content as copied if nobody knows it.
    """
    return _strangers(event.request.texts("createVolumePermission.add.userId"), event, settings)


@detection(
    title="Image {resource} of account {account} made public",
    severity=Severity.HIGH,
    api_calls=calls("ec2", "ModifyImageAttribute"),
    resource=_IMAGE,
    family="ec2.image",
    attack="T1537",
    lookup="public_image",
)
def ami_public(event: CloudTrailEvent) -> bool:
    """Anyone may start the image and read its disks.

    False positives: images that the organization publishes.
    Response: make it private; rotate every secret that was on it.
    """
    return "all" in event.request.texts("launchPermission.add.group")


@detection(
    title="Image {resource} of account {account} shared with {with}",
    severity=Severity.HIGH,
    api_calls=calls("ec2", "ModifyImageAttribute"),
    resource=_IMAGE,
    family="ec2.image",
    attack="T1537",
)
def ami_shared_external(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """An account outside the organization may start the image and read its disks.

    False positives: vendors who support a machine.
    Response: find out whose account it is; stop sharing; rotate every secret that was on the image.
    """
    return _strangers(event.request.texts("launchPermission.add.userId"), event, settings)


@detection(
    title="Protection against public sharing or unencrypted disks switched off in {region} of account {account}",
    severity=Severity.HIGH,
    api_calls=calls(
        "ec2",
        "DisableSnapshotBlockPublicAccess",
        "DisableImageBlockPublicAccess",
        "DisableEbsEncryptionByDefault",
        "DisableAllowedImagesSettings",
        "EnableSnapshotBlockPublicAccess",
    ),
    attack="T1562.001",
)
def block_public_access_disabled(event: CloudTrailEvent) -> bool:
    """A guard of the whole account was switched off, or lowered so that what is public already stays public.

    False positives: an account that publishes images.
    Response: switch the guard on again; look for snapshots and images that were shared meanwhile.
    """
    is_enabling = event.name == "EnableSnapshotBlockPublicAccess"
    return not is_enabling or event.request.text("state") == "block-new-sharing"


@detection(
    title="{resource} of account {account} was exported out of EC2 ({eventName})",
    severity=Severity.HIGH,
    api_calls=calls("ec2", "CreateInstanceExportTask", "ExportImage", "CreateStoreImageTask"),
    resource=_EXPORTED,
    attempts=True,
    attack="T1537",
)
def image_or_volume_exported(_event: CloudTrailEvent) -> bool:
    """A machine's disks were written to a bucket as files.

    False positives: migrations.
    Response: see who owns the bucket and who may read it; delete the export if nobody asked for it.
    """
    return True
