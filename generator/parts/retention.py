"""A spoke's retention of images and snapshots: the tagger, and by setting what deletes those past their date."""

import json
from math import ceil
from typing import Any

from troposphere import AWSObject, GetAtt, Ref, Sub
from troposphere.awslambda import Permission
from troposphere.events import DeadLetterConfig, Rule, Target
from troposphere.rbin import ResourceTag, RetentionPeriod
from troposphere.rbin import Rule as RecycleBinRule

from contract.account_settings import settings_key
from contract.names import DELETE_ON, EXPIRES_AFTER, EXPIRING, LEGAL_HOLD, RETENTION
from contract.retention import FOREVER
from contract.spoke_events import Job
from generator import iam
from generator.config import Config
from generator.functions import BACKUP_TAGGER, EXPIRY
from generator.parts.forwarding import hub_bus, own_rules
from generator.parts.function import Site, function
from generator.parts.queues import dead_letters, retried
from generator.parts.sources import from_rule
from generator.settings.backup import Expiry

_SCHEDULE = "BackupTaggerSchedule"
# What the Recycle Bin keeps (its guide, "Retention rules").
_DELETED = {"Images": "EC2_IMAGE", "Snapshots": "EBS_SNAPSHOT"}


def backup_tagger(site: Site) -> list[AWSObject]:
    """Return the tagger, its schedule, and the queue of runs that failed.

    It calls itself when there is more to do than one invocation holds; such a call is retried as the schedule's is.
    """
    config = site.config
    name = BACKUP_TAGGER.full_name(config.names)
    schedule = Rule(_SCHEDULE, Name=f"{name}-schedule", ScheduleExpression=config.backup.schedule)
    called = from_rule(BACKUP_TAGGER, schedule)
    if config.backup.is_expiring:
        schedule.Targets.append(_expiry_target())
    return [
        *dead_letters("BackupTaggerDeadLetters", f"{name}-dlq", {"events": [own_rules(config)]}),
        *function(BACKUP_TAGGER, site, _tagging(config, name), config.spoke.log_retention_days),
        retried(BACKUP_TAGGER, "BackupTaggerDeadLetters"),
        *called,
    ]


def expiry(site: Site) -> list[AWSObject]:
    """Return what marks and deletes by the tagger's schedule, its queue, and what the Recycle Bin keeps of it."""
    config = site.config
    name = EXPIRY.full_name(config.names)
    is_deleting = config.backup.expiry is Expiry.DELETE
    return [
        *dead_letters("ExpiryDeadLetters", f"{name}-dlq", {"events": [own_rules(config)]}),
        *function(EXPIRY, site, _expiring(config), config.spoke.log_retention_days),
        retried(EXPIRY, "ExpiryDeadLetters"),
        _expiry_permission(),
        *(_recycle_bin(config) if is_deleting else []),
    ]


def _expiry_target() -> Target:
    failed = DeadLetterConfig(Arn=GetAtt("ExpiryDeadLetters", "Arn"))
    return Target(Id="Expiry", Arn=GetAtt(EXPIRY.title, "Arn"), DeadLetterConfig=failed)


def _expiry_permission() -> Permission:
    return Permission(
        "ExpirySchedulePermission",
        FunctionName=Ref(EXPIRY.title),
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=GetAtt(_SCHEDULE, "Arn"),
    )


def retention_jobs(config: Config) -> list[Job]:
    """Return what runs over images and snapshots in every spoke."""
    tagging = [Job.TAGGING] if config.backup.enabled else []
    return [*tagging, *([Job.EXPIRY] if config.backup.is_expiring else [])]


def retention_values(config: Config) -> dict[str, Any]:
    """Return what the two functions may find in their environment."""
    backup = config.backup
    return {
        "backup_dead_letter_queue_url": Ref("BackupTaggerDeadLetters"),
        "expiry_dead_letter_queue_url": Ref("ExpiryDeadLetters"),
        "retention": backup.retention,
        "backup_interval_seconds": ceil(backup.interval.total_seconds()),
        "backup_tags": json.dumps(backup.fixed_tags(), sort_keys=True),
        "gib_price": backup.gib_price,
        "expiry_mode": backup.expiry,
        "expiry_wait_days": backup.expiry_wait_days,
        "expiry_launched_days": backup.expiry_launched_days,
        "expiry_per_run": backup.expiry_per_run,
    }


def _tagging(config: Config, name: str) -> list[iam.Statement]:
    bucket = config.names.artefact_bucket(config.aws.hub_account, "${AWS::Region}")
    itself = Sub(f"arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{name}")
    return [
        iam.read_backups(),
        *iam.date_backups([DELETE_ON, RETENTION, *config.backup.fixed_tags()]),
        iam.call_function(itself),
        iam.read_objects([Sub(f"arn:${{AWS::Partition}}:s3:::{bucket}/{settings_key('${AWS::AccountId}')}")]),
        iam.put_events(hub_bus(config)),
        iam.send_messages(GetAtt("BackupTaggerDeadLetters", "Arn")),
    ]


def _expiring(config: Config) -> list[iam.Statement]:
    """A dry run may not even mark."""
    writes = [
        *iam.mark_backups(EXPIRES_AFTER, EXPIRING[0], DELETE_ON),
        iam.delete_backups(EXPIRES_AFTER, DELETE_ON, LEGAL_HOLD, {RETENTION: FOREVER}),
    ]
    return [
        iam.read_backups(),
        *iam.see_uses(),
        *(writes if config.backup.expiry is Expiry.DELETE else []),
        iam.put_events(hub_bus(config)),
        iam.send_messages(GetAtt("ExpiryDeadLetters", "Arn")),
    ]


def _recycle_bin(config: Config) -> list[RecycleBinRule]:
    """Return what keeps just what bears the mark: whatever else an account deletes is its own affair and cost."""
    days = RetentionPeriod(RetentionPeriodUnit="DAYS", RetentionPeriodValue=config.backup.recycle_bin_days)
    return [
        RecycleBinRule(
            f"Deleted{title}",
            Description=f"{config.aws.prefix}: what its expiry deleted",
            ResourceType=kind,
            ResourceTags=[ResourceTag(ResourceTagKey=EXPIRING[0], ResourceTagValue=EXPIRING[1])],
            RetentionPeriod=days,
        )
        for title, kind in _DELETED.items()
    ]
