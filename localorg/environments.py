"""A Lambda execution environment: where it starts, what its environment holds, and when it may be reused."""

import base64
import hashlib
import json
import os
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime

from localorg import inline_code
from localorg.task_roots import TaskRoots
from localorg.worker_pool import SERVER_LIMIT, ForkServer, Worker

INIT_SECONDS = 10.0  # Lambda developer guide, "Init phase"
_TASKS = TaskRoots()
_SERVERS: OrderedDict[str, ForkServer] = OrderedDict()  # by the zip's hash, least recently used first
_SERVERS_LOCK = threading.Lock()


class InitError(RuntimeError):
    """The handler's module did not load; carries the answer that the caller gets, and the log."""

    def __init__(self, kind: str, message: str, log: str = "", trace: tuple[str, ...] = ()) -> None:
        """Take what the runtime reported."""
        super().__init__(message)
        self.log = log
        self.error = {"errorMessage": message, "errorType": kind, "stackTrace": list(trace)}


def start(config: dict[str, Any], code: bytes) -> Worker:
    """A worker whose handler is imported; InitError when it cannot be."""
    if config.get("Layers"):
        raise InitError("Runtime.Unsupported", "Layers are not emulated: the zip must carry everything")
    request = {"handler": config["Handler"], "environment": environment(config)}
    worker = _server(config["CodeSha256"], code).fork(request, lambda root: {"LAMBDA_TASK_ROOT": str(root)})
    try:
        answer = worker.answer(INIT_SECONDS + config["Timeout"])
    except EOFError as end:
        log = worker.take_log()
        raise InitError("Runtime.ExitError", f"Error: {exit_reason(worker.end())}", log) from end
    except TimeoutError as end:
        log = worker.take_log()
        worker.end()
        raise InitError("Sandbox.Timedout", f"Error: {timed_out(config)}", log) from end
    if error := answer.get("error"):
        log = worker.take_log()
        worker.end()
        raise InitError(error["errorType"], error["errorMessage"], log, error["stackTrace"])
    return worker


def stop() -> None:
    """End the fork servers, and with them the workers; delete the unpacked zips."""
    for server in _SERVERS.values():
        server.close()
    _TASKS.remove()


def timed_out(config: dict[str, Any]) -> str:
    """What Lambda says of a function that took too long."""
    return f"Task timed out after {config['Timeout']:.2f} seconds"


def exit_reason(status: int) -> str:
    """What Lambda says of a process that ended with this exit code (negative: a signal)."""
    if status == 0:
        return "Runtime exited without providing a reason"
    reason = f"signal: {-status}" if status < 0 else f"exit status {status}"
    return f"Runtime exited with error: {reason}"


def environment(config: dict[str, Any]) -> dict[str, str]:
    """A worker's whole environment: what Lambda sets, the function's own variables, and where AWS is here.

    Source: Lambda developer guide, "Defined runtime environment variables".
    """
    region = config["FunctionArn"].split(":")[3]
    now = time.strftime("%Y/%m/%d", time.gmtime())
    return {
        "PATH": os.defpath,
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
        **(config.get("Environment") or {}).get("Variables", {}),
        **lambda_runtime.execution_credentials(config),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config['Runtime']}",
        "AWS_LAMBDA_FUNCTION_NAME": config["FunctionName"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config["MemorySize"]),
        "AWS_LAMBDA_FUNCTION_VERSION": config["Version"],
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": _log_group(config),
        "AWS_LAMBDA_LOG_STREAM_NAME": f"{now}/[{config['Version']}]{uuid.uuid4().hex}",
        "_HANDLER": config["Handler"],
    }


def _log_group(config: dict[str, Any]) -> str:
    default = f"/aws/lambda/{config['FunctionName']}"
    return (config.get("LoggingConfig") or {}).get("LogGroup") or default


def fingerprint(config: dict[str, Any]) -> str:
    """What a warm worker may be reused for: the same function with the same code and configuration."""
    names = ("FunctionArn", "Version", "CodeSha256", "Handler", "Runtime", "Role", "MemorySize", "Timeout")
    settings = [config.get(name) for name in (*names, "Environment", "LoggingConfig")]
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def _server(code_sha: str, code: bytes) -> ForkServer:
    """The zip's fork server, which expects a worker; beyond the cap, the least recently used idle one goes."""
    name = base64.b64decode(code_sha).hex()

    def unpack(warm: Callable[[Path], None]) -> Path:
        return _TASKS.unpack(name, code, warm)

    with _SERVERS_LOCK:
        server = _SERVERS.setdefault(name, ForkServer(unpack, inline_code.runtime_for(code)))
        _SERVERS.move_to_end(name)
        server.expect()
        idle = [other for other, candidate in _SERVERS.items() if candidate.is_idle()]
        surplus = [_SERVERS.pop(other) for other in idle[: max(0, len(_SERVERS) - SERVER_LIMIT)]]
    for old in surplus:
        old.close()
    return server
