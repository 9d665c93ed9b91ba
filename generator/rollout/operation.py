"""One operation of a StackSet: waited for, and its outcome told."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from generator.rollout.step import RolloutError, Step

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

CALL_AS = "DELEGATED_ADMIN"
# Every account at once and no early stop: a failing account must not hold up the others
# (CloudFormation user guide, StackSets concepts: tolerance counts per Region, Regions in parallel).
PREFERENCES: dict[str, Any] = {
    "RegionConcurrencyType": "PARALLEL",
    "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
    "FailureTolerancePercentage": 100,
    "MaxConcurrentPercentage": 100,
}
# Hundreds of accounts take an hour; an operation that queues behind another waits for that one too.
DEADLINE_SECONDS = 4 * 3600.0
_UNDER_WAY = {"RUNNING", "QUEUED", "STOPPING"}


class Operations:
    """The operations of one StackSet."""

    def __init__(
        self, cloudformation: "CloudFormationClient", name: str, poll_seconds: float, deadline_seconds: float
    ) -> None:
        """Take a client of the hub account in the home Region, and how often and how long to look."""
        self._client: Any = cloudformation
        self._name = name
        self._poll_seconds = poll_seconds
        self._deadline_seconds = deadline_seconds

    def finish(self, operation: str) -> Iterator[Step]:
        """Wait for an operation's end; yield a failed step with the accounts' reasons when it did not succeed.

        `RolloutError` after the deadline. Whoever stops waiting leaves the operation to CloudFormation.
        """
        status = self._end_of(operation)
        if status != "SUCCEEDED":
            reasons = "; ".join(self._reasons(operation)) or "CloudFormation gives no reason"
            yield Step(f"operation on StackSet {self._name}", "failed", f"{status}: {reasons}")

    def _end_of(self, operation: str) -> str:
        end = time.monotonic() + self._deadline_seconds
        while True:
            asked = {"StackSetName": self._name, "OperationId": operation, "CallAs": CALL_AS}
            status = str(self._client.describe_stack_set_operation(**asked)["StackSetOperation"]["Status"])
            if status not in _UNDER_WAY:
                return status
            if time.monotonic() > end:
                raise RolloutError(
                    f"operation {operation} on StackSet {self._name} is {status} after {self._deadline_seconds:.0f} s; "
                    "look at it in the CloudFormation console, then deploy again"
                )
            time.sleep(self._poll_seconds)

    def _reasons(self, operation: str) -> list[str]:
        paginator = self._client.get_paginator("list_stack_set_operation_results")
        pages = paginator.paginate(StackSetName=self._name, OperationId=operation, CallAs=CALL_AS)
        return [
            f"{one['Account']} {one['Region']} {one.get('StatusReason') or one['Status']}"
            for page in pages
            for one in page["Summaries"]
            if one["Status"] != "SUCCEEDED"
        ]
