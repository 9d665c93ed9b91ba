"""Dead letters of a work queue: SQS itself moves them back."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from generator.recovery.letters import Left, Outcome

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_UNDER_WAY = {"RUNNING", "CANCELLING"}


def moved(sqs: "SQSClient", source: str, destination: str, poll_seconds: float) -> Iterator[Outcome]:
    """Move a dead-letter queue's messages (by its ARN) to a queue's and yield how far SQS is, until it has ended.

    A task that runs already is followed; whoever stops looking does not stop it. The destination is named, because what
    a rule's target put there itself has no source queue to go back to.
    """
    before = _last_task(sqs, source)
    if before.get("Status") not in _UNDER_WAY:
        sqs.start_message_move_task(SourceArn=source, DestinationArn=destination)
    # A list need not show what was started a moment ago: an earlier task that has ended is not this one.
    while (task := _last_task(sqs, source)) == before or task["Status"] in _UNDER_WAY:
        yield Outcome(0 if task == before else task["ApproximateNumberOfMessagesMoved"])
        time.sleep(poll_seconds)
    yield _outcome(task)


def _last_task(sqs: "SQSClient", source: str) -> Any:
    return next(iter(sqs.list_message_move_tasks(SourceArn=source, MaxResults=1).get("Results", [])), {})


def _outcome(task: Any) -> Outcome:
    count = task["ApproximateNumberOfMessagesMoved"]
    if task["Status"] == "COMPLETED":
        return Outcome(count)
    reason = f"SQS ended the move as {task['Status']} {task.get('FailureReason', '')}".rstrip()
    return Outcome(count, (Left("", reason),))
