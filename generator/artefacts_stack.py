"""The template of a Region's artefact bucket in the hub account."""

from typing import Any

from troposphere import Output, Ref, Sub, Template
from troposphere.s3 import LifecycleRule, NoncurrentVersionExpiration

from generator.config import Config
from generator.parts.bucket import bucket_policy, private_bucket

_OLD_VERSIONS_DAYS = 90


def artefacts_stack(config: Config) -> Template:
    """Return the template of the bucket that holds templates and packages, readable by the organization."""
    template = Template(Description="Muster's templates and function packages in this Region")
    name = Sub(config.names.artefact_bucket("${AWS::AccountId}", "${AWS::Region}"))
    bucket = template.add_resource(private_bucket("Artefacts", _old_versions(), BucketName=name))
    template.add_resource(bucket_policy(bucket, [_organization_reads(config)]))
    template.add_output(Output("BucketName", Value=Ref(bucket)))
    return template


def _old_versions() -> LifecycleRule:
    expired = NoncurrentVersionExpiration(NoncurrentDays=_OLD_VERSIONS_DAYS)
    return LifecycleRule(Id="old-versions", Status="Enabled", NoncurrentVersionExpiration=expired)


def _organization_reads(config: Config) -> dict[str, Any]:
    return {
        "Sid": "Organization",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": Sub("${Artefacts.Arn}/*"),
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": config.organization.id}},
    }
