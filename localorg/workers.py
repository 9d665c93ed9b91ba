"""Runs Python Lambda functions in bare workers, and answers as the managed runtime does."""

import json
import time
from typing import Any

from ministack.services import lambda_svc

from localorg import environments, patches
from localorg.worker_pool import TooManyWorkersError, Worker, WorkerPool

_POOL = WorkerPool()


def install() -> None:
    """Take Python functions over from MiniStack's own workers; other runtimes stay there."""
    patches.require(lambda_svc, "_execute_function_dispatch", "_execute_function_warm(func, event, request_id)")
    others = patches.require(lambda_svc, "_execute_function_warm", "acquire_worker(", '"error": True')
    reset_others = patches.require(lambda_svc, "reset", "lambda_runtime")

    def execute_any(function: dict[str, Any], event: Any, request_id: str) -> Any:
        is_python = (function.get("config") or function).get("Runtime", "").startswith("python")
        return (execute if is_python else others)(function, event, request_id)

    def reset() -> None:
        _POOL.clear()
        reset_others()

    patches.replace(lambda_svc, "_execute_function_warm", execute_any)
    patches.replace(lambda_svc, "reset", reset)


def stop() -> None:
    """End every worker and fork server."""
    _POOL.clear()
    environments.stop()


def execute(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    """Run one invocation; MiniStack's result shape: `body`, `log`, and `error` when it failed."""
    config, code = function.get("config") or function, function.get("code_zip")
    if not code:
        return _failure({"errorMessage": "The function has no code", "errorType": "Runtime.Unsupported"}, request_id)
    key = environments.fingerprint(config)
    try:
        worker = _POOL.lease(key, lambda: environments.start(config, code))
    except TooManyWorkersError:
        return _throttled()
    except environments.InitError as failure:
        return _failure(failure.error, request_id, failure.log)
    return _run(key, worker, config, event, request_id)


def _run(key: str, worker: Worker, config: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    worker.ask(_invocation(config, event, request_id))
    try:
        answer = worker.answer(float(config["Timeout"]))
    except TimeoutError:
        log = _discard(worker)[0]
        return _killed("Sandbox.Timedout", environments.timed_out(config), request_id, log)
    except EOFError:
        log, status = _discard(worker)
        return _killed("Runtime.ExitError", environments.exit_reason(status), request_id, log)
    log = worker.take_log()
    _POOL.release(key, worker)
    if error := answer.get("error"):
        return _failure(error, request_id, log)
    return {"body": json.loads(answer["result"]), "log": log}


def _invocation(config: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    return {
        "event": event,
        "request_id": request_id,
        "function_arn": config["FunctionArn"],
        "deadline": time.time() + config["Timeout"],
        "trace_id": lambda_svc._xray_trace_id_for_invocation(config) or "",
    }


def _discard(worker: Worker) -> tuple[str, int]:
    log = worker.take_log()
    return log, _POOL.discard(worker)


def _killed(kind: str, reason: str, request_id: str, log: str) -> dict[str, Any]:
    message = f"RequestId: {request_id} Error: {reason}"
    return _failure({"errorMessage": message, "errorType": kind}, request_id, f"{log}{message}\n")


def _failure(error: dict[str, Any], request_id: str, log: str = "") -> dict[str, Any]:
    body = {**error, "requestId": request_id}
    return {"body": body, "error": True, "function_error": "Unhandled", "log": log}


def _throttled() -> dict[str, Any]:
    result: dict[str, Any] = lambda_svc._throttle_response(
        reason_code="ConcurrentInvocationLimitExceeded", msg="Rate Exceeded: every local worker is busy"
    )
    return result
