"""Runs in a fresh interpreter without site-packages: a handler's import and first event, and what they cost.

Arguments: the folders to import from (separated by `:`), the handler, a file with the event and AWS's answers.
"""

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any


class Context:
    """Lambda's context, as much of it as Powertools reads."""

    function_name = "bench"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-central-1:111122223333:function:bench"
    aws_request_id = "1"
    tenant_id = None


class Raw:
    """The body of an HTTP answer."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> list[bytes]:
        return [self._body]


def answer_calls(answers: dict[str, Any]) -> list[str]:
    """Answer AWS calls where they would leave the process; return the list in which their names will appear."""
    awsrequest = importlib.import_module("botocore.awsrequest")
    httpsession = importlib.import_module("botocore.httpsession")
    calls: list[str] = []

    def send(_session: Any, request: Any) -> Any:
        calls.append(operation(request))
        answer = answers[calls[-1]]
        body = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        return awsrequest.AWSResponse(request.url, 200, {"content-length": str(len(body))}, Raw(body))

    httpsession.URLLib3Session.send = send
    return calls


def operation(request: Any) -> str:
    """Return the operation's name: JSON services have it in a header, EC2 in the form that it is sent."""
    target = request.headers.get("X-Amz-Target")
    if target:
        return (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
    form = request.body.decode() if isinstance(request.body, bytes) else request.body
    return form.partition("Action=")[2].partition("&")[0]


def peak_bytes() -> int:
    """Return the most memory held; not `ru_maxrss`, which begins with the parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def main(folders: str, handler: str, given: str) -> None:
    """Import, handle the event, print the figures as the last line."""
    sys.path[:0] = folders.split(":")
    module, _, name = handler.rpartition(".")
    handle = getattr(importlib.import_module(module), name)
    told = json.loads(Path(given).read_text(encoding="utf-8"))
    calls = answer_calls(told["answers"])
    handle(told["event"], Context())
    figures = {"cpu_ms": time.process_time() * 1000, "peak_bytes": peak_bytes(), "calls": calls}
    sys.stdout.write("\n" + json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
