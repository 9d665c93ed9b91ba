"""Asynchronous invocations: two retries, an age limit, then the failure destination and the dead-letter queue.

Source: Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation". Waits are scaled
by LOCALORG_RETRY_SCALE (0.001: a minute is 60 ms); ages are counted in AWS's seconds.
"""

import contextvars
import os
import threading
import time
import uuid
from typing import Any

from ministack.services import lambda_svc

from localorg import destinations, patches

RETRY_WAITS = (60.0, 120.0)  # before the first and every further retry, in seconds
THROTTLE_WAIT_LIMIT = 300.0  # throttled events come back after 1 s, doubling up to five minutes


def install() -> None:
    """Take over asynchronous invocation."""
    patches.replace(lambda_svc, "invoke_async_with_retry", invoke, "def _run():", "MaximumEventAgeInSeconds")


def invoke(function: dict[str, Any], event: Any) -> None:
    """Start the invocation and return."""
    config = function.get("config") or function
    run = contextvars.copy_context().run
    scoped = lambda_svc._run_with_function_config_scope
    arguments = (scoped, config, _follow, function, event)
    threading.Thread(target=run, args=arguments, daemon=True, name="lambda-async").start()


def _follow(function: dict[str, Any], event: Any) -> None:
    """Invoke until it succeeds or Lambda would give up, then tell the destinations."""
    settings = _settings(function)
    waited, failures, throttles = 0.0, 0, 0
    while True:
        result = lambda_svc._execute_function(function, event)
        if not result.get("error"):
            return _tell(function, event, result, "Success", failures + 1)
        if result.get("throttle"):
            throttles += 1
            wait = min(2.0 ** (throttles - 1), THROTTLE_WAIT_LIMIT)
        else:
            failures += 1
            wait = RETRY_WAITS[min(failures, len(RETRY_WAITS)) - 1]
        if failures > settings.get("MaximumRetryAttempts", 2):
            return _tell(function, event, result, "RetriesExhausted", failures)
        if waited + wait > settings.get("MaximumEventAgeInSeconds", 21_600):
            return _tell(function, event, result, "EventAgeExceeded", failures)
        waited += wait
        time.sleep(scaled(wait))


def scaled(seconds: float) -> float:
    """The seconds that a wait of AWS's takes here."""
    return seconds * float(os.environ.get("LOCALORG_RETRY_SCALE", "0.001"))


def _settings(function: dict[str, Any]) -> dict[str, Any]:
    configured = function.get("event_invoke_configs") or {}
    return function.get("event_invoke_config") or configured.get("$LATEST") or {}


def _tell(function: dict[str, Any], event: Any, result: dict[str, Any], condition: str, count: int) -> None:
    config = function.get("config") or function
    outcome = "OnSuccess" if condition == "Success" else "OnFailure"
    targets = _settings(function).get("DestinationConfig") or {}
    if target := (targets.get(outcome) or {}).get("Destination"):
        destinations.send(config, target, _record(config, event, result, condition, count))
    dead_letters = (config.get("DeadLetterConfig") or {}).get("TargetArn")
    if dead_letters and outcome == "OnFailure":
        destinations.send(config, dead_letters, event, _attributes(result))


def _record(config: dict[str, Any], event: Any, result: dict[str, Any], condition: str, count: int) -> dict[str, Any]:
    """The invocation record (Lambda developer guide, "Capturing records of Lambda asynchronous invocations")."""
    failed = {"functionError": "Unhandled"} if result.get("error") else {}
    return {
        "version": "1.0",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
        "requestContext": {
            "requestId": _request_id(result),
            "functionArn": f"{config['FunctionArn']}:{config.get('Version', '$LATEST')}",
            "condition": condition,
            "approximateInvokeCount": count,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "executedVersion": config.get("Version", "$LATEST"), **failed},
        "responsePayload": result.get("body"),
    }


def _attributes(result: dict[str, Any]) -> dict[str, Any]:
    """A dead letter is the event itself; what went wrong is in its attributes."""
    message = str((result.get("body") or {}).get("errorMessage", ""))[:1024]  # the attribute holds the first kilobyte
    return {
        "RequestID": {"DataType": "String", "StringValue": _request_id(result)},
        "ErrorCode": {"DataType": "Number", "StringValue": "429" if result.get("throttle") else "200"},
        "ErrorMessage": {"DataType": "String", "StringValue": message or "none"},
    }


def _request_id(result: dict[str, Any]) -> str:
    body = result.get("body")
    return str(body.get("requestId") if isinstance(body, dict) and body.get("requestId") else uuid.uuid4())
