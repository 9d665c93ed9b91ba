"""The conventions of templates, whatever stack they are of: environments, permissions, limits."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from contract.settings import variable_names
from generator.functions import FUNCTIONS, Function
from generator.snapshots import everything, rendered, sample

TEMPLATES = rendered(everything(sample()))

_OF_LAMBDA = "Lambda asks for every resource; what a function's own code may not do is denied"
# Every statement on all resources has its reason: the action knows no resources, or conditions stand in for them.
ON_EVERYTHING = {
    "autoscaling:DescribeTags": "knows no resources",
    "cloudformation:ActivateOrganizationsAccess": "knows no resources",
    "cloudformation:DescribeOrganizationsAccess": "knows no resources",
    "cloudtrail:DeregisterOrganizationDelegatedAdmin": "knows no resources",
    "cloudtrail:DescribeTrails": "describes several trails",
    "cloudtrail:GetEventSelectors": "an organization's trail is in another account",
    "cloudtrail:GetTrailStatus": "an organization's trail is in another account",
    "cloudtrail:LookupEvents": "knows no resources",
    "cloudtrail:RegisterOrganizationDelegatedAdmin": "knows no resources",
    "dynamodb:ListStreams": "knows no resources",
    "ses:GetAccount": "knows no resources",
    "ses:GetEmailIdentity": "recipients are of anybody's domains; it only says whether they are verified here",
    "ses:GetSuppressedDestination": "an address on the account's list is no resource",
    "sns:GetSMSAttributes": "knows no resources",
    "sns:GetSMSSandboxAccountStatus": "knows no resources",
    "ecr:GetAuthorizationToken": "knows no resources",
    "ec2:AssignPrivateIpAddresses": _OF_LAMBDA,
    "ec2:CreateNetworkInterface": _OF_LAMBDA,
    "ec2:DeleteNetworkInterface": _OF_LAMBDA,
    "autoscaling:DescribeAutoScalingGroups": "knows no resources",
    "autoscaling:DescribeLaunchConfigurations": "knows no resources",
    "ec2:DescribeImages": "knows no resources",
    "ec2:DescribeInstances": "knows no resources",
    "ec2:DescribeLaunchTemplateVersions": "knows no resources",
    "ec2:DescribeLaunchTemplates": "knows no resources",
    "ec2:DescribeSnapshots": "knows no resources",
    "ssm:DescribeParameters": "the parameters that name an image may have any name",
    "ec2:DescribeNetworkInterfaces": _OF_LAMBDA,
    "ec2:DescribeSubnets": _OF_LAMBDA,
    "ec2:UnassignPrivateIpAddresses": _OF_LAMBDA,
    "events:ListRules": "knows no resources",
    "organizations:DeleteResourcePolicy": "there is one, and no id before it is there",
    "organizations:DescribeOrganization": "knows no resources",
    "organizations:DescribeResourcePolicy": "there is one, and no id before it is there",
    "organizations:EnableAWSServiceAccess": "knows no resources; a condition names the services",
    "organizations:ListAWSServiceAccessForOrganization": "knows no resources",
    "organizations:ListAccounts": "knows no resources",
    "organizations:ListAccountsForParent": "would name every unit",
    "organizations:ListDelegatedAdministrators": "knows no resources",
    "organizations:ListOrganizationalUnitsForParent": "would name every unit",
    "organizations:ListRoots": "knows no resources",
    "organizations:ListTagsForResource": "would name every account",
    "organizations:PutResourcePolicy": "there is one, and no id before it is there",
    "ssm:DescribeInstanceInformation": "lists what Systems Manager reaches",
    "ssm:ListCommandInvocations": "lists what became of commands, whose ids nobody knows before",
    "tag:GetResources": "knows no resources",
    "tag:TagResources": "knows no resources; the services' own actions are limited by conditions",
    "xray:PutTelemetryRecords": "knows no resources",
    "xray:PutTraceSegments": "knows no resources",
}
# Statements on all resources that a condition limits.
ON_EVERYTHING_UNTIL_TAGGED = {
    "spoke.CreatorTaggerRole": "creates are of every kind and name; Null allows only what has no creator yet",
}
# Statements on all resources that only read.
ON_EVERYTHING_TO_READ = {"spoke.ReadRole": "an event may be about any resource of the account"}
_READS = ("Describe", "Get", "List")


def resources(kind: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{name}.{title}", one["Properties"])
        for name, template in TEMPLATES.items()
        for title, one in template["Resources"].items()
        if one["Type"] == kind
    ]


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    for title, role in resources("AWS::IAM::Role"):
        for policy in role.get("Policies", []):
            yield from ((title, one) for one in policy["PolicyDocument"]["Statement"])


# 5


@pytest.mark.parametrize("what", FUNCTIONS, ids=lambda what: what.name)
def test_a_functions_environment_is_its_settings_model(what: Function) -> None:
    template = "spoke" if what.in_spokes else "hub"
    (found,) = [one for title, one in resources("AWS::Lambda::Function") if title == f"{template}.{what.title}"]
    assert found["Environment"]["Variables"].keys() == variable_names(what.settings).keys(), what.settings.__name__
    assert found["Handler"] == what.handler


# 7


def every_statement(value: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the statements of roles, buses, queues, topics, buckets and keys alike."""
    for name, held in value.items() if isinstance(value, dict) else enumerate(value):
        if name in {"Statement", "PolicyText"}:
            yield from ((place, one) for one in (held if isinstance(held, list) else [held]))
        elif isinstance(held, dict | list):
            yield from every_statement(held, f"{place}.{name}" if place.count(".") < 1 else place)


