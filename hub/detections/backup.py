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
    """A vault, its lock, a plan or a recovery point went away: what could be restored may be lost.

    AWS Backup's own expiry is not meant.

    False positives: planned changes of the backup plan.
    Response: ask the actor now, and end their sessions if they do not answer: this is what comes before ransom. In AWS
    Backup, check that recovery points of other vaults are complete, lock those vaults, and recreate the plan or the
    vault's lock.
    """
    return event.actor.role != "AWSServiceRoleForBackup"
