"""Gives what lies in dead-letter queues another chance, each kind in its own way."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from generator.config import Config
from generator.dead_letters import DeadLetterQueue, Kind, dead_letter_queues
from generator.functions import DETECTOR, FUNCTIONS, REPORTS
from generator.hub_stack import hub_stack
from generator.problems import BadInputError, ProblemError
from generator.recovery.calls import call_again, is_report, send_report
from generator.recovery.changes import count_again
from generator.recovery.events import send_event
from generator.recovery.letters import Handle, Left, Letter, LetterBox, Outcome
from generator.recovery.place import Place
from generator.recovery.work import moved
from generator.spoke_stack import spoke_stack

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class Waiting(msgspec.Struct, frozen=True):
    """A dead-letter queue as it is now, with roughly how many messages wait there."""

    queue: DeadLetterQueue
    place: Place
    url: str
    arn: str
    messages: int


def known_queues(config: Config, names: Sequence[str], *, of_spoke: bool) -> list[DeadLetterQueue]:
    """Return the hub's or a spoke's dead-letter queues, only the named ones if any are; `BadInputError` otherwise."""
    artefacts = {what.name: "" for what in FUNCTIONS}
    stack = spoke_stack(config, artefacts) if of_spoke else hub_stack(config, artefacts)
    queues = dead_letter_queues(stack.resources.values())
    known = [one.name for one in queues]
    if unknown := [name for name in names if name not in known]:
        whose = "a spoke" if of_spoke else "the hub"
        raise BadInputError(f"--queue: {unknown[0]} is no dead-letter queue of {whose}; give {', '.join(known)}")
    return [one for one in queues if one.name in names or not names]


def waiting(queues: Iterable[DeadLetterQueue], place: Place) -> list[Waiting]:
    """Return how each queue is at a place; `ProblemError` when one is not there."""
    sqs = place.client("sqs")
    return [_waiting(one, place, sqs) for one in queues]


def redrive(
    one: Waiting, hub: Place, config: Config, started: datetime, poll_seconds: float = 1.0
) -> Iterator[Outcome]:
    """Give a queue's messages another chance; yield the outcome so far until nothing more can be done.

    What fails a whole queue is its outcome, so that it stops no other.
    """
    outcome = Outcome()
    try:
        for outcome in _outcomes(one, hub, config, started, poll_seconds):
            yield outcome
    except (ProblemError, ClientError, BotoCoreError) as error:
        yield msgspec.structs.replace(outcome, left=(*outcome.left, Left("", str(error))))


def _outcomes(one: Waiting, hub: Place, config: Config, started: datetime, poll_seconds: float) -> Iterator[Outcome]:
    sqs = one.place.client("sqs")
    if one.queue.kind is Kind.WORK:
        destination = _attributes(sqs, _url(sqs, one.queue.handler, one.place))["QueueArn"]
        yield from moved(sqs, one.arn, destination, poll_seconds)
    else:
        yield from LetterBox(sqs, one.url, started).handled(_handle(one, hub, config))


def _handle(one: Waiting, hub: Place, config: Config) -> Handle:
    return {Kind.CALLS: _calling, Kind.CHANGES: _counting, Kind.EVENTS: _sending}[one.queue.kind](one, hub, config)


def _calling(one: Waiting, hub: Place, config: Config) -> Handle:
    client = one.place.client("lambda")
    send = _sender(hub, config.names.queue(REPORTS.name))

    def handle(letter: Letter) -> None:
        if is_report(letter.content):
            send_report(letter, one.place.account, hub.region, send)
        else:
            call_again(letter, one.queue.handler, client)

    return handle


def _counting(one: Waiting, _hub: Place, _config: Config) -> Handle:
    streams, client = one.place.client("dynamodbstreams"), one.place.client("lambda")
    return partial(count_again, function=one.queue.handler, streams=streams, client=client)


def _sending(one: Waiting, hub: Place, config: Config) -> Handle:
    judge, record = (_sender(hub, config.names.queue(what.name)) for what in (DETECTOR, REPORTS))
    return partial(send_event, place=one.place, judge=judge, record=record)


def _sender(hub: Place, queue: str) -> Callable[[str], Any]:
    sqs = hub.client("sqs")
    url = _url(sqs, queue, hub)
    return lambda body: sqs.send_message(QueueUrl=url, MessageBody=body)


def _waiting(queue: DeadLetterQueue, place: Place, sqs: "SQSClient") -> Waiting:
    url = _url(sqs, queue.name, place)
    found = _attributes(sqs, url)
    return Waiting(queue, place, url, found["QueueArn"], int(found["ApproximateNumberOfMessages"]))


def _attributes(sqs: "SQSClient", url: str) -> Mapping[Any, str]:
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages", "QueueArn"])[
        "Attributes"
    ]


def _url(sqs: "SQSClient", name: str, place: Place) -> str:
    try:
        return sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except sqs.exceptions.QueueDoesNotExist as error:
        raise ProblemError(
            f"account {place.account} has no queue {name} in {place.region}; roll out with `muster deploy`"
        ) from error
