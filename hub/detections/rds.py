"""Databases of RDS, Aurora, Neptune and DocumentDB, which share one event source."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.network import is_world
from contract.resource import ResourceArn, first_named
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import shared_with, strangers

_FAMILY = "rds"
_SNAPSHOT_SHARING = calls("rds", "ModifyDBSnapshotAttribute", "ModifyDBClusterSnapshotAttribute")
_RDS = "arn:{partition}:rds:{region}:{account}:"
_EXPORTED = ResourceArn(_RDS + "snapshot:{id}", ("requestParameters.sourceArn",))
_CLUSTER = (_RDS + "cluster:{id}", ["requestParameters.dBClusterIdentifier"])
_SNAPSHOT = (_RDS + "snapshot:{id}", ["requestParameters.dBSnapshotIdentifier"])
_CLUSTER_SNAPSHOT = (_RDS + "cluster-snapshot:{id}", ["requestParameters.dBClusterSnapshotIdentifier"])
_GLOBAL = ("arn:{partition}:rds::{account}:global-cluster:{id}", ["requestParameters.globalClusterIdentifier"])
_BACKUP = (
    _RDS + "auto-backup:{id}",
    [
        "responseElements.dBInstanceAutomatedBackupArn",
        "responseElements.dBInstanceAutomatedBackupsArn",
        "responseElements.dBClusterAutomatedBackupArn",
        "responseElements.dBClusterArn",
        "requestParameters.dbiResourceId",
        "requestParameters.dbClusterResourceId",
    ],
)
# A replica's or a restored database's call names its source too: the new one first.
_DATABASE = first_named(
    (_RDS + "db:{id}", ["requestParameters.dBInstanceIdentifier"]),
    _CLUSTER,
    _SNAPSHOT,
    _CLUSTER_SNAPSHOT,
    _GLOBAL,
    _BACKUP,
)
_ANY_SNAPSHOT = first_named(_SNAPSHOT, _CLUSTER_SNAPSHOT)
# A new snapshot's call names its database too: the snapshot is what leaves.
_NEW_SNAPSHOT = first_named(
    (
        _RDS + "snapshot:{id}",
        [
            "responseElements.dBSnapshotArn",
            "responseElements.dBClusterSnapshotArn",
            "requestParameters.targetDBSnapshotIdentifier",
            "requestParameters.dBSnapshotIdentifier",
        ],
    ),
    (
        _RDS + "cluster-snapshot:{id}",
        ["requestParameters.targetDBClusterSnapshotIdentifier", "requestParameters.dBClusterSnapshotIdentifier"],
    ),
)


@detection(
    title="Database {resource} of account {account} made publicly accessible",
    severity=Severity.HIGH,
    api_calls=calls(
        "rds",
        "CreateDBInstance",
        "ModifyDBInstance",
        "RestoreDBInstanceFromDBSnapshot",
        "RestoreDBInstanceToPointInTime",
        "CreateDBInstanceReadReplica",
        "CreateDBCluster",
        "ModifyDBCluster",
        "RestoreDBInstanceFromS3",
    ),
    resource=_DATABASE,
    family=_FAMILY,
    attack="T1133",
    lookup="public_database",
)
def instance_public(event: CloudTrailEvent) -> bool:
    """The database has an address on the Internet; CRITICAL when its security groups let everybody through to it.

    Where the call does not say, the answer to a new database's does; a changed one's only tells how it was before.

    False positives: test databases.
    Response: make it private (rds:ModifyDBInstance, PubliclyAccessible false). Check which addresses its security
    groups let in, and its log for foreign sign-ins; change the master password if there were any.
    """
    is_said = "publiclyAccessible" in event.request or event.name.startswith("Modify")
    return (event.request if is_said else event.response).is_true("publiclyAccessible")


def _may_restore(event: CloudTrailEvent) -> list[str]:
    """Who may restore a snapshot from now on."""
    return event.request.texts("valuesToAdd") if event.request.text("attributeName") == "restore" else []


@detection(
    title="Database snapshot {resource} of account {account} made public",
    severity=Severity.CRITICAL,
    api_calls=_SNAPSHOT_SHARING,
    resource=_ANY_SNAPSHOT,
    family=_FAMILY,
    attack="T1537",
)
def snapshot_public(event: CloudTrailEvent) -> bool:
    """Anyone may restore the snapshot and read the database.

    False positives: public test data.
    Response: take the share away now (rds:ModifyDBSnapshotAttribute, remove all). Treat its content as copied: tell the
    data's owner, rotate the passwords and keys that were stored in it, and ask the actor.
    """
    return "all" in _may_restore(event)


@detection(
    title="Database snapshot {resource} of account {account} shared with {with}",
    severity=Severity.HIGH,
    api_calls=_SNAPSHOT_SHARING,
    resource=_ANY_SNAPSHOT,
    family=_FAMILY,
    attack="T1537",
)
def snapshot_shared_external(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """An account outside the organization may restore the snapshot and read the database.

    False positives: backup vendors, until trusted_accounts names their accounts.
    Response: ask the database's owner. Otherwise stop sharing (RDS console, Snapshots, Share snapshot), see whether the
    snapshot's key is shared with the account too, and treat the content as copied: tell the data's owner.
    """
    return shared_with(strangers(_may_restore(event), event, settings))


@detection(
    title="Unencrypted database {resource} created in account {account}",
    severity=Severity.MEDIUM,
    api_calls=calls("rds", "CreateDBInstance", "CreateDBCluster", "RestoreDBInstanceFromS3"),
    resource=_DATABASE,
    family=_FAMILY,
    attack="T1530",
)
def unencrypted(event: CloudTrailEvent) -> bool:
    """The database's disks are not encrypted, and cannot be without copying it.

    False positives: an instance of an Aurora cluster, whose cluster says it; those are not meant.
    Response: before it fills, copy its snapshot with a key (rds:CopyDBSnapshot with KmsKeyId) and restore from the
    copy: a database's disks cannot be encrypted afterwards. Ask the owner what it will hold.
    """
    is_cluster_member = event.name != "CreateDBCluster" and "dBClusterIdentifier" in event.request
    return event.response.is_false("storageEncrypted") and not is_cluster_member


@detection(
    title="Deletion protection or backups of database {resource} of account {account} switched off",
    severity=Severity.HIGH,
    api_calls=calls("rds", "ModifyDBInstance", "ModifyDBCluster", "ModifyGlobalCluster"),
    resource=_DATABASE,
    family=_FAMILY,
    attack="T1490",
)
def deletion_protection_disabled(event: CloudTrailEvent) -> bool:
    """The database may now be deleted, or has no backups any more: the usual step before destroying it.

    False positives: planned removals.
    Response: ask the actor at once. If they do not answer, switch it on again (rds:ModifyDBInstance or
    ModifyDBCluster), take a snapshot, copy it to another account, and end the actor's sessions.
    """
    return event.request.is_false("deletionProtection") or event.request.text("backupRetentionPeriod") == "0"


@detection(
    title="Database {resource} of account {account} deleted without a final snapshot",
    severity=Severity.HIGH,
    api_calls=calls("rds", "DeleteDBInstance", "DeleteDBCluster"),
    resource=_DATABASE,
    family=_FAMILY,
    attack="T1485",
)
def deleted_without_snapshot(event: CloudTrailEvent) -> bool:
    """The database is gone, and nothing was kept by the deletion.

    False positives: test databases; instances of an Aurora cluster, whose data the cluster keeps.
    Response: look for automated backups and older snapshots now (rds:DescribeDBInstanceAutomatedBackups,
    DescribeDBSnapshots): copy them before they expire, then restore. Ask the actor, and end their sessions if they
    cannot explain it.
    """
    return event.request.is_true("skipFinalSnapshot")


@detection(
    title="{resource} of account {account} deleted ({eventName})",
    severity=Severity.MEDIUM,
    api_calls=calls(
        "rds",
        "DeleteDBInstance",
        "DeleteDBCluster",
        "DeleteGlobalCluster",
        "DeleteDBSnapshot",
        "DeleteDBClusterSnapshot",
        "DeleteDBInstanceAutomatedBackup",
        "DeleteDBClusterAutomatedBackup",
    ),
    resource=_DATABASE,
    family=_FAMILY,
    attack="T1485",
)
def deleted(_event: CloudTrailEvent) -> bool:
    """A database, a snapshot or a backup was deleted.

    False positives: test databases, retention jobs.
    Response: ask the actor. Look for what is left (rds:DescribeDBSnapshots, DescribeDBInstanceAutomatedBackups, AWS
    Backup); many deletions in a row are an attack on the backups: end the actor's sessions before anything else.
    """
    return True


@detection(
    title="Master password of database {resource} of account {account} changed",
    severity=Severity.MEDIUM,
    api_calls=calls("rds", "ModifyDBInstance", "ModifyDBCluster"),
    resource=_DATABASE,
    family=_FAMILY,
    attack="T1098",
)
def master_password_changed(event: CloudTrailEvent) -> bool:
    """Somebody gave the database's administrator another password.

    False positives: rotation.
    Response: ask the owner, and look whether Secrets Manager rotates it. Otherwise set another one
    (rds:ModifyDBInstance) and put it where applications read it, then read the database's sign-in log for whoever
    used the one between.
    """
    return "masterUserPassword" in event.request


@detection(
    title="Snapshot {requestParameters.sourceArn} of account {account} exported under a key of {with}",
    severity=Severity.HIGH,
    api_calls=calls("rds", "StartExportTask"),
    resource=_EXPORTED,
    family=_FAMILY,
    attack="T1537",
)
def export_external(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """The files of an export are encrypted for an account outside the organization, whose owner can read them.

    False positives: exports for partners, until trusted_accounts names their accounts.
    Response: cancel the export (rds:CancelExportTask). If it is done, treat the data as copied and tell its owner; the
    bucket (s3BucketName) is likely the stranger's too. End the actor's sessions.
    """
    return shared_with(strangers([event.request.text("kmsKeyId")], event, settings))


@detection(
    title="Snapshot {requestParameters.sourceArn} of account {account} exported to bucket {bucket}",
    severity=Severity.HIGH,
    api_calls=calls("rds", "StartExportTask"),
    resource=_EXPORTED,
    family=_FAMILY,
    attack="T1537",
)
def export_to_s3(event: CloudTrailEvent) -> Match:
    """The whole content of a snapshot was written to a bucket as files.

    False positives: data warehouses that are filled this way.
    Response: see in requestParameters who owns the bucket and the key. If nobody asked for it, cancel the export
    (rds:CancelExportTask), delete the files, and treat the data as copied.
    """
    return Match(details={"bucket": event.request.text("s3BucketName"), "key": event.request.text("kmsKeyId")})


@detection(
    title="Database security group {requestParameters.dBSecurityGroupName} of account {account} opened",
    severity=Severity.MEDIUM,
    api_calls=calls("rds", "AuthorizeDBSecurityGroupIngress"),
    resource=ResourceArn(_RDS + "secgrp:{id}", ("requestParameters.dBSecurityGroupName",)),
    family=_FAMILY,
    attack="T1562.007",
)
def db_security_group_opened(event: CloudTrailEvent) -> bool | Match:
    """A group of EC2-Classic days lets more addresses reach a database; HIGH when it is the whole Internet.

    False positives: none left, EC2-Classic is closed.
    Response: revoke the rule (rds:RevokeDBSecurityGroupIngress); move the database into a VPC, these groups are a thing
    of the past. Read the database's sign-in log.
    """
    return Match(severity=Severity.HIGH) if is_world(event.request.get("cIDRIP")) else True


@detection(
    title="Activity stream of database {resource} of account {account} stopped",
    severity=Severity.HIGH,
    api_calls=calls("rds", "StopActivityStream"),
    resource=ResourceArn(_RDS + "cluster:{id}", ("requestParameters.resourceArn",)),
    family=_FAMILY,
    attack="T1562.008",
)
def activity_stream_stopped(_event: CloudTrailEvent) -> bool:
    """What happens in the database is no longer recorded.

    False positives: planned maintenance.
    Response: start the stream again (rds:StartActivityStream). Compare the gap with the database's own log, and ask the
    actor what was not to be seen.
    """
    return True


@detection(
    title="Role added to database {resource} of account {account}",
    severity=Severity.LOW,
    api_calls=calls("rds", "AddRoleToDBInstance", "AddRoleToDBCluster"),
    resource=_DATABASE,
    family=_FAMILY,
    attack="T1098.003",
)
def iam_role_added(event: CloudTrailEvent) -> Match:
    """The database may act in AWS as a role, and so may whoever can run SQL on it.

    False positives: imports from and exports to S3.
    Response: compare the role's rights with what the database needs.
    """
    return Match(details={"role": event.request.text("roleArn")})


@detection(
    title="Database snapshot {resource} copied into {region} of account {account}",
    severity=Severity.LOW,
    api_calls=calls("rds", "CopyDBSnapshot", "CopyDBClusterSnapshot"),
    resource=_NEW_SNAPSHOT,
    family=_FAMILY,
    attack="T1537",
)
def snapshot_copied(event: CloudTrailEvent) -> bool | Match:
    """A copy of a database was made, perhaps in another Region or under another key; AWS Backup's are not meant.

    False positives: copies for disaster recovery.
    Response: ask the actor; see who may read the copy and its key; delete it if nobody asked for it.
    """
    if event.is_by_service:
        return False
    source = event.request.text("sourceDBSnapshotIdentifier") or event.request.text("sourceDBClusterSnapshotIdentifier")
    return Match(details={"source": source, "key": event.request.text("kmsKeyId")})


@detection(
    title="Database snapshot {resource} taken in account {account}",
    severity=Severity.INFORMATIONAL,
    api_calls=calls("rds", "CreateDBSnapshot", "CreateDBClusterSnapshot"),
    resource=_NEW_SNAPSHOT,
    family=_FAMILY,
    attack="T1578.001",
)
def snapshot_created(event: CloudTrailEvent) -> bool:
    """Somebody took a snapshot by hand; AWS Backup's are not meant.

    False positives: the step before a planned change.
    Response: only in an investigation: a snapshot, then a copy or a share of it, is how a database leaves.
    """
    return not event.is_by_service
