"""Event source mappings as Lambda makes them: windows are kept, and the function's role must be able to read."""

import json
from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

from localorg import patches
from localorg.organization import PARTITION

TYPE = "AWS::Lambda::EventSourceMapping"
STREAM_BATCH = 100  # API reference, CreateEventSourceMapping: the default for streams; 10 for queues
READS = {
    "sqs": ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    "dynamodb": (
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:DescribeStream",
        "dynamodb:ListStreams",
    ),
}
WITHOUT_RESOURCE = {"dynamodb:ListStreams"}  # allowed on the stream's ARN or on everything


class MappingError(ValueError):
    """A mapping that Lambda refuses."""


def install() -> None:
    """Put the check and the setting before both ways of making a mapping."""
    create = patches.require(lambda_svc, "_create_esm", "_init_stream_position", '"BatchSize", 10')
    update = patches.require(lambda_svc, "_update_esm", '"ScalingConfig"')
    patches.replace(lambda_svc, "_create_esm", _creating(create))
    patches.replace(lambda_svc, "_update_esm", _updating(update))
    handlers = provisioners._RESOURCE_HANDLERS[TYPE]
    patches.require(provisioners, "_lambda_esm_create", '"BisectBatchOnFunctionError"')
    handlers |= {"create": _creating_by_stack(handlers["create"]), "update": _updating_by_stack(handlers["update"])}


def check_role(function: str, source: str) -> None:
    """MappingError, in Lambda's words, if the function's role may not read the source."""
    service = source.split(":")[2]
    record = lambda_svc._functions.get(function.rsplit(":", maxsplit=1)[-1]) or {}
    role = (record.get("config") or {}).get("Role", "").rsplit("/", 1)[-1]
    missing = [action for action in READS.get(service, ()) if not _is_allowed(role, action, source)]
    if missing and service == "sqs":
        name = missing[0].split(":")[1]
        raise MappingError(f"The provided execution role does not have permissions to call {name} on SQS")
    if missing:
        names = ", ".join(action.split(":")[1] for action in READS["dynamodb"])
        raise MappingError(
            f"Cannot access stream {source}. Please ensure the role can perform the {names} Actions on your stream"
            " in IAM."
        )


def _is_allowed(role: str, action: str, resource: str) -> bool:
    account = get_account_id()
    policies = iam_evaluator._gather_role_policies(role, account)
    resources = (resource, "*") if action in WITHOUT_RESOURCE else (resource,)
    contexts = [
        iam_evaluator.EvalContext(
            principal_arn=f"arn:{PARTITION}:sts::{account}:assumed-role/{role}/lambda",
            principal_type="AssumedRole",
            principal_account=account,
            action=action,
            resource_arn=arn,
            region=get_region(),
        )
        for arn in resources
    ]
    return any(iam_evaluator.evaluate(context, policies).decision == "Allow" for context in contexts)


def _creating(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(request: dict[str, Any]) -> Any:
        source = request.get("EventSourceArn", "")
        default = {} if ":sqs:" in source else {"BatchSize": STREAM_BATCH}
        try:
            check_role(request.get("FunctionName", ""), source)
        except (MappingError, IndexError) as error:
            return error_response_json("InvalidParameterValueException", str(error), 400)
        return _with_window(original({**default, **request}), request)

    return create


def _updating(original: Callable[..., Any]) -> Callable[..., Any]:
    def update(key: str, request: dict[str, Any]) -> Any:
        return _with_window(original(key, request), request)

    return update


def _with_window(answer: Any, request: dict[str, Any]) -> Any:
    status, _headers, body = answer
    if status >= 300 or "TumblingWindowInSeconds" not in request:
        return answer
    mapping = lambda_svc._esms[json.loads(body)["UUID"]]
    mapping["TumblingWindowInSeconds"] = request["TumblingWindowInSeconds"]
    return json_response(lambda_svc._esm_response(mapping), status)


def _creating_by_stack(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        check_role(str(properties["FunctionName"]), properties.get("EventSourceArn", ""))
        default = {} if ":sqs:" in properties["EventSourceArn"] else {"BatchSize": STREAM_BATCH}
        made = original(logical_id, {**default, **properties}, stack)
        _keep_window(made[0], properties)
        return made

    return create


def _updating_by_stack(original: Callable[..., Any]) -> Callable[..., Any]:
    def update(physical_id: str, old: dict[str, Any], new: dict[str, Any], stack: str) -> Any:
        made = original(physical_id, old, new, stack)
        _keep_window(made[0] if isinstance(made, tuple) else physical_id, new)
        return made

    return update


def _keep_window(key: str, properties: dict[str, Any]) -> None:
    if seconds := properties.get("TumblingWindowInSeconds"):
        lambda_svc._esms[key]["TumblingWindowInSeconds"] = int(seconds)
