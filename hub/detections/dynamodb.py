"""DynamoDB."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.policy import policy_of
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import let_in, shared_with, strangers

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
    Response: for an export, check that the bucket in requestParameters.s3Bucket is yours, and treat the table as copied
    if it is not. A deleted table comes back from its last backup, or from its system backup (kept for 35 days if
    point-in-time recovery was on): restore before you ask why.
    """
    if event.name == "UpdateContinuousBackups":
        return event.request.is_false("pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled")
    if event.name == "UpdateTable":
        return event.request.is_false("deletionProtectionEnabled")
    return True


@detection(
    title="Table {resource} of account {account} exported to a bucket of {with}",
    severity=Severity.HIGH,
    api_calls=calls("dynamodb", "ExportTableToPointInTime"),
    resource=_TABLE,
    family="dynamodb.exported_or_deleted",
    attack="T1537",
)
def exported_external(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """The whole table was written to a bucket whose owner, as the call says, is outside the organization.

    False positives: exports to partners, until trusted_accounts names their accounts.
    Response: treat the table as copied and tell its owner; nothing fetches it back. End the actor's sessions, and look
    in CloudTrail for other exports and snapshots of theirs.
    """
    return shared_with(strangers([event.request.text("s3BucketOwner")], event, settings))


@detection(
    title="Table {resource} of account {account} opened to {with}",
    severity=Severity.HIGH,
    api_calls=calls("dynamodb", "PutResourcePolicy", "CreateTable"),
    resource=ResourceArn(_TABLE.template, ("requestParameters.resourceArn", *_TABLE.paths)),
    attack="T1537",
)
def table_policy_external(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """An account outside the organization may read or write the table, or its stream, by a policy of the table's own.

    False positives: partners, until trusted_accounts names their accounts.
    Response: ask the table's owner. Otherwise DeleteResourcePolicy (DynamoDB console, Permissions), and read the
    table's data events, where a trail records them, for what the account fetched meanwhile.
    """
    written = event.request.get("policy") or event.request.get("resourcePolicy")
    return shared_with(let_in(policy_of(written), event, settings))
