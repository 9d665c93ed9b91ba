"""AWS Backup."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection

_BACKUP = "arn:{partition}:backup:{region}:{account}:"


@detection(
    title="Backups of account {account} removed or unprotected ({eventName} on {resource})",
    severity=Severity.HIGH,
    api_calls=calls(
        "backup",
        "DeleteRecoveryPoint",
        "DeleteBackupVault",
        "DeleteBackupVaultLockConfiguration",
        "DeleteBackupPlan",
        "DeleteBackupSelection",
        "PutBackupVaultAccessPolicy",
        "DeleteBackupVaultAccessPolicy",
        "UpdateRecoveryPointLifecycle",
        "DisassociateRecoveryPoint",
    ),
    resource=ResourceArn(
        _BACKUP + "backup-vault:{id}",
        ("requestParameters.recoveryPointArn", "requestParameters.backupVaultName"),
        fallback=ResourceArn(_BACKUP + "backup-plan:{id}", ("requestParameters.backupPlanId",)),
    ),
    attack="T1490",
)
def tampered(event: CloudTrailEvent) -> bool:
    """A vault, its lock, a plan or a recovery point went away; AWS Backup's own expiry is not meant.

    False positives: planned changes of the backup plan.
    Response: ask the actor at once; this is what comes before ransom.
    """
    return event.actor.role != "AWSServiceRoleForBackup"
