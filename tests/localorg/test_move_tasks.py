"""SQS moves the messages of dead-letter queues back as AWS does."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from tests.localorg.lambdas import MEMBER, Functions
from tests.localorg.running import Eventually, Organization, refused

pytestmark = pytest.mark.slow
_numbers = count(1)
Pair = tuple[str, str]


def arn(queue: str) -> str:
    return f"arn:aws:sqs:us-east-1:{MEMBER}:{queue}"


def url(queue: str) -> str:
    return f"http://x/{MEMBER}/{queue}"


@pytest.fixture
def account(organization: Organization) -> Functions:
    return Functions(organization.client, MEMBER)


@pytest.fixture
def sqs(account: Functions) -> Any:
    return account.aws("sqs")


@pytest.fixture
def pair(sqs: Any) -> Pair:
    """A queue and its dead-letter queue."""
    name = f"moving-{next(_numbers)}"
    sqs.create_queue(QueueName=f"{name}-dlq")
    policy = {"deadLetterTargetArn": arn(f"{name}-dlq"), "maxReceiveCount": "1"}
    sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": json.dumps(policy), "VisibilityTimeout": "0"})
    return name, f"{name}-dlq"


@pytest.fixture
def ended(sqs: Any, eventually: Eventually) -> Callable[[str], dict[str, Any]]:
    """Wait for the end of a queue's last task."""

    def of(source: str) -> dict[str, Any]:
        def last() -> Any:
            (task, *_) = sqs.list_message_move_tasks(SourceArn=arn(source))["Results"]
            return task if task["Status"] not in {"RUNNING", "CANCELLING"} else None

        return dict(eventually(last))

    return of


def bodies(sqs: Any, queue: str) -> list[str]:
    return [one["Body"] for one in sqs.receive_message(QueueUrl=url(queue), MaxNumberOfMessages=10).get("Messages", [])]


def test_what_was_received_too_often_and_what_was_put_there_go_to_the_named_queue(
    sqs: Any, pair: Pair, ended: Any
) -> None:
    queue, dead = pair
    sqs.send_message(QueueUrl=url(queue), MessageBody="received", MessageAttributes={"a": text("b")})
    for _ in range(2):
        first = sqs.receive_message(QueueUrl=url(queue)).get("Messages", [])
    assert not first
    sqs.send_message(QueueUrl=url(dead), MessageBody="put")
    handle = sqs.start_message_move_task(SourceArn=arn(dead), DestinationArn=arn(queue))["TaskHandle"]
    assert handle
    task = ended(dead)
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 2)
    assert task["ApproximateNumberOfMessagesToMove"] == 2
    assert "TaskHandle" not in task
    sqs.set_queue_attributes(QueueUrl=url(queue), Attributes={"VisibilityTimeout": "30"})
    messages = sqs.receive_message(
        QueueUrl=url(queue), MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
    )["Messages"]
    assert [one["Body"] for one in messages] == ["received", "put"]
    assert messages[0]["MessageAttributes"]["a"]["StringValue"] == "b"
    assert {one["Attributes"]["ApproximateReceiveCount"] for one in messages} == {"1"}
    assert not bodies(sqs, dead)


def text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


def test_without_a_destination_what_never_was_in_a_queue_has_nowhere_to_go(sqs: Any, pair: Pair, ended: Any) -> None:
    _, dead = pair
    sqs.send_message(QueueUrl=url(dead), MessageBody="put")
    sqs.start_message_move_task(SourceArn=arn(dead))
    task = ended(dead)
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    assert bodies(sqs, dead) == ["put"]


