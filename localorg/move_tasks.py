"""SQS's message move tasks: what lies in a dead-letter queue goes back to a queue. MiniStack has none.

Sources: SQS API reference, StartMessageMoveTask, ListMessageMoveTasks, CancelMessageMoveTask; SQS developer guide,
"Configuring a dead-letter queue redrive" and its permissions.
"""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.concurrency import esm_wake
from ministack.core.iam_evaluator import EvalContext, caller_arn, evaluate
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import sqs

from localorg import patches

Record = dict[str, Any]

FASTEST = 500  # messages a second
MOST_LISTED = 10
# What whoever starts a task must be allowed besides starting it.
ON_SOURCE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
ON_DESTINATION = ("sqs:SendMessage",)
UNDER_WAY = {"RUNNING", "CANCELLING"}


@dataclass
class Task:
    """One task; `destination` is empty when each message goes back to where it came from, `rate` is a second's."""

    source: str
    destination: str
    rate: int
    to_move: int
    started: float = field(default_factory=time.time)
    identity: str = field(default_factory=new_uuid)
    status: str = "RUNNING"
    moved: int = 0
    reason: str = ""

    @property
    def handle(self) -> str:
        """What cancels the task."""
        return base64.b64encode(json.dumps({"taskId": self.identity, "sourceArn": self.source}).encode()).decode()


TASKS: list[Task] = []


def install() -> None:
    """Add the three calls to those that MiniStack knows, and what each of them is about."""
    patches.require(sqs, "_dispatch", "_HANDLERS.get(action)")
    patches.require(sqs, "_dlq_sweep", '"DeadLetterQueueSourceArn"', 'dlq["messages"].append(moved)')
    sqs._HANDLERS |= {"StartMessageMoveTask": start, "ListMessageMoveTasks": listed, "CancelMessageMoveTask": cancel}
    patches.require(iam_evaluator, "_gather_role_policies", "role_name")
    patches.require(iam_evaluator, "_gather_user_policies", "user_name")
    extract = patches.require(iam_actions, "extract_resource_arn")
    patches.replace(iam_actions, "extract_resource_arn", _naming_sources(extract))


def running() -> int:
    """How many tasks are under way, in all accounts."""
    return sum(task.status in UNDER_WAY for task in TASKS)


def start(data: Record, _url: str) -> Record:
    """StartMessageMoveTask: from a queue that is some queue's dead-letter queue, one task at a time."""
    source, destination = _source(data), str(data.get("DestinationArn") or "")
    rate = int(data.get("MaxNumberOfMessagesPerSecond") or 0)
    if not 0 <= rate <= FASTEST:
        reason = f"You must enter a number that's between 1 and {FASTEST}."
        raise _invalid(f"Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: {reason}")
    if source["attributes"]["QueueArn"] not in _dead_letter_arns():
        raise _invalid("Source queue must be configured as a Dead Letter Queue.")
    if destination and sqs._queue_by_arn(destination) is None:
        raise _missing("The resource that you specified for the DestinationArn parameter doesn't exist.")
    arn = source["attributes"]["QueueArn"]
    _check_caller(arn, destination)
    if any(task.source == arn and task.status in UNDER_WAY for task in TASKS):
        raise _invalid(
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
        )
    task = Task(arn, destination, rate, len(source["messages"]))
    TASKS.append(task)
    threading.Thread(target=_run, args=(task,), daemon=True, name="sqs-move").start()
    return {"TaskHandle": task.handle}


def listed(data: Record, _url: str) -> Record:
    """ListMessageMoveTasks: the most recent ones of a source queue."""
    arn = _source(data)["attributes"]["QueueArn"]
    limit = int(data.get("MaxResults") or 1)
    if not 1 <= limit <= MOST_LISTED:
        raise _invalid(f"Value for parameter MaxResults is invalid. Reason: Must be between 1 and {MOST_LISTED}.")
    return {"Results": [_shown(task) for task in reversed(TASKS) if task.source == arn][:limit]}


def cancel(data: Record, _url: str) -> Record:
    """CancelMessageMoveTask: what was moved stays moved."""
    try:
        named = _read(str(data.get("TaskHandle")))
    except (ValueError, KeyError, TypeError):
        raise _invalid("Value for parameter TaskHandle is invalid.") from None
    _source({"SourceArn": named["sourceArn"]})
    task = next((one for one in TASKS if one.identity == named["taskId"] and one.status == "RUNNING"), None)
    if task is None:
        raise _missing("Task does not exist.")
    task.status = "CANCELLING"
    return {"ApproximateNumberOfMessagesMoved": task.moved}


def _naming_sources(extract: Callable[..., str]) -> Callable[..., str]:
    """A permission is for the source queue, which these calls name by its ARN or in a task's handle."""

    def extract_resource_arn(service: str, method: str, path: str, headers: Any, body: bytes, *others: Any) -> str:
        named = _named_source(body) if service == "sqs" and b"QueueUrl" not in body else ""
        return named or extract(service, method, path, headers, body, *others)

    return extract_resource_arn


