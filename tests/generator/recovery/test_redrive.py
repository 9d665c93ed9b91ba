import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from generator.config import Config
from generator.dead_letters import DeadLetterQueue, Kind
from generator.problems import BadInputError, ProblemError
from generator.recovery.letters import Left, Outcome
from generator.recovery.place import Place
from generator.recovery.redrive import Waiting, known_queues, redrive, waiting
from generator.recovery.work import moved

MEMBER = "444455556666"
SOON = datetime.now(UTC) + timedelta(days=1)
ALERTS = DeadLetterQueue("AlertDeadLetters", "muster-spoke-alerts-dlq", Kind.EVENTS)
TAGGER = DeadLetterQueue("T", "muster-spoke-creator-tagger-dlq", Kind.CALLS, "muster-spoke-creator-tagger")
EVENT = {
    "source": "aws.iam",
    "detail-type": "AWS API Call via CloudTrail",
    "account": MEMBER,
    "region": "eu-west-1",
    "detail": {},
}


class Tasks:
    """SQS's move tasks: each is listed with the given states, one after the other."""

    def __init__(self, *states: dict[str, Any]) -> None:
        self.states: Iterator[dict[str, Any]] = iter(states)
        self.started: list[dict[str, str]] = []

    def list_message_move_tasks(self, **_: Any) -> dict[str, Any]:
        state = next(self.states)
        return {"Results": [state] if state else []}

    def start_message_move_task(self, **given: str) -> None:
        self.started.append(given)


def task(status: str, count: int, **more: str) -> dict[str, Any]:
    return {"Status": status, "ApproximateNumberOfMessagesMoved": count, **more}


def outcomes(tasks: Any) -> list[Outcome]:
    return list(moved(tasks, "source", "destination", 0))


@pytest.fixture
def member(hub: Place) -> Place:
    return Place(MEMBER, "eu-west-1", hub.session)


@pytest.fixture
def queued(hub: Place) -> Callable[[str], list[Any]]:
    """Make a queue of the hub; return what is in it."""

    def received(name: str) -> list[Any]:
        sqs = hub.client("sqs")
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(one["Body"]) for one in messages]

    return received


def put(place: Place, queue: DeadLetterQueue, *bodies: str) -> Waiting:
    sqs = place.client("sqs")
    url = sqs.create_queue(QueueName=queue.name)["QueueUrl"]
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body)
    (found,) = waiting([queue], place)
    return found


def test_a_queue_that_is_none_is_bad_input_that_names_the_others(config: Config) -> None:
    with pytest.raises(
        BadInputError, match=r"^--queue: none is no dead-letter queue of the hub; give muster-detector-dlq,"
    ):
        known_queues(config, ["none"], of_spoke=False)
    (one,) = known_queues(config, ["muster-spoke-alerts-dlq"], of_spoke=True)
    assert one == ALERTS


def test_a_place_without_the_queue_says_what_to_do(member: Place) -> None:
    with pytest.raises(
        ProblemError, match="account 444455556666 has no queue muster-spoke-alerts-dlq in eu-west-1; roll"
    ):
        waiting([ALERTS], member)


def test_a_queues_messages_are_moved_to_the_named_queue_and_followed_to_the_end() -> None:
    tasks = Tasks({}, task("RUNNING", 1), task("RUNNING", 2), task("COMPLETED", 3))
    assert outcomes(tasks) == [Outcome(1), Outcome(2), Outcome(3)]
    assert tasks.started == [{"SourceArn": "source", "DestinationArn": "destination"}]


def test_an_earlier_move_is_not_mistaken_for_the_one_that_was_started() -> None:
    earlier = task("COMPLETED", 7)
    tasks = Tasks(earlier, earlier, task("RUNNING", 1), task("COMPLETED", 2))
    assert outcomes(tasks) == [Outcome(0), Outcome(1), Outcome(2)]
    assert len(tasks.started) == 1


def test_a_move_that_runs_already_is_followed() -> None:
    tasks = Tasks(task("RUNNING", 1), task("RUNNING", 1), task("COMPLETED", 2))
    assert outcomes(tasks)[-1] == Outcome(2)
    assert tasks.started == []


def test_a_move_that_ends_otherwise_says_why() -> None:
    tasks = Tasks({}, task("FAILED", 1, FailureReason="AccessDenied"))
    assert outcomes(tasks) == [Outcome(1, (Left("", "SQS ended the move as FAILED AccessDenied"),))]


def test_events_go_to_the_detector_and_a_poison_one_stays(
    config: Config, hub: Place, member: Place, queued: Callable[[str], list[Any]]
) -> None:
    queued("muster-detector")
    queued("muster-reports")
    one = put(member, ALERTS, "poison", json.dumps(EVENT), json.dumps({**EVENT, "account": "111122223333"}))
    assert (one.messages, one.arn.split(":")[3]) == (3, "eu-west-1")
    *_, outcome = redrive(one, hub, config, SOON)
    assert outcome.redriven == 1
    assert [left.reason.partition(",")[0] for left in outcome.left] == [
        "it is no JSON object",
        "it says that it is of 111122223333 eu-west-1",
    ]
    assert queued("muster-detector") == [EVENT]
    (left,) = waiting([ALERTS], member)
    assert left.messages == 2


def test_a_message_that_the_hub_does_not_take_stays(
    config: Config, hub: Place, member: Place, queued: Callable[[str], list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    queued("muster-detector")
    queued("muster-reports")
    one = put(member, ALERTS, json.dumps(EVENT))
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "SendMessage")

    def deny(*_: Any, **__: Any) -> None:
        raise denied

    monkeypatch.setattr("generator.recovery.redrive._sender", lambda *_: deny)
    *_, outcome = redrive(one, hub, config, SOON)
    assert outcome.left[0].reason == str(denied)
    assert waiting([ALERTS], member)[0].messages == 1


def test_a_parked_report_goes_to_the_hub_and_not_to_the_function(
    config: Config, hub: Place, member: Place, queued: Callable[[str], list[Any]]
) -> None:
    queued("muster-reports")
    entry = {"Source": "muster.spoke", "DetailType": "d", "Detail": '{"a": 1}', "EventBusName": "b"}
    *_, outcome = redrive(put(member, TAGGER, json.dumps(entry)), hub, config, SOON)
    assert outcome == Outcome(1)
    (event,) = queued("muster-reports")
    assert (event["account"], event["region"], event["detail"]) == (MEMBER, hub.region, {"a": 1})


def test_what_fails_a_queue_is_its_outcome(config: Config, hub: Place) -> None:
    queue = DeadLetterQueue("W", "muster-detector-dlq", Kind.WORK, "muster-detector")
    (outcome,) = redrive(put(hub, queue, "x"), hub, config, SOON)
    assert outcome.redriven == 0
    assert "has no queue muster-detector in" in outcome.left[0].reason
