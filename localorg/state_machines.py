"""State machines as Step Functions runs them: an execution's own time-out, and functions called under the role.

Sources: Amazon States Language, "TimeoutSeconds"; Step Functions developer guide, "Creating an IAM role for your state
machine" and "Handling errors".
"""

import contextvars
import functools
import json
import threading
from collections.abc import Callable
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import lambda_svc, stepfunctions

from localorg import patches
from localorg.eventbus.permissions import UndeliverableError, assume

Record = dict[str, Any]

SERVICE = "states.amazonaws.com"
INVOKE = "lambda:InvokeFunction"
RUNNING, TIMED_OUT = "RUNNING", "TIMED_OUT"
# The role and the ARN of the state machine whose execution a thread works on.
_ACTING: contextvars.ContextVar[tuple[str, str] | None] = contextvars.ContextVar("localorg_state_machine", default=None)


def install() -> None:
    """Put time-outs and the role's permissions around MiniStack's executions."""
    run = patches.require(stepfunctions, "_run_execution", 'execution["status"] == "RUNNING"', "_emit_execution_status")
    patches.replace(stepfunctions, "_run_execution", _bounded(run))
    patches.require(stepfunctions, "_start_execution", "args=(_run_execution, exec_arn)")
    fail = patches.require(stepfunctions, "_fail_execution", 'execution["status"] = "FAILED"')
    patches.replace(stepfunctions, "_fail_execution", _unless_ended(fail))
    call = patches.require(stepfunctions, "_call_lambda", "_get_func_record_for_ref(func_ref)")
    patches.replace(stepfunctions, "_call_lambda", _permitted(call))
    patches.require(stepfunctions, "_invoke_resource", "_call_lambda(func_ref, payload)")


def _bounded(run: Callable[[str], None]) -> Callable[[str], None]:
    @functools.wraps(run)
    def run_execution(arn: str) -> None:
        execution = stepfunctions._executions.get(arn)
        machine = stepfunctions._state_machines.get((execution or {}).get("stateMachineArn"))
        if not execution or not machine:
            return run(arn)
        _ACTING.set((machine["roleArn"], machine["stateMachineArn"]))
        seconds = _limit(machine)
        if seconds is None:
            return run(arn)
        here = contextvars.copy_context()
        timer = threading.Timer(seconds, here.run, (_time_out, execution))
        timer.daemon = True
        timer.start()
        try:
            return run(arn)
        finally:
            timer.cancel()

    return run_execution


def _limit(machine: Record) -> float | None:
    """The seconds that an execution may take; None without a limit, or where the definition cannot be read."""
    try:
        seconds = json.loads(machine["definition"]).get("TimeoutSeconds")
    except (ValueError, AttributeError):
        return None
    return float(seconds) if isinstance(seconds, (int, float)) else None


def _time_out(execution: Record) -> None:
    if execution["status"] != RUNNING:
        return
    execution.update(status=TIMED_OUT, stopDate=now_iso())
    stepfunctions._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
    stepfunctions._emit_execution_status_event(execution)


def _unless_ended(fail: Callable[..., None]) -> Callable[..., None]:
    """What an aborted or timed-out execution still runs into changes nothing about how it ended."""

    @functools.wraps(fail)
    def fail_execution(execution: Record, error: str, cause: str) -> None:
        if execution["status"] == RUNNING:
            fail(execution, error, cause)

    return fail_execution


def _permitted(call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def call_lambda(reference: str, event: Any) -> Any:
        acting = _ACTING.get()
        function, config, _name = lambda_svc._get_func_record_for_ref(reference)
        if acting and function and config:
            _check(acting, str(config["FunctionArn"]))
        return call(reference, event)

    return call_lambda


def _check(acting: tuple[str, str], function: str) -> None:
    role, machine = acting
    try:
        assume(role, INVOKE, function, machine, SERVICE)
    except UndeliverableError as refused:
        cause = f"{refused} (Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException)"
        raise stepfunctions._ExecutionError("Lambda.AWSLambdaException", cause) from refused
