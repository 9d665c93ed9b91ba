"""Service control policies: what an organization's Deny keeps every principal of a member account from.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
"""

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.iam_evaluator import AuthError, EvalContext, EvalResult, ParsedStatement, PrincipalInfo
from ministack.core.responses import get_account_id, get_region
from ministack.services import organizations

from localorg import organization, patches, resource_tags
from localorg.seed import MANAGEMENT

Statements = list[list[ParsedStatement]]

KIND = "SERVICE_CONTROL_POLICY"
# Stands where MiniStack keeps the ARN of the resource policy that denied.
DENIED_BY = "service control policy"
WORDY = {"logs", "ssm"}


def install() -> None:
    """Ask the organization's policies after those of the account have allowed a call."""
    original = patches.require(iam_evaluator, "enforce", "principal.policies is None", "result = evaluate(")
    patches.replace(iam_evaluator, "enforce", _bounded(original))
    respond = patches.require(iam_actions, "access_denied_response", "resource_policy_arn: str")
    patches.replace(iam_actions, "access_denied_response", _explaining(respond))


def refusal(action: str, resource: str) -> str:
    """Why the organization's policies refuse a call of the current caller; empty when they do not."""
    caller = iam_evaluator.caller_arn()
    kind = "AssumedRole" if ":assumed-role/" in caller else "Root" if caller.endswith(":root") else "User"
    principal = PrincipalInfo(arn=caller, type=kind, account=get_account_id(), policies=None)
    return message(caller, action, resource) if _is_denied(principal, action, resource, {}) else ""


def message(principal: str, action: str, resource: str) -> str:
    """AWS's words."""
    reason = "with an explicit deny in a service control policy"
    return f"User: {principal} is not authorized to perform: {action} on resource: {resource} {reason}"


def _bounded(original: Callable[..., Any]) -> Callable[..., Any]:
    def enforce(  # noqa: PLR0913, PLR0917 - MiniStack's signature
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: Mapping[str, Any] | None = None,
    ) -> EvalResult | AuthError | None:
        denied = original(access_key_id, iam_action, service, region, resource_arn, service_context)
        if denied is not None or not access_key_id:
            return denied
        principal = iam_evaluator.resolve_principal(access_key_id, get_account_id())
        if isinstance(principal, AuthError) or not _is_denied(principal, iam_action, resource_arn, service_context):
            return None
        return EvalResult("Deny", principal_arn=principal.arn, resource_policy_arn=DENIED_BY)

    return enforce


def _is_denied(principal: PrincipalInfo, action: str, resource: str, service_context: Mapping[str, Any] | None) -> bool:
    policies = _policies_over(principal)
    if not policies:
        return False
    keys = {key.lower(): value for key, value in (service_context or {}).items()}
    # A request that names no tags has no aws:TagKeys.
    keys.setdefault("aws:tagkeys", None)
    if iam_evaluator._names_condition_key(policies, "aws:resourcetag/"):
        tags = resource_tags.tags_of(resource) or {}
        keys = {**{f"aws:resourcetag/{name}".lower(): value for name, value in tags.items()}, **keys}
    context = EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context=keys,
        principal_keys=principal.keys,
    )
    return bool(iam_evaluator.evaluate(context, policies).decision == "Deny")


def _policies_over(principal: PrincipalInfo) -> Statements:
    """The policies of the account and all above it; none bind the management account or service-linked roles."""
    account = principal.account
    if account == MANAGEMENT or organization.organization_id_of(account) is None:
        return []
    if ":assumed-role/AWSServiceRoleFor" in principal.arn:
        return []
    above = {account, *organization.ids_above(organization.parent_of(account)).split("/")}
    with organization.as_management():
        bound = [
            policy["_Content"]
            for key, policy in organizations._policies.items()
            if policy["Type"] == KIND and above.intersection(organizations._attachments.get(key) or ())
        ]
    return [denials for content in bound if (denials := _denials(content))]


@functools.lru_cache(maxsize=64)
def _denials(content: str) -> list[ParsedStatement]:
    return [one for one in iam_evaluator.parse_policy_document(json.loads(content)) if one.effect == "Deny"]


def _explaining(respond: Callable[..., Any]) -> Callable[..., Any]:
    """Name the policy in the answer, as AWS does."""

    def access_denied_response(service: str, action: str, principal_arn: str, request_id: str, **named: Any) -> Any:
        if named.get("resource_policy_arn") == DENIED_BY:
            text = message(principal_arn, action, named.get("resource_arn", "*"))
            status, headers, body = respond(
                service, action, principal_arn, request_id, **{**named, "resource_policy_arn": "", "message": text}
            )
            # These word every denial themselves.
            return (
                status,
                headers,
                body.replace(b"an identity-based", b"a service control") if service in WORDY else body,
            )
        return respond(service, action, principal_arn, request_id, **named)

    return access_denied_response
