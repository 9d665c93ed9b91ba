"""Answers CloudFormation's requests, whatever happens: a request without an answer holds a stack for an hour."""

import json
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

from aws_lambda_powertools.utilities.typing import LambdaContext

# CloudFormation takes answers of 4,096 bytes (custom resource response objects).
_LONGEST_REASON = 2000
_PATIENCE_SECONDS = 10


def is_request(event: Mapping[str, Any]) -> bool:
    """Return whether the event is a request of a CloudFormation custom resource."""
    return "RequestType" in event and "ResponseURL" in event


@contextmanager
def answered(event: Mapping[str, Any], context: LambdaContext) -> Iterator[None]:
    """Answer the request when the block ends: SUCCESS, or FAILED with the reason when it raised; the error ends here.

    The block is interrupted while there is still time to answer. A deletion always succeeds. The physical id never
    changes, because another one means replacement.
    """
    reason = ""
    try:
        with _interrupted(context.get_remaining_time_in_millis() / 1000 - _PATIENCE_SECONDS):
            yield
    except Exception as error:  # noqa: BLE001 - the isolator of custom resources: the stack must not wait for an hour
        reason = f"{type(error).__name__}: {error}"
    _send(event, reason, context.log_stream_name)


@contextmanager
def _interrupted(seconds: float) -> Iterator[None]:
    """Raise `TimeoutError` inside the block after so many seconds (only the main thread can be interrupted so)."""

    def stop(_number: int, _frame: object) -> None:
        raise TimeoutError(f"no end after {seconds:.0f} s")

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _send(event: Mapping[str, Any], reason: str, log_stream: str) -> None:
    failed = reason and event["RequestType"] != "Delete"
    answer = {
        "Status": "FAILED" if failed else "SUCCESS",
        "Reason": _cut(reason) or f"log stream {log_stream}",
        "PhysicalResourceId": event.get("PhysicalResourceId") or event["LogicalResourceId"],
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    body = json.dumps(answer).encode()
    # The presigned URL was signed for an empty content type.
    request = Request(event["ResponseURL"], data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310 - CloudFormation's URL
    with urlopen(request, timeout=_PATIENCE_SECONDS):  # noqa: S310 - as above
        pass


def _cut(reason: str) -> str:
    return reason.encode()[:_LONGEST_REASON].decode(errors="ignore")
