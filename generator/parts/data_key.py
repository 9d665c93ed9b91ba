"""The customer key of what the hub stores."""

from typing import Any

from troposphere import AWSObject, Ref, Sub
from troposphere.kms import Alias, Key

from generator.config import Config


def data_key(config: Config) -> list[AWSObject]:
    """Return the key of tables and topics, rotated yearly, and its alias.

    The account's policies decide who uses it; besides them only CloudWatch may, for alarms that go to encrypted topics
    (SNS guide, "Allow a Amazon CloudWatch alarm to publish messages to an encrypted topic").
    """
    key = Key(
        "DataKey",
        Description="Muster's findings, state and notifications",
        EnableKeyRotation=True,
        KeyPolicy={"Version": "2012-10-17", "Statement": [_administration(), _alarms()]},
        **kept(config),
    )
    return [key, Alias("DataKeyAlias", AliasName=f"alias/{config.aws.prefix}", TargetKeyId=Ref(key))]


# What CloudFormation could delete only while it is empty.
RETAINED = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


def kept(config: Config) -> dict[str, str]:
    """Return the policies that say what becomes of stored data when its stack goes or replaces it.

    A creation that fails leaves it too, for CloudFormation cannot delete a table that refuses: `deploy` takes it over.
    """
    policy = "Retain" if config.findings.deletion_protection else "Delete"
    return {"DeletionPolicy": policy, "UpdateReplacePolicy": policy}


def _administration() -> dict[str, Any]:
    principal = {"AWS": Sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")}
    return {"Sid": "Account", "Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}


def _alarms() -> dict[str, Any]:
    return {
        "Sid": "Alarms",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": Ref("AWS::AccountId")}},
    }
