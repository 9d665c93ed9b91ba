"""The service control policy that keeps member accounts from switching their spoke off or changing a creator's tag.

It denies, and never allows anything; docs/guardrail.md says how it is attached and what it means.
"""

import json
from collections.abc import Mapping
from typing import Any

from contract.names import EXPIRES_AFTER
from generator.config import Config, Trail
from generator.problems import BadInputError
from spoke.creator_tagger.permissions import tag_actions

FILE = "guardrail.scp.json"
# Quota "Maximum size of a service control policy", in characters.
LIMIT = 5_120

# What changes, deletes or borrows a spoke's resource; each action meets the resources of its own service only.
_CHANGES = (
    *("cloudformation:Cancel*", "cloudformation:Continue*", "cloudformation:Create*", "cloudformation:Delete*"),
    *("cloudformation:Execute*", "cloudformation:Rollback*", "cloudformation:Set*", "cloudformation:Signal*"),
    "cloudformation:Update*",
    *("events:Delete*", "events:Disable*", "events:Enable*", "events:Put*", "events:Remove*"),
    *("iam:Attach*", "iam:Create*", "iam:Delete*", "iam:Detach*", "iam:PassRole", "iam:Put*", "iam:Update*"),
    *("lambda:Add*", "lambda:Create*", "lambda:Delete*", "lambda:Invoke*", "lambda:Publish*", "lambda:Put*"),
    *("lambda:Remove*", "lambda:Update*"),
    *("logs:AssociateKmsKey", "logs:Create*", "logs:Delete*", "logs:PutLogEvents", "logs:PutRetentionPolicy"),
    *("sqs:AddPermission", "sqs:CreateQueue", "sqs:DeleteQueue", "sqs:PurgeQueue", "sqs:RemovePermission"),
    "sqs:SetQueueAttributes",
)
_AGENT_CHANGES = (
    *("ssm:Delete*", "ssm:Modify*", "ssm:Put*", "ssm:Update*"),
    *("states:Delete*", "states:StopExecution", "states:Update*"),
)
_TRAIL_CHANGES = (
    *("cloudtrail:Delete*", "cloudtrail:Put*", "cloudtrail:Stop*", "cloudtrail:Update*"),
    *("s3:Delete*", "s3:Put*"),
)
# A stack's generated bucket name begins with the stack's, of which CloudFormation may keep no more.
_KEPT_OF_STACK_NAME = 24

# Where a creator's tag is never overwritten, a policy's size being what it is: what accounts hold most of.
_GUARDED_SERVICES = frozenset(
    {
        *("acm", "appsync", "athena", "autoscaling", "backup", "batch", "bedrock"),
        *("cassandra", "cloudfront", "cloudhsm", "cloudtrail", "cloudwatch"),
        *("codepipeline", "cognito-idp", "config", "directconnect", "dlm", "dms", "dynamodb", "ec2"),
        *("ecr", "ecs", "eks", "elasticache", "elasticbeanstalk", "elasticfilesystem", "elasticloadbalancing"),
        *("elasticmapreduce", "es", "events", "firehose", "fsx", "glue", "guardduty", "iam"),
        *("iot", "kafka", "kinesis", "kms", "lambda", "lightsail", "logs", "memorydb", "mq", "network-firewall"),
        *("ram", "rds", "redshift", "redshift-serverless", "route53", "route53resolver", "s3"),
        *("sagemaker", "scheduler", "secretsmanager", "servicecatalog", "servicediscovery", "sns", "sqs", "ssm"),
        *("states", "transfer", "vpc-lattice", "wafv2", "workspaces"),
    }
)

# Calls that may name the values of the tags that they take away.
_REMOVALS_WITH_VALUES = ("autoscaling:DeleteTags", "cloudtrail:RemoveTags", "ec2:DeleteTags")

Statement = dict[str, Any]
Conditions = Mapping[str, Mapping[str, Any]]


class GuardrailError(BadInputError):
    """A policy that Organizations would refuse."""


def guardrail(config: Config) -> dict[str, Any]:
    """Return the policy for accounts with spokes; it binds no service-linked role and not the management account."""
    tags = _creator_statements(config) if config.creator.enabled else []
    marks = [_mark_statement(config)] if config.backup.is_expiring else []
    return {"Version": "2012-10-17", "Statement": [_spoke_statement(config), *tags, *marks]}


def written(policy: Mapping[str, Any]) -> str:
    """Return the policy in as few characters as JSON allows: Organizations counts them. `GuardrailError`: too long."""
    text = json.dumps(policy, separators=(",", ":"))
    if len(text) > LIMIT:
        raise GuardrailError(
            f"organization.guardrail_exempt_roles: the guardrail would have {len(text)} characters, {LIMIT} at most; "
            "name fewer roles, or several by one pattern, or give creator.created_by_key a shorter one"
        )
    return text


