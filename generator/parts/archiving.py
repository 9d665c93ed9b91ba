"""The archive: closed findings in S3 for years, what writes them there, and how to ask them."""

from troposphere import AWSObject, GetAtt, Ref, Sub
from troposphere.athena import (
    EncryptionConfiguration,
    NamedQuery,
    ResultConfiguration,
    WorkGroup,
    WorkGroupConfiguration,
)
from troposphere.events import Rule
from troposphere.glue import Column, Database, DatabaseInput, SerdeInfo, StorageDescriptor, Table, TableInput
from troposphere.s3 import (
    Bucket,
    DefaultRetention,
    LifecycleRuleTransition,
    LoggingConfiguration,
    ObjectLockConfiguration,
    ObjectLockRule,
)

from contract.archive import COLUMNS, FOLDER
from dashboard.archive.saved import SAVED
from generator import iam
from generator.config import Config
from generator.functions import ARCHIVER, LATE_ARCHIVER
from generator.parts.bucket import bucket_policy, expiring, private_bucket
from generator.parts.data_key import RETAINED
from generator.parts.function import Site, function
from generator.parts.queues import dead_letters, retried, work_queue
from generator.parts.sources import from_queue, from_rule
from generator.settings.archive import ObjectLock

ARCHIVE, LOGS = "Archive", "ArchiveLogs"
QUERIES = "queries/"
_STEPS = {"STANDARD_IA": 30, "GLACIER": 90, "DEEP_ARCHIVE": 365}
_KEPT, _LOGS_KEPT, _RESULTS_KEPT = 2_555, 400, 30  # days
_MOST_SCANNED = 100 * 1024**3


def archive(config: Config) -> list[AWSObject]:
    """Return the bucket of archived findings, that of its access logs and of answers, and the table over it."""
    bucket, logs = _archive(config), _logs()
    return [
        logs,
        bucket_policy(logs, [_log_delivery()]),
        bucket,
        bucket_policy(bucket, []),
        *_table(config),
        _workgroup(config),
        *_saved(config),
    ]


def archiver(site: Site) -> list[AWSObject]:
    """Return the archiver, which looks every hour whether a day is due, and goes on with one that it left."""
    config = site.config
    rule = Rule("ArchiverSchedule", Name=ARCHIVER.full_name(config.names), ScheduleExpression="rate(1 hour)")
    statements = [
        iam.use_items(GetAtt("FindingsTable", "Arn"), "BatchGetItem"),
        iam.query_index("FindingsTable", "SeverityTimestampIndex"),
        iam.use_items(GetAtt("StateTable", "Arn"), "GetItem", "PutItem"),
        iam.use_key(GetAtt("DataKey", "Arn"), "dynamodb"),
        *_writing(),
        iam.send_messages(GetAtt("ArchiverDeadLetters", "Arn")),
    ]
    failed = config.names.dead_letter_queue("archiver")
    return [
        *dead_letters("ArchiverDeadLetters", failed, {"events": [GetAtt(rule, "Arn")]}),
        *function(ARCHIVER, site, statements, config.findings.log_retention_days),
        retried(ARCHIVER, "ArchiverDeadLetters"),
        *from_rule(ARCHIVER, rule),
    ]


def late_archiver(site: Site) -> list[AWSObject]:
    """Return what archives findings that expired before their day was archived."""
    config = site.config
    statements = [iam.consume_queue(GetAtt("LateArchiverQueue", "Arn")), *_writing()]
    return [
        *work_queue(LATE_ARCHIVER, config, {}),
        *function(LATE_ARCHIVER, site, statements, config.findings.log_retention_days),
        from_queue(LATE_ARCHIVER, concurrency=2),
    ]


def _writing() -> list[iam.Statement]:
    objects = Sub(f"${{{ARCHIVE}.Arn}}/{FOLDER}*")
    return [iam.add_objects(objects), iam.encrypt_objects(GetAtt("DataKey", "Arn"))]


