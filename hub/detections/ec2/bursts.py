"""Many of the same within minutes: machines stopped, copies deleted, machines entered."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from hub.detections.callers import CALLER, MINUTE, principal
from hub.detections.detection import calls, detection
from hub.detections.window import Window

_TEN_MINUTES = 10 * MINUTE


def _instances(event: CloudTrailEvent) -> list[str]:
    return event.request.texts("instancesSet.items[].instanceId") or event.request.texts("instanceId")


def _copies(event: CloudTrailEvent) -> list[str]:
    return [one for name in ("snapshotId", "imageId", "volumeId") for one in event.request.texts(name)]


@detection(
    title="{actor} deleted {count} or more snapshots, images or volumes of account {account} within {minutes} minutes",
    severity=Severity.HIGH,
    api_calls=calls("ec2", "DeleteSnapshot", "DeregisterImage", "DeleteVolume"),
    resource=CALLER,
    window=Window(by=principal, seconds=_TEN_MINUTES, count=10, counting=_copies),
    attack="T1485",
)
def snapshots_deleted_burst(_event: CloudTrailEvent) -> bool:
    """Copies of data go in quick succession: this is how somebody makes a loss final, or prepares extortion.

    False positives: clean-up jobs that run under a role of their own (exclude the role).
    Response: ask the actor at once. If nobody knows of it, revoke the caller's sessions, look in the Recycle Bin for
    what can still be restored, and check AWS Backup's vaults next: they are what is deleted afterwards.
    """
    return True


@detection(
    title="{actor} stopped or terminated {count} or more instances of account {account} within {minutes} minutes",
    severity=Severity.MEDIUM,
    api_calls=calls("ec2", "TerminateInstances", "StopInstances"),
    resource=CALLER,
    window=Window(by=principal, seconds=_TEN_MINUTES, count=10, counting=_instances),
    attack="T1485",
)
def instances_stopped_burst(_event: CloudTrailEvent) -> bool:
    """Machines go down in numbers; the finding lists them.

    False positives: schedulers that switch test environments off in the evening (exclude their role).
    Response: ask the actor; what was stopped can be started again, what was terminated must be rebuilt from images
    and snapshots. If nobody knows of it, revoke the caller's sessions before anything is started again.
    """
    return True


@detection(
    title="{actor} pushed SSH keys to {count} or more instances of account {account} within {minutes} minutes",
    severity=Severity.HIGH,
    api_calls=calls("ec2-instance-connect", "SendSSHPublicKey", "SendSerialConsoleSSHPublicKey", "OpenTunnel"),
    resource=CALLER,
    window=Window(by=principal, seconds=_TEN_MINUTES, count=3, counting=_instances),
    attack="T1021.004",
)
def ssh_key_pushed_burst(_event: CloudTrailEvent) -> bool:
    """One caller enters machine after machine: lateral movement looks like this.

    False positives: operators who work through a fleet by hand, tools that do so (exclude their role).
    Response: ask the actor. If it was not they, revoke their sessions, then isolate the machines that the finding
    lists: whoever came in may have left keys of their own in authorized_keys.
    """
    return True


@detection(
    title="{actor} read {count} or more Windows passwords of account {account} within {minutes} minutes",
    severity=Severity.HIGH,
    api_calls=calls("ec2", "GetPasswordData"),
    resource=CALLER,
    attempts=True,
    window=Window(by=principal, seconds=_TEN_MINUTES, count=5, counting=_instances),
    attack="T1552",
)
def password_data_read_burst(_event: CloudTrailEvent) -> bool:
    """The administrators' passwords of many Windows machines were asked for; with the key pair they can be decrypted.

    False positives: a tool that takes stock of machines (exclude its role).
    Response: ask the actor. If it was not they, revoke the caller's sessions and change the administrator's password
    on the machines that the finding lists.
    """
    return True