def test_only_one_task_runs_for_a_queue_and_it_can_be_cancelled(sqs: Any, pair: Pair, ended: Any) -> None:
    queue, dead = pair
    for number in range(10):
        sqs.send_message(QueueUrl=url(dead), MessageBody=str(number))
    wanted = {"SourceArn": arn(dead), "DestinationArn": arn(queue), "MaxNumberOfMessagesPerSecond": 2}
    handle = sqs.start_message_move_task(**wanted)["TaskHandle"]
    assert refused(sqs.start_message_move_task, **wanted) == "InvalidParameterValue"
    (running,) = sqs.list_message_move_tasks(SourceArn=arn(dead))["Results"]
    assert (running["Status"], running["TaskHandle"], running["MaxNumberOfMessagesPerSecond"]) == ("RUNNING", handle, 2)
    sqs.cancel_message_move_task(TaskHandle=handle)
    task = ended(dead)
    assert task["Status"] == "CANCELLED"
    assert 0 < task["ApproximateNumberOfMessagesMoved"] < 10
    assert refused(sqs.cancel_message_move_task, TaskHandle=handle) == "ResourceNotFoundException"
    assert refused(sqs.cancel_message_move_task, TaskHandle="none") == "InvalidParameterValue"


def test_a_destination_that_goes_fails_the_task(sqs: Any, pair: Pair, ended: Any) -> None:
    _, dead = pair
    sqs.create_queue(QueueName=f"{dead}-gone")
    for number in range(5):
        sqs.send_message(QueueUrl=url(dead), MessageBody=str(number))
    sqs.start_message_move_task(SourceArn=arn(dead), DestinationArn=arn(f"{dead}-gone"), MaxNumberOfMessagesPerSecond=2)
    sqs.delete_queue(QueueUrl=url(f"{dead}-gone"))
    assert ended(dead)["FailureReason"] == "AWS.SimpleQueueService.NonExistentQueue"


def test_what_aws_refuses_is_refused(sqs: Any, pair: Pair) -> None:
    queue, dead = pair
    start = sqs.start_message_move_task
    assert refused(start, SourceArn=arn(queue)) == "InvalidParameterValue"
    assert refused(start, SourceArn=arn("nobody")) == "ResourceNotFoundException"
    assert refused(start, SourceArn=arn(dead), DestinationArn=arn("nobody")) == "ResourceNotFoundException"
    assert refused(start, SourceArn=arn(dead), MaxNumberOfMessagesPerSecond=501) == "InvalidParameterValue"
    assert refused(sqs.list_message_move_tasks, SourceArn=arn(dead), MaxResults=11) == "InvalidParameterValue"


@pytest.mark.parametrize(
    "missing",
    [
        *("sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
        *("sqs:SendMessage", ""),
    ],
)
def test_a_task_needs_every_permission(account: Functions, pair: Pair, missing: str) -> None:
    queue, dead = pair
    on_source = ["sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    statements = [{"Action": one, "Resource": arn(dead)} for one in on_source if one != missing]
    statements += [{"Action": "sqs:SendMessage", "Resource": arn(queue)}] if missing != "sqs:SendMessage" else []
    caller = account.acting(f"mover-{next(_numbers)}", *statements).aws("sqs")
    wanted = {"SourceArn": arn(dead), "DestinationArn": arn(queue)}
    if missing:
        assert refused(caller.start_message_move_task, **wanted) == "AccessDenied"
    else:
        assert caller.start_message_move_task(**wanted)["TaskHandle"]


def test_listing_and_cancelling_need_permissions_for_the_source(account: Functions, sqs: Any, pair: Pair) -> None:
    queue, dead = pair
    for number in range(5):
        sqs.send_message(QueueUrl=url(dead), MessageBody=str(number))
    handle = sqs.start_message_move_task(
        SourceArn=arn(dead), DestinationArn=arn(queue), MaxNumberOfMessagesPerSecond=1
    )["TaskHandle"]
    calls = ["sqs:ListMessageMoveTasks", "sqs:CancelMessageMoveTask"]
    other = account.acting(f"other-{next(_numbers)}", {"Action": calls, "Resource": arn(queue)}).aws("sqs")
    assert refused(other.list_message_move_tasks, SourceArn=arn(dead)) == "AccessDenied"
    assert refused(other.cancel_message_move_task, TaskHandle=handle) == "AccessDenied"
    allowed = account.acting(f"allowed-{next(_numbers)}", {"Action": calls, "Resource": arn(dead)}).aws("sqs")
    assert allowed.list_message_move_tasks(SourceArn=arn(dead))["Results"]
    allowed.cancel_message_move_task(TaskHandle=handle)
