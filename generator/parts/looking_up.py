"""Look-ups: the hub's function that reads in member accounts, and the role under which each account lets it."""

from typing import Any

from troposphere import AWSObject, GetAtt, Sub
from troposphere.iam import Role

from generator import iam
from generator.config import Config
from generator.functions import LOOKUPS
from generator.parts.function import Site, function, policies
from generator.parts.queues import work_queue
from generator.parts.sources import from_queue
from generator.parts.trail import IN_GLOBAL_REGION
from hub.lookups.catalogue import lookup_actions


def lookups(site: Site) -> list[AWSObject]:
    """Return the look-ups with their queue: the detector's questions in, answered findings out."""
    config = site.config
    role = Sub(f"arn:${{AWS::Partition}}:iam::*:role/{config.names.read_role}")
    statements = [
        iam.consume_queue(GetAtt("LookupsQueue", "Arn")),
        iam.use_items(GetAtt("FindingsTable", "Arn"), "BatchGetItem", "GetItem", "PutItem"),
        iam.use_items(GetAtt("StateTable", "Arn"), "PutItem", "Query"),
        iam.use_key(GetAtt("DataKey", "Arn"), "dynamodb"),
        iam.list_accounts(),
        iam.assume_role(role, config.organization.id),
    ]
    # An account that answers slowly may use up the function's time: no other's question shares it.
    return [
        *work_queue(LOOKUPS, config, {}),
        *function(LOOKUPS, site, statements, config.findings.log_retention_days),
        from_queue(LOOKUPS, batch=1, concurrency=5),
    ]


def read_role(config: Config) -> Role:
    """Return the role that lets the look-ups read, and nobody else; once in an account, as roles are."""
    return Role(
        "ReadRole",
        RoleName=config.names.read_role,
        AssumeRolePolicyDocument=_trusted_for_lookups(config),
        Policies=policies([iam.look_up(lookup_actions())]),
        Condition=IN_GLOBAL_REGION,
    )


def _trusted_for_lookups(config: Config) -> dict[str, Any]:
    """The hub's account must be named as a whole: a role that does not exist yet can be no principal."""
    account = f"arn:${{AWS::Partition}}:iam::{config.aws.hub_account}"
    caller = f"{account}:role/{LOOKUPS.full_name(config.names)}-{config.aws.home_region}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": Sub(f"{account}:root")},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:PrincipalOrgID": config.organization.id},
                    "ArnEquals": {"aws:PrincipalArn": Sub(caller)},
                },
            }
        ],
    }
