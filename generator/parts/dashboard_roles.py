"""The roles under which the dashboard works: one reads what the hub stores, the other also decides about findings."""

from typing import Any

from troposphere import AWSObject, GetAtt, Ref, Sub
from troposphere.iam import Role

from contract.names import ACCOUNT_INDEX, CONTROL_INDEX, RESOURCE_INDEX, SEVERITY_INDEX
from generator import iam
from generator.config import Config
from generator.parts.archiving import ARCHIVE, LOGS, QUERIES
from generator.parts.function import policies, regional_name

READER, OPERATOR = "dashboard", "dashboard-operator"
READER_ROLE, OPERATOR_ROLE = "DashboardRole", "DashboardOperatorRole"


def dashboard_roles(config: Config) -> list[AWSObject]:
    """Return both roles; who may assume them `[web]` says, or else the hub account's own policies."""
    return [
        Role(
            READER_ROLE,
            RoleName=regional_name(config.names.function(READER)),
            AssumeRolePolicyDocument=_assumed(config, config.web.viewers, READER),
            Policies=policies(_reading(config)),
        ),
        Role(
            OPERATOR_ROLE,
            RoleName=regional_name(config.names.function(OPERATOR)),
            AssumeRolePolicyDocument=_assumed(config, config.web.operators, OPERATOR),
            Policies=policies([*_reading(config), *_acting(config)]),
        ),
    ]


def _reading(config: Config) -> list[iam.Statement]:
    indexes = (SEVERITY_INDEX, ACCOUNT_INDEX, CONTROL_INDEX, RESOURCE_INDEX)
    return [
        iam.use_items(GetAtt("FindingsTable", "Arn"), "BatchGetItem", "GetItem"),
        *(iam.query_index("FindingsTable", one) for one in indexes),
        iam.use_items(GetAtt("StateTable", "Arn"), "BatchGetItem", "GetItem", "Query"),
        iam.use_key(GetAtt("DataKey", "Arn"), "dynamodb"),
        iam.look_at_queues(_queues(config.names.dead_letter_queue("*"))),
        *(_asking(config) if config.archive.enabled else []),
    ]


def _asking(config: Config) -> list[iam.Statement]:
    return iam.ask_archive(config.names, ARCHIVE, LOGS, QUERIES, GetAtt("DataKey", "Arn"))


def _acting(config: Config) -> list[iam.Statement]:
    """Decide about findings, and give dead letters another chance."""
    dead, working = _queues(config.names.dead_letter_queue("*")), _queues(config.names.queue("*"))
    return [iam.use_items(GetAtt("FindingsTable", "Arn"), "PutItem"), *iam.move_messages([dead], [working])]


def _queues(name: str) -> Sub:
    return Sub(f"arn:${{AWS::Partition}}:sqs:${{AWS::Region}}:${{AWS::AccountId}}:{name}")


def _assumed(config: Config, principals: tuple[str, ...], role: str) -> dict[str, Any]:
    """Trust these principals, if they are of the organization; without any, whom the hub account's policies allow."""
    trusted: Any = list(principals) or Sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")
    people = {
        "Effect": "Allow",
        "Principal": {"AWS": trusted},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": config.organization.id}},
    }
    return {"Version": "2012-10-17", "Statement": [people, *_hosted(config, role)]}


def _hosted(config: Config, role: str) -> list[dict[str, Any]]:
    """Trust the tasks of this account's hosted dashboard, under the role that its groups need."""
    if role != hosted_role(config):
        return []
    return [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": Ref("AWS::AccountId")},
                "ArnLike": {
                    "aws:SourceArn": Sub("arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:*"),
                },
            },
        }
    ]


def hosted_role(config: Config) -> str:
    """Return the role of a hosted dashboard: an operator's if any group of its is; empty without hosting."""
    sign_in = config.web.sign_in
    if not (config.web.hosting and sign_in):
        return ""
    return OPERATOR if any(group.role == "operator" for group in sign_in.groups) else READER
