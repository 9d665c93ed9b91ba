"""The last step to a target, when everything that permits it has been checked."""

import json
from collections.abc import Callable
from typing import Any

from ministack.core.arn import Arn
from ministack.services import eventbridge, lambda_svc, sqs, stepfunctions

from localorg.eventbus.dead_letters import send
from localorg.eventbus.permissions import UndeliverableError

Target = dict[str, Any]


def hand_over(spec: Arn, body: str, target: Target) -> None:
    """Give `body` to a queue, topic, function or state machine; UndeliverableError if it is not there."""
    HANDOVERS[spec.service](spec, body, target)


def _to_queue(spec: Arn, body: str, target: Target) -> None:
    if sqs._queue_by_arn(str(spec)) is None:
        raise UndeliverableError("NO_RESOURCE", f"{spec} does not exist")
    if spec.resource.endswith(".fifo"):
        eventbridge._dispatch_to_sqs(spec, body, target.get("SqsParameters") or {})
    else:
        send(str(spec), body, {})


def _to_topic(spec: Arn, body: str, _target: Target) -> None:
    eventbridge._dispatch_to_sns(str(spec), body)


def _to_function(spec: Arn, body: str, _target: Target) -> None:
    function, config, _name = lambda_svc._get_func_record_for_ref(str(spec))
    if function is None:
        raise UndeliverableError("NO_RESOURCE", f"{spec} does not exist")
    try:
        event = json.loads(body)
    except ValueError as error:
        raise UndeliverableError("INVALID_JSON", str(error)) from error
    # Asynchronous: two more attempts, then the function's own on-failure destination.
    lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(function, config), event)


def _to_state_machine(spec: Arn, body: str, _target: Target) -> None:
    if stepfunctions._resolve_state_machine_arn(str(spec)) is None:
        raise UndeliverableError("NO_RESOURCE", f"{spec} does not exist")
    eventbridge._dispatch_to_stepfunctions(str(spec), body)


HANDOVERS: dict[str, Callable[[Arn, str, Target], None]] = {
    "lambda": _to_function,
    "sns": _to_topic,
    "sqs": _to_queue,
    "states": _to_state_machine,
}
