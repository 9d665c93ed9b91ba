"""Who did it, for every type of identity that CloudTrail records."""

from typing import Any

import pytest

from contract.actor import KINDS, actor_of

ACCOUNT = "111122223333"


def assumed(role: str, session: str, path: str = "role/", **context: Any) -> dict[str, Any]:
    return {
        "type": "AssumedRole",
        "principalId": f"AROACKCEVSQ6C2EXAMPLE:{session}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}",
        "accountId": ACCOUNT,
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "arn": f"arn:aws:iam::{ACCOUNT}:{path}{role}", "userName": role},
            **context,
        },
    }


USER = {"type": "IAMUser", "principalId": "AIDACKCEVSQ6C2EXAMPLE", "arn": f"arn:aws:iam::{ACCOUNT}:user/web/bob"}
SSO_PATH = "role/aws-reserved/sso.amazonaws.com/eu-west-1/"
SERVICE_PATH = "role/aws-service-role/autoscaling.amazonaws.com/"
POD = "system:serviceaccount:prod:checkout"

IDENTITIES: list[tuple[str, dict[str, Any], str, str]] = [
    ("user", {**USER, "userName": "bob"}, "bob", "iam-user"),
    ("user-known-by-arn", USER, "bob", "iam-user"),
    ("user-by-a-service", {**USER, "invokedBy": "secretsmanager.amazonaws.com", "userName": "bob"}, "bob", "iam-user"),
    (
        "identity-center",
        assumed("AWSReservedSSO_Admin_0123456789abcdef", "carol@example.com", SSO_PATH),
        "carol@example.com",
        "sso",
    ),
    ("saml-session", assumed("readers", "ryan@example.com"), "ryan@example.com", "role-session"),
    ("sdk-session", assumed("deploy", "aws-go-sdk-1722511821294449000"), "deploy", "role"),
    ("python-session", assumed("deploy", "botocore-session-1722511821"), "deploy", "role"),
    ("build-session", assumed("deploy", "GitHubActions"), "deploy", "role"),
    ("function-session", assumed("orders", "orders"), "orders", "role"),
    (
        "session-known-by-its-principal-alone",
        {"type": "AssumedRole", "principalId": "ops", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/readers"},
        "ops",
        "role-session",
    ),
    (
        "account-number-as-session",
        {**assumed("Admin", ""), "principalId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root"},
        "Admin",
        "role",
    ),
    ("source-identity", assumed("chain", "botocore-session-1", sourceIdentity="JohnDoe"), "JohnDoe", "role"),
    ("instance", assumed("web", "i-0123456789abcdef0"), "web/i-0123456789abcdef0", "ec2-instance"),
    (
        "service-linked-role",
        assumed("AWSServiceRoleForAutoScaling", "AutoScaling", SERVICE_PATH),
        "autoscaling.amazonaws.com",
        "service-linked-role",
    ),
    ("stack-with-a-service-role", assumed("stacks", "AWSCloudFormation"), "stacks", "cfn-service-role"),
    (
        "stack-without-a-service-role",
        {**assumed("developers", "carol@example.com"), "invokedBy": "cloudformation.amazonaws.com"},
        "carol@example.com",
        "role-session",
    ),
    (
        "stack-set",
        assumed("stacksets-exec-0123456789abcdef", "0f2b5a9e-0000-4000-8000-000000000001"),
        "cloudformation-stackset",
        "cfn-service-role",
    ),
    ("root", {"type": "Root", "principalId": ACCOUNT, "userName": "my-alias"}, "root", "root"),
    ("root-assumed", {"type": "Root", "sessionContext": {"assumedRoot": "true"}}, "root-assumed", "root"),
    (
        "federated-user",
        {"type": "FederatedUser", "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/reports"},
        "reports",
        "federated-user",
    ),
    ("saml-user", {"type": "SAMLUser", "userName": "dora@example.com"}, "dora@example.com", "samluser"),
    ("web-identity", {"type": "WebIdentityUser", "userName": POD}, POD, "webidentityuser"),
    (
        "identity-center-user",
        {"type": "IdentityCenterUser", "onBehalfOf": {"userId": "e3644802-0000"}},
        "e3644802-0000",
        "identity-center-user",
    ),
    ("service", {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}, "ec2.amazonaws.com", "aws-service"),
    ("account", {"type": "AWSAccount", "accountId": "444455556666"}, "account-444455556666", "aws-account"),
    ("unknown", {"type": "Unknown", "principalId": ACCOUNT, "arn": "", "userName": "user1"}, "user1", "unknown"),
    ("no-type", {"accountId": ACCOUNT, "invokedBy": "AWS Internal"}, "AWS Internal", "unknown"),
    ("hidden", {"type": "IAMUser", "userName": "HIDDEN_DUE_TO_SECURITY_REASONS"}, f"aws-account-{ACCOUNT}", "iam-user"),
    ("nothing", {}, f"aws-account-{ACCOUNT}", "unknown"),
]


@pytest.mark.parametrize(
    ("identity", "name", "kind"), [case[1:] for case in IDENTITIES], ids=[one[0] for one in IDENTITIES]
)
def test_everybody_is_called_by_the_name_that_people_know(identity: dict[str, Any], name: str, kind: str) -> None:
    actor = actor_of(identity, ACCOUNT)
    assert (actor.name, actor.kind) == (name, kind)
    assert kind in KINDS


def test_a_role_session_keeps_its_role_and_its_session() -> None:
    actor = actor_of(assumed("readers", "ryan@example.com"), ACCOUNT)
    assert (actor.role, actor.session) == ("readers", "ryan@example.com")


@pytest.mark.parametrize("identity", [None, [], "text", 1, {"type": ["IAMUser"]}, {"userName": {"a": 1}}, {"arn": 5}])
def test_any_shape_of_identity_is_read(identity: Any) -> None:
    assert actor_of(identity, ACCOUNT).name