def exempt_roles(config: Config) -> list[str]:
    """Return the ARNs of who may: the spokes themselves, what StackSets deploys with, and the settings' own roles.

    StackSets makes `stacksets-exec-<digits>` in each account (AWS managed policy
    CloudFormationStackSetsOrgAdminServiceRolePolicy).
    """
    names = (f"{config.aws.prefix}-spoke-*", "stacksets-exec-*", *config.organization.guardrail_exempt_roles)
    return [f"arn:*:iam::*:role/{name}" for name in names]


def _spoke_statement(config: Config) -> Statement:
    has_trail = config.spoke.trail is Trail.ACCOUNTS
    has_agent = config.agent.enabled
    actions = [*_CHANGES, *(_AGENT_CHANGES if has_agent else ()), *(_TRAIL_CHANGES if has_trail else ())]
    resources = [
        *_spoke_resources(config),
        *(_agent_resources(config) if has_agent else []),
        *(_trail_resources(config) if has_trail else []),
    ]
    return _denied(config, "Spoke", actions, resources)


def _spoke_resources(config: Config) -> list[str]:
    name = f"{config.aws.prefix}-spoke"
    return [
        f"arn:*:cloudformation:*:*:stack/StackSet-{name}-*/*",
        f"arn:*:events:*:*:rule/{name}-*",
        f"arn:*:lambda:*:*:function:{name}-*",
        f"arn:*:logs:*:*:log-group:{config.names.log_group(name)}-*",
        f"arn:*:sqs:*:*:{name}-*",
        f"arn:*:iam::*:role/{config.names.read_role}",
        # Whoever could make a role of an exempt name would be exempt.
        *exempt_roles(config),
    ]


def _agent_resources(config: Config) -> list[str]:
    """Return documents and parameters, machines and executions, role and policy: one pattern for two of them."""
    prefix = config.aws.prefix
    return [
        f"arn:*:ssm:*:*:*/{prefix}*agent*",
        f"arn:*:states:*:*:*:{prefix}-spoke-*",
        f"arn:*:iam::*:*/{prefix}-agent*",
    ]


def _trail_resources(config: Config) -> list[str]:
    stack = f"stackset-{config.aws.prefix}-spoke-"[:_KEPT_OF_STACK_NAME]
    return [f"arn:*:cloudtrail:*:*:trail/{config.names.account_trail}", f"arn:*:s3:::{stack}*"]


def _mark_statement(config: Config) -> Statement:
    """Nobody but the spokes marks images and snapshots: a forged mark would spare the wait.

    They alone have ARNs without an account. Whoever takes a mark away only begins the wait anew.
    """
    return {
        "Sid": "Mark",
        "Effect": "Deny",
        "Action": "ec2:CreateTags",
        "Resource": "arn:*:ec2:*::*",
        "Condition": {
            "ArnNotLike": {"aws:PrincipalArn": exempt_roles(config)[0]},
            "Null": {f"aws:RequestTag/{EXPIRES_AFTER}": "false"},
        },
    }


def _creator_statements(config: Config) -> list[Statement]:
    """What only the creator tagger does to a resource that has a creator: change the tag, take it away, take all away.

    A request that removes tags names keys and no values. EC2 removes every tag when none is named.
    """
    key = config.creator.created_by_key
    has_creator, names_key = {f"aws:ResourceTag/{key}": "false"}, {"ForAnyValue:StringEquals": {"aws:TagKeys": key}}
    changed = {"Null": has_creator, **names_key}
    removed = {"Null": {f"aws:RequestTag/{key}": "true"}, **names_key}
    emptied = {"Null": {"aws:TagKeys": "true", **has_creator}}
    writes = [*(action for action in tag_actions() if _is_guarded(action)), *_REMOVALS_WITH_VALUES]
    return [
        _denied(config, "ChangeCreator", writes, "*", changed),
        _denied(config, "RemoveCreator", "*", "*", removed),
        _denied(config, "RemoveAllTags", "ec2:DeleteTags", "*", emptied),
    ]


def _is_guarded(action: str) -> bool:
    """Whether an action writes tags of a guarded service, and carries them in its request: S3's old ones do not."""
    service, _, name = action.partition(":")
    return service in _GUARDED_SERVICES and not name.endswith("Tagging")


def _denied(
    config: Config, sid: str, actions: list[str] | str, resources: list[str] | str, conditions: Conditions | None = None
) -> Statement:
    exempt = {"ArnNotLike": {"aws:PrincipalArn": exempt_roles(config)}}
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Action": actions,
        "Resource": resources,
        "Condition": {**exempt, **(conditions or {})},
    }