def _named_source(body: bytes) -> str:
    try:
        data = json.loads(body)
        return str(data.get("SourceArn") or _read(str(data.get("TaskHandle", "")))["sourceArn"])
    except (ValueError, KeyError, AttributeError):
        return ""


def _read(handle: str) -> dict[str, str]:
    """What a task's handle says; ValueError or KeyError if it is none."""
    named = json.loads(base64.b64decode(handle, validate=True))
    return {name: str(named[name]) for name in ("sourceArn", "taskId")}


def _source(data: Record) -> Record:
    arn = str(data.get("SourceArn") or "")
    if not arn:
        raise sqs._Err("MissingParameter", "The request must contain the parameter SourceArn.")
    queue: Record | None = sqs._queue_by_arn(arn)
    if queue is None or f":{get_region()}:{get_account_id()}:" not in arn:
        raise _missing("The resource that you specified for the SourceArn parameter doesn't exist.")
    return queue


def _dead_letter_arns() -> set[str]:
    """The dead-letter queues of the current account and Region's queues; a function's or a rule's does not count."""
    policies = (queue["attributes"].get("RedrivePolicy") for queue in sqs._queues.values())
    return {json.loads(text)["deadLetterTargetArn"] for text in policies if text}


def _check_caller(source: str, destination: str) -> None:
    wanted = [(action, source) for action in ON_SOURCE]
    wanted += [(action, destination or "*") for action in ON_DESTINATION]
    principal = caller_arn()
    if principal.endswith(":root"):
        return
    policies = _policies(principal)
    for action, resource in wanted:
        asked = EvalContext(principal, "AssumedRole", get_account_id(), action, resource, get_region())
        if evaluate(asked, policies).decision != "Allow":
            message = f"User: {principal} is not authorized to perform: {action} on resource: {resource}"
            raise sqs._Err("AccessDenied", message, 403)


def _policies(principal: str) -> Any:
    kind, name, *_ = principal.split(":", 5)[5].split("/")
    gather = iam_evaluator._gather_user_policies if kind == "user" else iam_evaluator._gather_role_policies
    return gather(name, get_account_id())


def _run(task: Task) -> None:
    for message in _messages(task):
        target = task.destination or message["sys"].get("DeadLetterQueueSourceArn", "")
        queue = sqs._queue_by_arn(target)
        if queue is None:
            # Without a destination, what a rule or a function put there itself has nowhere to go back to.
            task.reason = "AWS.SimpleQueueService.NonExistentQueue" if target else "CouldNotDetermineMessageSource"
            task.status = "FAILED"
            return
        _move(message, sqs._queue_by_arn(task.source), queue)
        task.moved += 1
        if task.rate:
            time.sleep(1 / task.rate)
    task.status = "CANCELLED" if task.status == "CANCELLING" else "COMPLETED"


def _messages(task: Task) -> Iterator[Record]:
    """The oldest visible message, again and again; what arrives after the start is left."""
    while task.status == "RUNNING":
        queue = sqs._queue_by_arn(task.source) or {"messages": []}
        for message in queue["messages"]:
            sqs._ensure_msg_fields(message)
        now = time.time()
        found = [one for one in queue["messages"] if one["visible_at"] <= now and one["visible_at"] <= task.started]
        if not found:
            return
        yield found[0]


def _move(message: Record, source: Record, destination: Record) -> None:
    """A moved message is a new one: its id, its time and its count of receipts begin again."""
    source["messages"].remove(message)
    now = time.time()
    attributes = {name: value for name, value in message["sys"].items() if name != "DeadLetterQueueSourceArn"}
    fresh = {
        **message,
        "id": new_uuid(),
        "receipt_handle": None,
        "receive_count": 0,
        "first_receive_at": None,
        "sent_at": now,
        "visible_at": now + sqs.queue_delay(destination),
        "sys": {**attributes, "SentTimestamp": str(int(now * 1000))},
    }
    destination["messages"].append(fresh)
    esm_wake.set()


def _shown(task: Task) -> Record:
    optional = {
        "TaskHandle": task.handle if task.status == "RUNNING" else "",
        "DestinationArn": task.destination,
        "MaxNumberOfMessagesPerSecond": task.rate,
        "FailureReason": task.reason,
    }
    return {
        "SourceArn": task.source,
        "Status": task.status,
        "StartedTimestamp": int(task.started * 1000),
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.to_move,
        **{name: value for name, value in optional.items() if value},
    }


def _invalid(message: str) -> Exception:
    error: Exception = sqs._Err("InvalidParameterValue", message)
    return error


def _missing(message: str) -> Exception:
    error: Exception = sqs._Err("ResourceNotFoundException", message, 404)
    return error
