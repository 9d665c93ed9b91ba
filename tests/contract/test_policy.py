"""What a resource policy means, in every encoding."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from contract.policy import policy_of

PUBLIC: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}],
}

SNS = "arn:aws:sns:eu-west-1:111122223333:orders"


def statement(**parts: Any) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*", **parts}]}


@pytest.mark.parametrize(
    "written",
    [PUBLIC, json.dumps(PUBLIC), quote(json.dumps(PUBLIC)), {"Statement": PUBLIC["Statement"][0]}],
    ids=["object", "text", "url-encoded", "single-statement"],
)
def test_a_public_policy_is_public_in_every_encoding(written: Any) -> None:
    assert policy_of(written).is_public


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ["*"]}, {"aws": ["111122223333", "*"]}])
def test_every_wildcard_principal_is_everybody(principal: Any) -> None:
    assert policy_of(statement(Principal=principal)).is_public


def test_everybody_but_somebody_is_everybody() -> None:
    policy = {"Statement": {"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}, "Action": "*"}}
    assert policy_of(policy).is_public


def test_a_deny_is_not_public() -> None:
    assert not policy_of(statement(Effect="Deny")).is_public


@pytest.mark.parametrize(
    "principal", [{"Service": "cloudtrail.amazonaws.com"}, {"AWS": "111122223333"}, {"CanonicalUser": "79a5"}]
)
def test_a_named_principal_is_not_public(principal: Any) -> None:
    assert not policy_of(statement(Principal=principal)).is_public


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}},
        {"StringEquals": {"AWS:SourceOwner": "111122223333"}},
        {"StringEquals": {"aws:SourceAccount": ["111122223333"]}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::amzn-s3-demo-bucket"}},
        {"StringEquals": {"kms:CallerAccount": "111122223333"}},
        {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24"]}},
        {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-exampleorgid/r-ab12/*"]}},
        {"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}},
        {"StringEquals": {"aws:PrincipalTag/team": "web"}},
        {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}},
        {
            "ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"},
            "Null": {"AWS:PrincipalOrgID": "false"},
        },
    ],
)
def test_a_condition_on_who_calls_narrows(condition: Any) -> None:
    assert not policy_of(statement(Condition=condition)).is_public


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"sts:ExternalId": "12345"}},
        {"StringNotEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}},
        {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorgid"}},
        {"Null": {"aws:PrincipalOrgID": "false"}},
        {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}},
        {
            "ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"},
            "Null": {"aws:PrincipalOrgID": "true"},
        },
        {
            "ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"},
            "Null": {"aws:SourceVpc": ["false"]},
        },
        {"StringLike": {"aws:PrincipalOrgID": "*"}},
        {"StringLike": {"aws:SourceVpc": "vpc-*"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/deploy"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}},
        {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
        {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "::/0"]}},
        {"Bool": {"aws:SecureTransport": "true"}},
        {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "false"}},
        {},
        [],
        "text",
    ],
)
def test_a_condition_that_strangers_meet_does_not_narrow(condition: Any) -> None:
    assert policy_of(statement(Condition=condition)).is_public


@pytest.mark.parametrize(
    ("condition", "circles"),
    [
        ({"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}}, [("o-exampleorgid",)]),
        (
            {
                "StringEquals": {"aws:SourceAccount": ["111122223333", 444455556666]},
                "ArnLike": {"AWS:SourceArn": SNS},
            },
            [("111122223333", "444455556666"), (SNS,)],
        ),
        ({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorgid"}}, []),
        (
            {"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0", "s3:DataAccessPointAccount": "1"}},
            [],
        ),
        ({}, []),
    ],
)
def test_circles_are_what_conditions_demand_of_the_callers_account(condition: Any, circles: Any) -> None:
    (only,) = policy_of(statement(Condition=condition)).statements
    assert only.circles == circles


@pytest.mark.parametrize(
    ("parts", "is_admin"),
    [
        ({"Action": "*"}, True),
        ({"Action": ["s3:Get*", "*:*"]}, True),
        ({"Action": "iam:*"}, True),
        ({"Action": "IAM:*"}, True),
        ({"Action": None, "NotAction": "organizations:*"}, True),
        ({"Action": None, "NotAction": ["iam:*", "organizations:*"]}, False),
        ({"Action": None, "NotAction": "iam:CreateUser"}, True),
        ({"Action": None, "NotAction": ["s3:*", "*"]}, False),
        ({"Action": "s3:*"}, False),
        ({"Action": "*", "Resource": "arn:aws:s3:::amzn-s3-demo-bucket"}, False),
        ({"Action": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}, False),
        ({"Action": "*", "Effect": "Deny"}, False),
    ],
)
def test_administrator_rights_are_everything_or_all_of_iam_on_everything(parts: Any, is_admin: bool) -> None:
    assert policy_of(statement(**parts)).is_admin is is_admin


@pytest.mark.parametrize("written", [None, "", "invalid-json-policy", 1, [], {}, {"Statement": 1}, {"Statement": [1]}])
def test_what_is_no_policy_is_an_empty_one(written: Any) -> None:
    policy = policy_of(written)
    assert policy.statements == ()
    assert not policy.is_public
