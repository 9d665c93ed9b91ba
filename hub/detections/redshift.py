"""Redshift."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection
from hub.detections.settings import DetectionSettings

_ANY_SNAPSHOT = ResourceArn(
    "arn:{partition}:redshift:{region}:{account}:snapshot:*/{id}", ("requestParameters.snapshotIdentifier",)
)


@detection(
    title="Redshift cluster {resource} of account {account} was exposed, shared, or its audit log switched off",
    severity=Severity.HIGH,
    api_calls=calls(
        "redshift",
        "CreateCluster",
        "ModifyCluster",
        "DisableLogging",
        "RestoreFromClusterSnapshot",
        "AuthorizeSnapshotAccess",
    ),
    resource=ResourceArn(
        "arn:{partition}:redshift:{region}:{account}:cluster:{id}",
        ("requestParameters.clusterIdentifier",),
        fallback=_ANY_SNAPSHOT,
    ),
    attack="T1133",
)
def public_or_logging_off(event: CloudTrailEvent, settings: DetectionSettings) -> bool:
    """A warehouse got an address on the Internet, lost its audit log, or its snapshot went to a stranger.

    False positives: test clusters.
    Response: make it private, switch the log on, withdraw the share; see who connected meanwhile.
    """
    if event.name == "DisableLogging":
        return True
    if event.name == "AuthorizeSnapshotAccess":
        account = event.request.text("accountWithRestoreAccess")
        return account not in {event.account_id, *settings.organization_accounts}
    return event.request.is_true("publiclyAccessible")
