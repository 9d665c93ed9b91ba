"""The operations of a StackSet: waited for, and their progress and outcome told."""

import time
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from generator.rollout.step import Event, Progress, RolloutError, Step

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

CALL_AS = "DELEGATED_ADMIN"
# Hundreds of accounts take an hour; an operation that queues behind another waits for that one too.
DEADLINE_SECONDS = 4 * 3600.0
_UNDER_WAY = {"RUNNING", "QUEUED", "STOPPING"}
_UNDONE = {"PENDING", "RUNNING"}
# A page of results holds a hundred; reading all of them must not become the load itself.
_SECONDS_PER_PAGE = 0.5
_PAGE = 100


class Operations:
    """The operations of one StackSet."""

    def __init__(
        self, cloudformation: "CloudFormationClient", name: str, poll_seconds: float, deadline_seconds: float
    ) -> None:
        """Take a client of the hub account in the home Region, and how often and how long to look."""
        self._client: Any = cloudformation
        self._asked = {"StackSetName": name, "CallAs": CALL_AS}
        self._name = name
        self._poll_seconds = poll_seconds
        self._deadline_seconds = deadline_seconds

    def under_way(self) -> list[str]:
        """Return the ids of the operations that run or wait, the oldest first."""
        pages = self._client.get_paginator("list_stack_set_operations").paginate(**self._asked)
        found = [one["OperationId"] for page in pages for one in page["Summaries"] if one["Status"] in _UNDER_WAY]
        return found[::-1]

    def finish(self, operation: str, what: str) -> Iterator[Event]:
        """Wait for an operation's end and tell its progress; yield a failed step when it did not succeed.

        `RolloutError` after the deadline. Whoever stops waiting leaves the operation to CloudFormation.
        """
        end = time.monotonic() + self._deadline_seconds
        while (status := self._status(operation)) in _UNDER_WAY:
            if time.monotonic() > end:
                raise RolloutError(
                    f"operation {operation} on StackSet {self._name} is {status} after {self._deadline_seconds:.0f} s; "
                    "look at it in the CloudFormation console, then deploy again"
                )
            counts = self._results(operation)
            total = counts.total()
            yield Progress(what, total - sum(counts[one] for one in _UNDONE), total)
            time.sleep(max(self._poll_seconds, total // _PAGE * _SECONDS_PER_PAGE))
        if status != "SUCCEEDED":
            yield Step(what, "failed", f"{status}: {_told(self._results(operation))}")

    def _status(self, operation: str) -> str:
        answer = self._client.describe_stack_set_operation(**self._asked, OperationId=operation)
        return str(answer["StackSetOperation"]["Status"])

    def _results(self, operation: str) -> Counter[str]:
        paginator = self._client.get_paginator("list_stack_set_operation_results")
        pages = paginator.paginate(**self._asked, OperationId=operation)
        return Counter(one["Status"] for page in pages for one in page["Summaries"])


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {status.lower()}" for status, count in sorted(counts.items())) or "nothing was tried"