def test_no_statement_allows_every_action() -> None:
    found = [
        (place, one)
        for name, template in TEMPLATES.items()
        for place, one in every_statement(template["Resources"], name)
        if one.get("Effect") == "Allow"
    ]
    assert len(found) > len(list(statements()))
    assert [place for place, one in found if one["Action"] in ("*", ["*"])] == [], "name the actions"


def test_statements_on_all_resources_have_a_reason() -> None:
    unknown = {
        f"{title}: {action}"
        for title, one in statements()
        for action in one["Action"]
        if "*" in one["Resource"] and not _has_reason(title, one, action)
    }
    assert unknown == set(), "name the resources, or give ON_EVERYTHING the reason"


def _has_reason(title: str, statement: dict[str, Any], action: str) -> bool:
    if action in ON_EVERYTHING:
        return True
    if title in ON_EVERYTHING_TO_READ:
        return action.partition(":")[2].startswith(_READS)
    return title in ON_EVERYTHING_UNTIL_TAGGED and _is_narrowed(statement.get("Condition", {}))


def _is_narrowed(condition: dict[str, Any]) -> bool:
    """Whether only resources without a creator are left: an IfExists or ForAllValues alone narrows nothing."""
    return condition.get("Null", {}).get("aws:ResourceTag/CreatedBy") == "true"


def test_the_hub_only_reads_the_organization() -> None:
    hub = [one for title, one in statements() if title.startswith("hub.")]
    actions = {action for one in hub for action in one["Action"] if action.startswith("organizations:")}
    assert actions
    assert all(action.startswith("organizations:List") for action in actions)
    granted = TEMPLATES["management"]["Resources"]["Delegation"]["Properties"]["Statement"]
    assert actions == set(granted["Action"])


def test_only_the_hub_is_given_anything() -> None:
    resources = TEMPLATES["management"]["Resources"]
    asked = resources["Delegation"]["Properties"]
    assert asked["Statement"]["Principal"] == {"AWS": {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::{asked['Hub']}:root"}}
    (named,) = [one for _, one in statements() if "organizations:RegisterDelegatedAdministrator" in one["Action"]]
    assert named["Resource"][0]["Fn::Sub"].endswith(f"/{asked['Hub']}")
    assert named["Condition"]["StringEquals"]["organizations:ServicePrincipal"]


# 10


def test_role_names_fit_with_the_longest_region() -> None:
    given = [role["RoleName"] for _, role in resources("AWS::IAM::Role")]
    names = [name if isinstance(name, str) else name["Fn::Sub"] for name in given]
    # The longest prefix that the settings take, and the longest Region's name.
    longest = [name.replace("muster", "x" * 20).replace("${AWS::Region}", "ap-southeast-1") for name in names]
    assert [name for name in longest if len(name) > 64] == [], "IAM's limit is 64: shorten the function's name"


def test_inline_policies_fit_with_room() -> None:
    for title, role in resources("AWS::IAM::Role"):
        size = sum(len(json.dumps(one["PolicyDocument"], separators=(",", ":"))) for one in role.get("Policies", []))
        # Quota: 10,240 characters in all per role; references grow when they are resolved.
        assert size <= 9_700, f"{title}: split the role or give part of it as a managed policy (6,144)"


def test_patterns_and_rule_names_fit() -> None:
    rules = resources("AWS::Events::Rule")
    assert sum(title.startswith("spoke.") for title, _ in rules) <= 26
    for title, rule in rules:
        assert len(json.dumps(rule.get("EventPattern", {}), separators=(",", ":"))) <= 2_048, f"{title}: split it"
        assert len(rule.get("Name", "").replace("muster", "x" * 20)) <= 64, f"{title}: shorten its name"


def test_environments_fit() -> None:
    for title, one in resources("AWS::Lambda::Function"):
        assert len(json.dumps(one.get("Environment", {}).get("Variables", {}))) <= 3_072, title
