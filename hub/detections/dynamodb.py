"""DynamoDB."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection

_TABLE = ResourceArn(
    "arn:{partition}:dynamodb:{region}:{account}:table/{id}",
    ("requestParameters.tableArn", "requestParameters.tableName", "requestParameters.backupArn"),
)


@detection(
    title="Table {resource} of account {account} exported, deleted or unprotected ({eventName})",
    severity=Severity.MEDIUM,
    api_calls=calls(
        "dynamodb", "ExportTableToPointInTime", "DeleteTable", "UpdateContinuousBackups", "DeleteBackup", "UpdateTable"
    ),
    resource=_TABLE,
    attack="T1485",
)
def exported_or_deleted(event: CloudTrailEvent) -> bool:
    """A table left as a file, was deleted, or lost its backups or its protection.

    False positives: planned exports, the clean-up of test stacks.
    Response: ask the actor; a deleted table can be restored from its last backup for 35 days.
    """
    if event.name == "UpdateContinuousBackups":
        return event.request.is_false("pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled")
    if event.name == "UpdateTable":
        return event.request.is_false("deletionProtectionEnabled")
    return True
