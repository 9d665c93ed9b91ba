"""Names are taken once: a stack that creates what exists already fails, where MiniStack would overwrite it."""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import (
    cloudwatch,
    cloudwatch_logs,
    dynamodb,
    eventbridge,
    iam,
    kms,
    lambda_svc,
    scheduler,
    secretsmanager,
    sns,
    sqs,
    stepfunctions,
)

from localorg import organization
from localorg.cloudformation.answers import ResourceError
from localorg.ssm import documents

Properties = dict[str, Any]
Handlers = dict[str, dict[str, Any]]


def _arn(service: str, resource: str, region: str | None = None) -> str:
    place = get_region() if region is None else region
    return f"arn:{organization.PARTITION}:{service}:{place}:{get_account_id()}:{resource}"


def _rule(name: str, properties: Properties) -> bool:
    bus, _error = eventbridge._event_bus_name_from_ref(properties.get("EventBusName") or "default")
    return eventbridge._rule_key(name, bus) in eventbridge._rules


def _schedule(name: str, properties: Properties) -> bool:
    return f"{properties.get('GroupName', 'default')}/{name}" in scheduler._schedules


# Type → the property that names it, and whether the name is taken in the current account and Region.
NAMES: dict[str, tuple[str, Callable[[str, Properties], bool]]] = {
    "AWS::CloudWatch::Alarm": ("AlarmName", lambda name, _: name in cloudwatch._alarms),
    "AWS::DynamoDB::Table": ("TableName", lambda name, _: name in dynamodb._tables),
    "AWS::Events::Rule": ("Name", _rule),
    "AWS::IAM::InstanceProfile": ("InstanceProfileName", lambda name, _: name in iam._instance_profiles),
    "AWS::IAM::ManagedPolicy": (
        "ManagedPolicyName",
        lambda name, _: _arn("iam", f"policy/{name}", "") in iam._policies,
    ),
    "AWS::IAM::Role": ("RoleName", lambda name, _: name in iam._roles),
    "AWS::KMS::Alias": ("AliasName", lambda name, _: _arn("kms", name) in kms._aliases),
    "AWS::Lambda::Function": ("FunctionName", lambda name, _: name in lambda_svc._functions),
    "AWS::Logs::LogGroup": ("LogGroupName", lambda name, _: name in cloudwatch_logs._log_groups),
    "AWS::SNS::Topic": ("TopicName", lambda name, _: _arn("sns", name) in sns._topics),
    "AWS::SQS::Queue": ("QueueName", lambda name, _: name in sqs._queue_name_to_url),
    "AWS::SSM::Document": ("Name", lambda name, _: name in documents.DOCUMENTS.get(documents.here(), {})),
    "AWS::Scheduler::Schedule": ("Name", _schedule),
    "AWS::SecretsManager::Secret": ("Name", lambda name, _: name in secretsmanager._secrets),
    "AWS::StepFunctions::StateMachine": (
        "StateMachineName",
        lambda name, _: _arn("states", f"stateMachine:{name}") in stepfunctions._state_machines,
    ),
}


def strict(handlers: Handlers) -> Handlers:
    """The handlers of the types above, refusing a name that is taken; the rest of each handler stays."""
    return {kind: {**handlers[kind], "create": _refusing(kind, handlers[kind]["create"])} for kind in NAMES}


def _refusing(kind: str, create: Callable[..., Any]) -> Callable[..., Any]:
    prop, is_taken = NAMES[kind]

    def create_once(logical_id: str, properties: Properties, stack: str) -> Any:
        name = properties.get(prop)
        if name and is_taken(name, properties):
            # What CloudFormation's own types answer; https://repost.aws/knowledge-center/cloudformation-resource-already-exists
            raise ResourceError(f"Resource of type '{kind}' with identifier '{name}' already exists.")
        return create(logical_id, properties, stack)

    return create_once
