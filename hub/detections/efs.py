"""File systems."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.policy import policy_of
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import let_in, shared_with


@detection(
    title="File system {resource} of account {account} deleted, cut off or opened ({eventName})",
    severity=Severity.MEDIUM,
    api_calls=calls(
        "elasticfilesystem", "DeleteFileSystem", "DeleteMountTarget", "DeleteFileSystemPolicy", "PutFileSystemPolicy"
    ),
    resource=ResourceArn(
        "arn:{partition}:elasticfilesystem:{region}:{account}:file-system/{id}",
        ("requestParameters.fileSystemId", "requestParameters.mountTargetId"),
    ),
    attempts=True,
    attack="T1485",
)
def deleted_or_opened(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """A file system, its way into the network or its policy went away, or its policy lets everybody or a stranger in.

    False positives: the clean-up of test stacks; partners, until trusted_accounts names their accounts.
    Response: ask the actor; a deleted file system comes back only from AWS Backup or a replica: start that restore
    first. Mount targets can be created again. Restrict an open policy and see who mounted meanwhile (`ClientMount`).
    """
    if event.name != "PutFileSystemPolicy":
        return True
    policy = policy_of(event.request.get("policy"))
    return policy.is_public or shared_with(let_in(policy, event, settings))
