"""Service control policies are checked before they are kept: size, syntax, attachments."""

import json
from typing import Any

from ministack.services import organizations

from localorg.organizations.answers import OrganizationsError, Payload

KIND = "SERVICE_CONTROL_POLICY"
# Quotas of Organizations: characters of a policy, policies of a kind attached to a root, unit or account.
LONGEST, MOST_ATTACHED = 5_120, 5
ELEMENTS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}


def check_content(payload: Payload) -> None:
    """OrganizationsError unless the policy's content could be a service control policy.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html
    """
    content = payload.get("Content")
    if not content or _kind(payload) != KIND:
        return
    if len(content) > LONGEST:
        message = f"You have exceeded the allowed policy size of {LONGEST} characters."
        raise OrganizationsError("ConstraintViolationException", message)
    problem = _problem(content)
    if problem:
        raise OrganizationsError("MalformedPolicyDocumentException", f"The provided policy document: {problem}")


def check_attachment(payload: Payload) -> None:
    """OrganizationsError when a target has as many policies as it may."""
    target = payload.get("TargetId")
    attached = [
        key
        for key, policy in organizations._policies.items()
        if policy["Type"] == KIND and target in (organizations._attachments.get(key) or ())
    ]
    if len(attached) >= MOST_ATTACHED:
        message = f"You have attached the maximum of {MOST_ATTACHED} policies to {target}."
        raise OrganizationsError("ConstraintViolationException", message)


def _kind(payload: Payload) -> str:
    known = organizations._policies.get(payload.get("PolicyId")) or {}
    return str(payload.get("Type") or known.get("Type", ""))


def _problem(content: str) -> str:
    try:
        document = json.loads(content)
    except ValueError:
        return "is not valid JSON"
    if not isinstance(document, dict) or document.get("Version") != "2012-10-17":
        return "needs the Version 2012-10-17"
    statements = document.get("Statement")
    listed = statements if isinstance(statements, list) else [statements]
    return next((wrong for wrong in map(_wrong, listed) if wrong), "")


def _wrong(statement: Any) -> str:
    if not isinstance(statement, dict):
        return "needs statements"
    unknown = sorted(statement.keys() - ELEMENTS)
    if unknown:
        return f"has the element {unknown[0]}, which no service control policy takes"
    if statement.get("Effect") not in {"Allow", "Deny"}:
        return "needs the Effect Allow or Deny"
    if ("Action" in statement) == ("NotAction" in statement):
        return "needs either Action or NotAction"
    if ("Resource" in statement) == ("NotResource" in statement):
        return "needs either Resource or NotResource"
    return ""
