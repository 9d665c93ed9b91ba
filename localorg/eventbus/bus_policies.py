"""Resource policies of event buses: who may put events from another account."""

import json
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import eventbridge

from localorg import organization
from localorg.answers import ApiError, Response, refusal, success


def bus_arn(name: str) -> str:
    """The ARN of a bus in the current account and Region."""
    return f"arn:{organization.PARTITION}:events:{get_region()}:{get_account_id()}:event-bus/{name}"


def statement(sid: str, data: dict[str, Any], arn: str) -> dict[str, Any]:
    """The IAM statement of a PutPermission request in its short form."""
    principal, condition = str(data.get("Principal", "*")), data.get("Condition")
    root = f"arn:{organization.PARTITION}:iam::{principal}:root"
    made: dict[str, Any] = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": root},
        "Action": data.get("Action", "events:PutEvents"),
        "Resource": arn,
    }
    if condition:
        made["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return made


def put_permission(data: dict[str, Any]) -> Response:
    """PutPermission: one statement in its short form, or the whole policy."""
    bus = data.get("EventBusName", "default")
    if bus not in eventbridge._event_buses:
        return refusal(ApiError("ResourceNotFoundException", f"Event bus {bus} does not exist."))
    if data.get("Policy"):
        eventbridge._event_bus_policies[bus] = json.loads(data["Policy"])
    else:
        put_statement(bus, statement(data.get("StatementId") or new_uuid(), data, bus_arn(bus)))
    return success({})


def put_statement(bus: str, made: dict[str, Any]) -> None:
    """Put a statement into a bus's policy, in the place of one with the same Sid."""
    policy = eventbridge._event_bus_policies.get(bus) or {"Version": "2012-10-17", "Statement": []}
    others = [old for old in policy["Statement"] if old.get("Sid") != made["Sid"]]
    eventbridge._event_bus_policies[bus] = {**policy, "Statement": [*others, made]}


def allows(arn: str, policy: dict[str, Any] | None, principal: str, account: str) -> bool:
    """Whether a bus's policy lets a principal of another account put events."""
    context = EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole" if ":assumed-role/" in principal else "Root",
        principal_account=account,
        action="events:PutEvents",
        resource_arn=arn,
        region=get_region(),
        service_context={"aws:principalorgid": organization.organization_id_of(account)},
    )
    return bool(evaluate_resource_policy(policy, context).decision == "Allow")
