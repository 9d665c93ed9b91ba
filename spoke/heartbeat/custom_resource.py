"""Answers CloudFormation's requests, whatever happens: a request without an answer holds a stack for an hour."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

# CloudFormation takes answers of 4,096 bytes (custom resource response objects).
_LONGEST_REASON = 2000
_PATIENCE_SECONDS = 10


def is_request(event: Mapping[str, Any]) -> bool:
    """Return whether the event is a request of a CloudFormation custom resource."""
    return "RequestType" in event and "ResponseURL" in event


@contextmanager
def answered(event: Mapping[str, Any], log_stream: str) -> Iterator[None]:
    """Answer the request when the block ends: SUCCESS, or FAILED with the reason when it raised; the error ends here.

    A deletion always succeeds. The physical id never changes, because another one means replacement.
    """
    reason = ""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the isolator of custom resources: the stack must not wait for an hour
        reason = f"{type(error).__name__}: {error}"
    _send(event, reason, log_stream)


def _send(event: Mapping[str, Any], reason: str, log_stream: str) -> None:
    failed = reason and event["RequestType"] != "Delete"
    answer = {
        "Status": "FAILED" if failed else "SUCCESS",
        "Reason": _cut(reason) or f"log stream {log_stream}",
        "PhysicalResourceId": event.get("PhysicalResourceId") or _physical_id(event),
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    body = json.dumps(answer).encode()
    # The presigned URL was signed for an empty content type.
    request = Request(event["ResponseURL"], data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310 - CloudFormation's URL
    with urlopen(request, timeout=_PATIENCE_SECONDS):  # noqa: S310 - as above
        pass


def _physical_id(event: Mapping[str, Any]) -> str:
    return f"{event['StackId'].split('/')[1]}-{event['LogicalResourceId']}"


def _cut(reason: str) -> str:
    return reason.encode()[:_LONGEST_REASON].decode(errors="ignore")
