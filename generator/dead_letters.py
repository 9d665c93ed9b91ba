"""The dead-letter queues of a template. Who put the messages there decides what gives them another chance."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec
from troposphere import AWSObject
from troposphere.awslambda import EventInvokeConfig, EventSourceMapping
from troposphere.sqs import Queue


class Kind(StrEnum):
    """What the messages of a dead-letter queue are."""

    WORK = "work"  # messages of a queue, and what a rule could not put there
    CALLS = "calls"  # asynchronous calls of a function, and what a rule could not call it with
    CHANGES = "changes"  # where in a stream the changes stand that a function gave up
    EVENTS = "events"  # events that did not reach another bus


class DeadLetterQueue(msgspec.Struct, frozen=True):
    """A dead-letter queue; `handler` is the queue or function that its messages were for, none here for events."""

    title: str
    name: str
    kind: Kind
    handler: str = ""


def dead_letter_queues(resources: Iterable[AWSObject]) -> list[DeadLetterQueue]:
    """Return the dead-letter queues among a template's resources, in their order; work queues are none."""
    by_title = {one.title: one for one in resources}
    queues = [one for one in by_title.values() if isinstance(one, Queue)]
    kinds = _kinds(by_title)
    working = {one.title for one in queues if _is_working(one)}
    return [
        DeadLetterQueue(one.title, one.QueueName, *kinds.get(one.title, (Kind.EVENTS, "")))
        for one in queues
        if one.title not in working
    ]


def _kinds(by_title: Mapping[str, AWSObject]) -> dict[str, tuple[Kind, str]]:
    """Return each queue's kind and handler, by its logical id; of events nothing in a template tells."""
    found = {}
    for one in by_title.values():
        if isinstance(one, Queue) and _is_working(one):
            found[_title(one.RedrivePolicy.deadLetterTargetArn)] = (Kind.WORK, one.QueueName)
        elif isinstance(one, EventInvokeConfig | EventSourceMapping) and hasattr(one, "DestinationConfig"):
            kind = Kind.CALLS if isinstance(one, EventInvokeConfig) else Kind.CHANGES
            function = by_title[one.FunctionName.data["Ref"]]
            found[_title(one.DestinationConfig.OnFailure.Destination)] = (kind, function.FunctionName)
    return found


def _is_working(queue: Queue) -> bool:
    return hasattr(queue, "RedrivePolicy")


def _title(attribute: object) -> str:
    """Return the logical id that a `GetAtt` names."""
    return str(attribute.data["Fn::GetAtt"][0])  # type: ignore[attr-defined] # Troposphere is untyped
