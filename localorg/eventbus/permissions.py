"""What EventBridge must be allowed before it reaches a target: the target's role, or its resource policy."""

import json
from typing import Any

from ministack.core.arn import Arn
from ministack.core.iam_evaluator import (
    EvalContext,
    _gather_role_policies,
    _service_principal_matches,
    evaluate,
    evaluate_resource_policy,
    parse_policy_document,
)
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam, kms, lambda_svc, sns, sqs

from localorg import organization
from localorg.answers import ApiError

EVENTS = "events.amazonaws.com"


class UndeliverableError(ApiError):
    """An event that cannot reach its target: AWS's error code and what is wrong.

    Codes: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    """


def context(action: str, resource: str, source_arn: str) -> EvalContext:
    """An AWS service acting for a rule or schedule of the current account."""
    return EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": get_account_id()},
    )


def assume(role_arn: str, action: str, target_arn: str, source_arn: str, service: str = EVENTS) -> str:
    """The session ARN under which an AWS service acts for a rule or schedule; UndeliverableError if it may not."""
    name = role_arn.rpartition("/")[2]
    role = iam._roles.get(name) if f":{get_account_id()}:role/" in role_arn else None
    if role is None or not _trusts(role["AssumeRolePolicyDocument"], service, source_arn):
        raise UndeliverableError("FAILED_TO_ASSUME_ROLE", f"{service} cannot assume {role_arn or 'no role'}")
    asked = context(action, target_arn, source_arn)
    if evaluate(asked, _gather_role_policies(name, get_account_id())).decision != "Allow":
        raise UndeliverableError("NO_PERMISSIONS", f"{role_arn} does not allow {action} on {target_arn}")
    return f"arn:{organization.PARTITION}:sts::{get_account_id()}:assumed-role/{name}/{service.partition('.')[0]}"


def _trusts(document: str | dict[str, Any], service: str, source_arn: str) -> bool:
    parsed = json.loads(document) if isinstance(document, str) else document
    statements = parsed.get("Statement", [])
    named = [
        entry
        for entry in ([statements] if isinstance(statements, dict) else statements)
        if _service_principal_matches(entry.get("Principal"), service)
    ]
    trust = parse_policy_document({"Statement": named})
    return bool(evaluate(context("sts:AssumeRole", "*", source_arn), [trust]).decision == "Allow")


def check_resource_policy(spec: Arn, rule_arn: str) -> None:
    """Whether the target lets EventBridge in for this rule; UndeliverableError with AWS's code if it does not."""
    target = str(spec)
    action, found = {
        "lambda": ("lambda:InvokeFunction", lambda_svc.function_policy_for_arn),
        "sns": ("sns:Publish", sns.topic_policy_for_arn),
        "sqs": ("sqs:SendMessage", sqs.queue_policy_for_arn),
    }[spec.service]
    policy = found(target)
    if policy is None:
        raise UndeliverableError("NO_RESOURCE", f"{target} does not exist")
    decision = evaluate_resource_policy(policy[0], context(action, target, rule_arn), service=EVENTS).decision
    if decision != "Allow":
        raise UndeliverableError("NO_PERMISSIONS", f"{target} does not allow {action} to {EVENTS} for {rule_arn}")
    _check_encryption(spec, rule_arn)


def _check_encryption(spec: Arn, rule_arn: str) -> None:
    """A queue or topic encrypted with KMS: the key must let EventBridge in, which AWS's own keys never do.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
    """
    key = _key_of(spec)
    if not key:
        return
    policy = kms.key_policy_for_arn(key)
    for action in ("kms:GenerateDataKey", "kms:Decrypt"):
        asked = context(action, key, rule_arn)
        if policy is None or evaluate_resource_policy(policy[0], asked, service=EVENTS).decision != "Allow":
            raise UndeliverableError("NO_PERMISSIONS", f"the key {key} of {spec} does not allow {action} to {EVENTS}")


def _key_of(spec: Arn) -> str:
    if spec.service == "sqs":
        found = sqs._queue_by_arn(str(spec))
    else:
        found = sns._topics.get(str(spec)) if spec.service == "sns" else None
    return str((found or {}).get("attributes", {}).get("KmsMasterKeyId") or "")
