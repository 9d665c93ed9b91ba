"""A private bucket: encrypted, versioned, owned by its account alone, and reached by TLS only."""

from collections.abc import Sequence
from typing import Any

from troposphere import GetAtt, Ref, Sub
from troposphere.s3 import (
    AbortIncompleteMultipartUpload,
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

from generator import iam

_UNFINISHED = 7  # days


def expiring(name: str, days: int, *, previous: int = 1, **attributes: Any) -> LifecycleRule:
    """Return the rule by which objects expire after some days, and what they were before some days after that."""
    return LifecycleRule(
        Id=name,
        Status="Enabled",
        ExpirationInDays=days,
        NoncurrentVersionExpiration=NoncurrentVersionExpiration(NoncurrentDays=previous),
        AbortIncompleteMultipartUpload=AbortIncompleteMultipartUpload(DaysAfterInitiation=_UNFINISHED),
        **attributes,
    )


def private_bucket(title: str, *rules: LifecycleRule, key: GetAtt | None = None, **attributes: Any) -> Bucket:
    """Return a bucket whose objects move and expire by the rules; it stays when its stack goes.

    Without a customer key S3's own encrypts: that one need not be shared with everybody who reads or writes.
    """
    encrypted = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key} if key else {"SSEAlgorithm": "AES256"}
    encryption = ServerSideEncryptionRule(
        ServerSideEncryptionByDefault=ServerSideEncryptionByDefault(**encrypted),
        **({"BucketKeyEnabled": True} if key else {}),
    )
    return Bucket(
        title,
        BucketEncryption=BucketEncryption(ServerSideEncryptionConfiguration=[encryption]),
        LifecycleConfiguration=LifecycleConfiguration(Rules=list(rules)),
        OwnershipControls=OwnershipControls(Rules=[OwnershipControlsRule(ObjectOwnership="BucketOwnerEnforced")]),
        PublicAccessBlockConfiguration=PublicAccessBlockConfiguration(
            BlockPublicAcls=True, BlockPublicPolicy=True, IgnorePublicAcls=True, RestrictPublicBuckets=True
        ),
        VersioningConfiguration=VersioningConfiguration(Status="Enabled"),
        **{"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", **attributes},
    )


def bucket_policy(bucket: Bucket, statements: Sequence[iam.Statement], **attributes: Any) -> BucketPolicy:
    """Return a bucket's policy: the statements, and nothing without TLS."""
    document = {"Version": "2012-10-17", "Statement": [*statements, _tls_only(bucket.title)]}
    return BucketPolicy(f"{bucket.title}Policy", Bucket=Ref(bucket), PolicyDocument=document, **attributes)


def _tls_only(title: str) -> iam.Statement:
    return {
        "Sid": "Encrypted",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [GetAtt(title, "Arn"), Sub(f"${{{title}.Arn}}/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
