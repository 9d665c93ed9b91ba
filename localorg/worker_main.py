"""What runs inside a Lambda worker: import the handler, then answer invocations as the managed Python runtime does.

Runs by path in a bare interpreter (no site-packages, nothing of ours), so it imports the standard library only.
"""

import contextlib
import decimal
import importlib
import json
import logging
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

Handler = Callable[[Any, "Context"], Any]


class Context:
    """The handler's second argument (AWS Lambda developer guide, "Using the Lambda context object")."""

    def __init__(self, invocation: dict[str, Any]) -> None:
        """Take the invocation's identity and deadline from the gateway's frame."""
        self.aws_request_id: str = invocation["request_id"]
        self.invoked_function_arn: str = invocation["function_arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.client_context = None
        self.identity = None
        self._deadline: float = invocation["deadline"]

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's time-out, never below 0."""
        return max(0, int((self._deadline - time.time()) * 1000))

    def log(self, message: str) -> None:
        """Write to the function's log, as the managed runtime's context can."""
        sys.stdout.write(message)


class _RequestLog(logging.StreamHandler[Any]):
    """The managed runtime's root log handler: level, time and request id before the message."""

    request_id = ""

    def format(self, record: logging.LogRecord) -> str:
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        return f"[{record.levelname}]\t{when}.{record.msecs:03.0f}Z\t{self.request_id}\t{super().format(record)}"


def serve(connection: Connection, handler: str) -> None:
    """Import `module.function`, say so, then answer invocations until the gateway closes the connection."""
    _resolve_accounts()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # the log keeps the order of the prints
    log = _RequestLog(sys.stderr)
    logging.getLogger().addHandler(log)
    function, failure = _load(handler)
    _send(connection, failure or {"ready": True})
    with contextlib.suppress(EOFError):
        while function:
            invocation = json.loads(connection.recv_bytes())
            log.request_id = invocation["request_id"]
            _trace(invocation["trace_id"])
            _send(connection, _invoke(function, invocation))


def _resolve_accounts() -> None:
    """Let the name of an account before the endpoint's resolve, as S3 Control's clients write it and AWS's DNS does."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "").rpartition("/")[2].partition(":")[0]
    resolve = socket.getaddrinfo

    def resolve_more(host: Any, *arguments: Any, **keywords: Any) -> Any:
        account, _, rest = host.partition(".") if isinstance(host, str) else ("", "", "")
        return resolve(rest if endpoint and rest == endpoint and account.isdigit() else host, *arguments, **keywords)

    socket.getaddrinfo = resolve_more


def _load(handler: str) -> tuple[Handler | None, dict[str, Any]]:
    """The handler function, or the error that the managed runtime's bootstrap gives for it."""
    module_name, _, name = handler.rpartition(".")
    if not module_name:
        return None, _failure("Runtime.MalformedHandlerName", f"Bad handler '{handler}': no module name")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        return None, _failure("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}")
    except SyntaxError as error:
        return None, _failure("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}")
    except Exception as error:  # noqa: BLE001 - whatever the module raises is the function's own error
        return None, _raised(error)
    if not hasattr(module, name):
        return None, _failure("Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module_name}'")
    return getattr(module, name), {}


def _invoke(function: Handler, invocation: dict[str, Any]) -> dict[str, Any]:
    try:
        result = function(invocation["event"], Context(invocation))
    except Exception as error:  # noqa: BLE001 - whatever the handler raises is its answer
        return _raised(error)
    try:
        return {"result": json.dumps(result, ensure_ascii=False, default=_decimal)}
    except (TypeError, ValueError) as error:
        return _failure("Runtime.MarshalError", f"Unable to marshal response: {error}")


def _decimal(value: Any) -> int | float:
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _raised(error: Exception) -> dict[str, Any]:
    """An exception as the managed runtime reports it: errorType is the class's bare name."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    return _failure(type(error).__name__, str(error), traceback.format_list(frames))


def _failure(kind: str, message: str, trace: list[str] | None = None) -> dict[str, Any]:
    sys.stderr.write(f"[ERROR] {kind}: {message}\n" + ("Traceback (most recent call last):\n" if trace else ""))
    sys.stderr.writelines(trace or ())
    return {"error": {"errorMessage": message, "errorType": kind, "stackTrace": trace or []}}


def _trace(trace_id: str) -> None:
    if trace_id:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id
    else:
        os.environ.pop("_X_AMZN_TRACE_ID", None)


def _send(connection: Connection, answer: dict[str, Any]) -> None:
    """Answer only after the log is written, so that whoever has the answer has the whole log."""
    sys.stdout.flush()
    sys.stderr.flush()
    connection.send_bytes(json.dumps(answer).encode())
