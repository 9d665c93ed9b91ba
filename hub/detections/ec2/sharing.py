"""Images and disks that leave the account, or are lost to it."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Mode, Severity
from contract.resource import ResourceArn
from hub.detections.callers import CALLER, DAY, principal
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import shared_with, strangers
from hub.detections.window import Window

# The ARNs of snapshots and images carry no account.
_SNAPSHOT = ResourceArn("arn:{partition}:ec2:{region}::snapshot/{id}", ("requestParameters.snapshotId",))
_IMAGE = ResourceArn("arn:{partition}:ec2:{region}::image/{id}", ("requestParameters.imageId",))
_EXPORTED = ResourceArn(
    "arn:{partition}:ec2:{region}:{account}:instance/{id}",
    ("requestParameters.instanceId",),
    fallback=_IMAGE,
)
# Whom an image can be shared with; snapshots know accounts only.
_IMAGE_USERS = ("userId", "organizationArn", "organizationalUnitArn")


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
    Response: take the share away now (ec2:ModifySnapshotAttribute, remove group all), and switch on block public access
    for snapshots. Treat its content as copied: rotate every secret that was on the disk and tell the data's owner.
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
    """An account outside the organization may read the disk; what AWS's own scanners share for a while is not meant.

    False positives: backup vendors, until trusted_accounts names their accounts.
    Response: find out whose account it is (ask the actor; vendors publish their ids). If nobody knows it, stop sharing
    (ec2:ModifySnapshotAttribute), end the actor's sessions, treat the content as copied and rotate the secrets on it.
    """
    # GuardDuty's malware protection shares with an account of AWS, by its service-linked role.
    if event.actor.kind == "service-linked-role":
        return False
    return shared_with(strangers(event.request.texts("createVolumePermission.add.userId"), event, settings))


@detection(
    title="Snapshot {resource} of account {account} was copied or mounted by account {with}",
    severity=Severity.HIGH,
    api_calls=calls("ec2", "SharedSnapshotCopyInitiated", "SharedSnapshotVolumeCreated"),
    resource=ResourceArn(_SNAPSHOT.template, ("serviceEventDetails.snapshotId",)),
    family="ec2.snapshot",
    attack="T1537",
)
def shared_snapshot_used_by_other(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """An account outside the organization took a copy of a disk, or made a disk of it: what it held is out.

    False positives: backup vendors, and AWS's scanners (GuardDuty malware protection), until trusted_accounts names
    their accounts.
    Response: the copy cannot be called back. Stop sharing the snapshot (EC2 console, Snapshots, Permissions); find who
    shared it (ModifySnapshotAttribute); rotate every secret that was on the disk and tell the owner of its data.
    """
    return shared_with(strangers([event.identity.text("accountId")], event, settings))


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

    False positives: images that the organization publishes; an account that blocks public images as a whole.
    Response: make it private (ec2:ModifyImageAttribute, remove group all) and switch on block public access for images.
    Rotate every secret that was on its disks: anyone could have started it.
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
    """An account, or another organization, may start the image and read its disks.

    False positives: vendors who support a machine, until trusted_accounts names their accounts.
    Response: find out whose account it is. If it is nobody's that you know, take the share away
    (ec2:ModifyImageAttribute, or ResetImageAttribute for all), look at the image's snapshots, which may be shared
    too, and rotate every secret that was on it.
    """
    added = [name for field in _IMAGE_USERS for name in event.request.texts(f"launchPermission.add.{field}")]
    return shared_with(strangers(added, event, settings))


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
    Response: switch the guard on again (ec2:EnableSnapshotBlockPublicAccess, EnableImageBlockPublicAccess,
    EnableEbsEncryptionByDefault). Then look for snapshots and images of this Region that were shared meanwhile, and ask
    the actor which one was meant.
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
    Response: see in requestParameters which bucket got it, who owns it and who may read it. If nobody asked for it,
    cancel the task (ec2:CancelExportTask), delete the file, and treat the machine's secrets as copied.
    """
    return True


# A block can only be read with a token from these lists, which are far fewer calls than the reads (EBS guide, "Use EBS
# direct APIs to read snapshots").
@detection(
    title="{actor} reads snapshot {snapshot} of account {account} block by block, for the first time in 30 days",
    severity=Severity.HIGH,
    api_calls=calls("ebs", "ListSnapshotBlocks", "ListChangedBlocks"),
    resource=CALLER,
    window=Window(by=principal, seconds=30 * DAY),
    attack="T1537",
)
def snapshot_blocks_read(event: CloudTrailEvent) -> Match:
    """A caller who did not do so lately reads a disk by the EBS direct APIs, which needs neither a share nor a volume.

    Only seen where a trail records data events of snapshots.

    False positives: backup products and scanners of disks, on their first day.
    Response: if nobody knows why this caller copies disks, revoke its sessions; list what else it read (data events
    ListSnapshotBlocks, GetSnapshotBlock), treat those disks as copied, and rotate the secrets on them.
    """
    snapshot = event.request.text("snapshotId") or event.request.text("secondSnapshotId")
    return Match(details={"snapshot": snapshot})


@detection(
    title="{actor} deleted {resource} of account {account} ({eventName})",
    severity=Severity.LOW,
    api_calls=calls("ec2", "DeleteSnapshot", "DeregisterImage"),
    resource=ResourceArn(_SNAPSHOT.template, _SNAPSHOT.paths, fallback=_IMAGE),
    mode=Mode.MONITOR,
    attack="T1485",
)
def image_deleted(event: CloudTrailEvent) -> bool:
    """A snapshot or an image was deleted by somebody; what backup services expire is not meant.

    False positives: retention jobs, builders of images.
    Response: only in an investigation: look in the Recycle Bin, which keeps it for as long as its rule says.
    """
    return not event.is_by_service
