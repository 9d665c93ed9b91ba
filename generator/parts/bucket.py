"""A private bucket: encrypted, versioned, owned by its account alone, and reached by TLS only."""

from collections.abc import Sequence
from typing import Any

from troposphere import GetAtt, Ref, Sub
from troposphere.s3 import (
    Bucket,
    BucketEncryption,
    BucketPolicy,
    LifecycleConfiguration,
    LifecycleRule,
    OwnershipControls,
    OwnershipControlsRule,
    PublicAccessBlockConfiguration,
    ServerSideEncryptionByDefault,
    ServerSideEncryptionRule,
    VersioningConfiguration,
)

from generator import iam


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
