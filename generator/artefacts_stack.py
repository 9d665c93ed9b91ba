"""The template of a Region's artefact bucket in the hub account."""

from typing import Any

from troposphere import GetAtt, Output, Ref, Sub, Template
from troposphere.s3 import (
    Bucket,
    BucketEncryption,
    BucketPolicy,
    LifecycleConfiguration,
    LifecycleRule,
    NoncurrentVersionExpiration,
    OwnershipControls,
    OwnershipControlsRule,
    PublicAccessBlockConfiguration,
    ServerSideEncryptionByDefault,
    ServerSideEncryptionRule,
    VersioningConfiguration,
)

from contract.account_settings import settings_key
from generator.config import Config

_OLD_VERSIONS_DAYS = 90


def artefacts_stack(config: Config) -> Template:
    """Return the template of the bucket that holds templates and packages, readable by the organization."""
    template = Template(Description="Muster's templates and function packages in this Region")
    bucket = template.add_resource(_bucket(config))
    statements = [_organization_reads(config), _accounts_read_their_settings(config), _tls_only()]
    document = {"Version": "2012-10-17", "Statement": statements}
    template.add_resource(BucketPolicy("ArtefactsPolicy", Bucket=Ref(bucket), PolicyDocument=document))
    template.add_output(Output("BucketName", Value=Ref(bucket)))
    return template


def _bucket(config: Config) -> Bucket:
    # SSE-S3, for a customer key would have to be shared with the whole organization.
    encryption = ServerSideEncryptionRule(
        ServerSideEncryptionByDefault=ServerSideEncryptionByDefault(SSEAlgorithm="AES256")
    )
    return Bucket(
        "Artefacts",
        BucketName=Sub(config.names.artefact_bucket("${AWS::AccountId}", "${AWS::Region}")),
        BucketEncryption=BucketEncryption(ServerSideEncryptionConfiguration=[encryption]),
        LifecycleConfiguration=LifecycleConfiguration(Rules=[_old_versions()]),
        OwnershipControls=OwnershipControls(Rules=[OwnershipControlsRule(ObjectOwnership="BucketOwnerEnforced")]),
        PublicAccessBlockConfiguration=PublicAccessBlockConfiguration(
            BlockPublicAcls=True, BlockPublicPolicy=True, IgnorePublicAcls=True, RestrictPublicBuckets=True
        ),
        VersioningConfiguration=VersioningConfiguration(Status="Enabled"),
        # Nothing in it is data, and S3 refuses to delete a bucket that is not empty.
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Retain",
    )


def _old_versions() -> LifecycleRule:
    expired = NoncurrentVersionExpiration(NoncurrentDays=_OLD_VERSIONS_DAYS)
    return LifecycleRule(Id="old-versions", Status="Enabled", NoncurrentVersionExpiration=expired)


def _organization_reads(config: Config) -> dict[str, Any]:
    return {
        "Sid": "Organization",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": [Sub("${Artefacts.Arn}/functions/*"), Sub("${Artefacts.Arn}/templates/*")],
        "Condition": _of_the_organization(config),
    }


def _accounts_read_their_settings(config: Config) -> dict[str, Any]:
    """Return who may read settings: each account its own, by the policy variable that IAM fills in."""
    return {
        "Sid": "OwnSettings",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": Sub("${Artefacts.Arn}/" + settings_key("${!aws:PrincipalAccount}")),
        "Condition": _of_the_organization(config),
    }


def _of_the_organization(config: Config) -> dict[str, Any]:
    return {"StringEquals": {"aws:PrincipalOrgID": config.organization.id}}


def _tls_only() -> dict[str, Any]:
    return {
        "Sid": "Encrypted",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [GetAtt("Artefacts", "Arn"), Sub("${Artefacts.Arn}/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
