"""The organization's one resource policy: what member accounts may do beyond what they are."""

import json
from typing import Any

from ministack.core.iam_evaluator import EvalContext, caller_arn, evaluate_resource_policy

from localorg.organization import ORGANIZATION, arn
from localorg.organizations.answers import OrganizationsError, Payload

# Quota: characters of the policy (Organizations API, PutResourcePolicy).
LONGEST = 40_000
IDENTIFIER = "rp-examplepolicyid111"
# The policy's text, once there is one.
CONTENT: list[str] = []


def put_policy(payload: Payload) -> dict[str, Any]:
    """Make the policy, or put another in its place."""
    content = str(payload.get("Content", ""))
    if len(content) > LONGEST:
        raise OrganizationsError("InvalidInputException", f"The policy is longer than {LONGEST} characters.")
    _check(content)
    CONTENT[:] = [content]
    return describe_policy(payload)


def _check(content: str) -> None:
    try:
        statements = json.loads(content)["Statement"]
    except (ValueError, KeyError, TypeError):
        statements = None
    every = statements if isinstance(statements, list) else [statements]
    if not all(isinstance(one, dict) and {"Effect", "Principal", "Action"} <= one.keys() for one in every):
        raise OrganizationsError("InvalidInputException", "The provided policy document is malformed.")


def describe_policy(_payload: Payload) -> dict[str, Any]:
    """The policy with its id."""
    if not CONTENT:
        raise OrganizationsError("ResourcePolicyNotFoundException", "There is no resource policy.")
    summary = {"Id": IDENTIFIER, "Arn": arn("resourcepolicy", IDENTIFIER)}
    return {"ResourcePolicy": {"ResourcePolicySummary": summary, "Content": CONTENT[0]}}


def delete_policy(payload: Payload) -> dict[str, Any]:
    """Take the policy away."""
    describe_policy(payload)
    CONTENT.clear()
    return {}


def allows(account: str, operation: str) -> bool:
    """Whether the policy lets this member account make the call; the caller's own permissions come on top."""
    if not CONTENT:
        return False
    context = EvalContext(
        principal_arn=caller_arn(),
        principal_type="Root",
        principal_account=account,
        action=f"organizations:{operation}",
        resource_arn=arn("organization", "*").removesuffix(f"{ORGANIZATION}/*") + ORGANIZATION,
        region="us-east-1",
    )
    return bool(evaluate_resource_policy(CONTENT[0], context).decision == "Allow")
