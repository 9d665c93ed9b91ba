"""Trails of management events and the buckets of their logs: EventBridge hears of API calls only where a trail logs."""

from collections.abc import Sequence
from typing import Any

from troposphere import AWSObject, GetAtt, If, Ref, Sub
from troposphere.cloudtrail import AdvancedEventSelector, AdvancedFieldSelector, Trail
from troposphere.s3 import Bucket

from contract.names import GLOBAL_REGIONS
from generator import iam
from generator.config import Config
from generator.parts.bucket import bucket_policy, expiring, private_bucket

ORGANIZATION_LOGS = "OrganizationTrailLogs"
IN_GLOBAL_REGION = "InGlobalRegion"
_LOGS, _PREVIOUS_LOGS = 90, 30  # days


def is_global_region(config: Config) -> dict[str, Any]:
    """Return the condition of what an account has once: that the stack is in the partition's global Region."""
    return {"Fn::Equals": [Ref("AWS::Region"), GLOBAL_REGIONS[config.partition]]}


def account_trail(config: Config) -> list[AWSObject]:
    """Return a spoke's own trail of all Regions with the bucket of its logs; once in an account."""
    name = config.names.account_trail
    trail = Sub(f"arn:${{AWS::Partition}}:cloudtrail:${{AWS::Region}}:${{AWS::AccountId}}:trail/{name}")
    bucket = _logs("TrailLogs", Condition=IN_GLOBAL_REGION)
    policy = bucket_policy(bucket, _written_by(trail, bucket, ["${AWS::AccountId}"]), Condition=IN_GLOBAL_REGION)
    return [
        bucket,
        policy,
        # Without selectors a trail logs management events, reads and writes, and no data events.
        Trail(
            "Trail",
            TrailName=name,
            S3BucketName=Ref(bucket),
            IsLogging=True,
            IsMultiRegionTrail=True,
            IncludeGlobalServiceEvents=True,
            EnableLogFileValidation=True,
            Condition=IN_GLOBAL_REGION,
            DependsOn=policy.title,
        ),
    ]


def own_trail() -> If:
    """Return a reference to the spoke's own trail, where it has one."""
    return If(IN_GLOBAL_REGION, Ref("Trail"), Ref("AWS::NoValue"))


def organization_trail_logs(config: Config) -> list[AWSObject]:
    """Return the bucket of the organization's trail, which belongs to the management account whoever makes it.

    CloudTrail user guide, "Creating a trail for an organization with the AWS CLI". `generator/rollout/trail.py` makes
    the trail.
    """
    management, name = config.organization.management_account, config.names.organization_trail
    trail = Sub(f"arn:${{AWS::Partition}}:cloudtrail:${{AWS::Region}}:{management}:trail/{name}")
    bucket = _logs(ORGANIZATION_LOGS)
    return [bucket, bucket_policy(bucket, _written_by(trail, bucket, [management, config.organization.id]))]


def data_trail(config: Config) -> list[AWSObject]:
    """Return the trail of who read and wrote findings, stored and archived.

    Of all Regions, as Security Hub's CloudTrail.1 asks: what it selects is in the hub's.
    """
    name = config.names.data_trail
    trail = Sub(f"arn:${{AWS::Partition}}:cloudtrail:${{AWS::Region}}:${{AWS::AccountId}}:trail/{name}")
    bucket = _logs("DataTrailLogs")
    policy = bucket_policy(bucket, _written_by(trail, bucket, ["${AWS::AccountId}"]))
    selectors = [_calls_on("AWS::DynamoDB::Table", Equals=[GetAtt("FindingsTable", "Arn")])]
    if config.archive.enabled:
        selectors.append(_calls_on("AWS::S3::Object", StartsWith=[Sub("${Archive.Arn}/")]))
    return [
        bucket,
        policy,
        Trail(
            "DataTrail",
            TrailName=name,
            S3BucketName=Ref(bucket),
            IsLogging=True,
            IsMultiRegionTrail=True,
            IncludeGlobalServiceEvents=True,
            EnableLogFileValidation=True,
            AdvancedEventSelectors=selectors,
            DependsOn=policy.title,
        ),
    ]


def _calls_on(kind: str, **resource: Any) -> AdvancedEventSelector:
    """CloudTrail guide, "Filtering data events by using advanced event selectors"."""
    return AdvancedEventSelector(
        Name=kind.rpartition(":")[2],
        FieldSelectors=[
            AdvancedFieldSelector(Field="eventCategory", Equals=["Data"]),
            AdvancedFieldSelector(Field="resources.type", Equals=[kind]),
            AdvancedFieldSelector(Field="resources.ARN", **resource),
        ],
    )


def _logs(title: str, **attributes: Any) -> Bucket:
    """Its name is CloudFormation's: logs are evidence and stay, and a later trail's bucket must not meet their name."""
    return private_bucket(title, expiring("logs", _LOGS, previous=_PREVIOUS_LOGS), **attributes)


def _written_by(trail: Sub, bucket: Bucket, owners: Sequence[str]) -> list[iam.Statement]:
    """CloudTrail guide, "Amazon S3 bucket policy for CloudTrail"; `owners`: an account, or the organization too."""
    service = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    of_trail = {"aws:SourceArn": trail}
    return [
        {
            "Sid": "TrailLooks",
            **service,
            "Action": "s3:GetBucketAcl",
            "Resource": GetAtt(bucket, "Arn"),
            "Condition": {"StringEquals": of_trail},
        },
        {
            "Sid": "TrailWrites",
            **service,
            "Action": "s3:PutObject",
            "Resource": [Sub(f"${{{bucket.title}.Arn}}/AWSLogs/{owner}/*") for owner in owners],
            "Condition": {"StringEquals": {**of_trail, "s3:x-amz-acl": "bucket-owner-full-control"}},
        },
    ]