def _archive(config: Config) -> Bucket:
    lock = config.archive.object_lock
    rule = ObjectLockRule(
        DefaultRetention=DefaultRetention(Mode=lock.value.upper(), Days=config.archive.object_lock_days)
    )
    locked = ObjectLockConfiguration(ObjectLockEnabled="Enabled", Rule=rule)
    steps = [LifecycleRuleTransition(StorageClass=one, TransitionInDays=days) for one, days in _STEPS.items()]
    ageing = expiring("Ageing", _KEPT, previous=_RESULTS_KEPT, Prefix=FOLDER, Transitions=steps)
    return private_bucket(
        ARCHIVE,
        ageing,
        key=GetAtt("DataKey", "Arn"),
        LoggingConfiguration=LoggingConfiguration(DestinationBucketName=Ref(LOGS), LogFilePrefix="access/"),
        # It can be switched on at creation only; without a rule it locks nothing by itself.
        ObjectLockEnabled=True,
        **({"ObjectLockConfiguration": locked} if lock is not ObjectLock.OFF else {}),
        **RETAINED,
    )


def _logs() -> Bucket:
    """S3 writes access logs to buckets without a customer key or lock (its guide, "Server access logging")."""
    rules = [
        expiring("AccessLogs", _LOGS_KEPT, Prefix="access/"),
        expiring("Answers", _RESULTS_KEPT, Prefix=QUERIES),
    ]
    return private_bucket(LOGS, *rules, **RETAINED)


def _log_delivery() -> iam.Statement:
    """Let S3 write the archive's access logs; the bucket's own ARN would be a circle, so its account is asked for."""
    return {
        "Sid": "AccessLogs",
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": Sub(f"${{{LOGS}.Arn}}/access/*"),
        "Condition": {"StringEquals": {"aws:SourceAccount": Ref("AWS::AccountId")}},
    }


def _table(config: Config) -> list[AWSObject]:
    database = Database(
        "ArchiveDatabase",
        CatalogId=Ref("AWS::AccountId"),
        DatabaseInput=DatabaseInput(Name=config.names.archive_database, Description="Muster's archived findings"),
    )
    place = Sub(f"s3://${{{ARCHIVE}}}/{FOLDER}year=${{!year}}/month=${{!month}}/day=${{!day}}/")
    serde = SerdeInfo(SerializationLibrary="org.openx.data.jsonserde.JsonSerDe")
    described = TableInput(
        Name="findings",
        TableType="EXTERNAL_TABLE",
        # Partitions follow from the keys: nobody has to add them (Athena guide, "Partition projection").
        Parameters={
            "classification": "json",
            "projection.enabled": "true",
            **_projected("year", "2025,2125", 4),
            **_projected("month", "1,12", 2),
            **_projected("day", "1,31", 2),
            "storage.location.template": place,
        },
        PartitionKeys=[Column(Name=name, Type="string") for name in ("year", "month", "day")],
        StorageDescriptor=StorageDescriptor(
            Location=Sub(f"s3://${{{ARCHIVE}}}/{FOLDER}"),
            Columns=[Column(Name=name, Type="string") for name in COLUMNS],
            InputFormat="org.apache.hadoop.mapred.TextInputFormat",
            OutputFormat="org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            SerdeInfo=serde,
        ),
    )
    table = Table("ArchiveTable", CatalogId=Ref("AWS::AccountId"), DatabaseName=Ref(database), TableInput=described)
    return [database, table]


def _projected(name: str, span: str, digits: int) -> dict[str, str]:
    return {
        f"projection.{name}.type": "integer",
        f"projection.{name}.range": span,
        f"projection.{name}.digits": str(digits),
    }


def _workgroup(config: Config) -> WorkGroup:
    result = ResultConfiguration(
        OutputLocation=Sub(f"s3://${{{LOGS}}}/{QUERIES}"),
        EncryptionConfiguration=EncryptionConfiguration(EncryptionOption="SSE_S3"),
    )
    return WorkGroup(
        "ArchiveWorkgroup",
        Name=config.names.archive_database,
        Description="Questions to Muster's archived findings",
        State="ENABLED",
        RecursiveDeleteOption=True,
        WorkGroupConfiguration=WorkGroupConfiguration(
            EnforceWorkGroupConfiguration=True,
            PublishCloudWatchMetricsEnabled=True,
            BytesScannedCutoffPerQuery=_MOST_SCANNED,
            ResultConfiguration=result,
        ),
    )


def _saved(config: Config) -> list[NamedQuery]:
    return [
        NamedQuery(
            f"Archive{one.title.title().replace(' ', '')}",
            Name=f"{config.aws.prefix}: {one.title}",
            Database=Ref("ArchiveDatabase"),
            WorkGroup=Ref("ArchiveWorkgroup"),
            QueryString=one.sql,
        )
        for one in SAVED
    ]
