"""What a person does about the messages of a dead-letter queue: it depends on who put them there."""

from collections.abc import Iterable

from troposphere import AWSObject
from troposphere.awslambda import EventInvokeConfig, EventSourceMapping
from troposphere.sqs import Queue

_STREAM = (
    "each message names a function, a shard and the sequence numbers of changes that it gave up; mend the cause, read"
    " the changes from the stream, which keeps them for a day, and invoke the function with them"
)
_CALLS = (
    "each message is an event, or names a function and holds its request; mend the cause, then invoke the function"
    " with the event or the requestPayload"
)
# Nobody may put events of AWS's on a bus again (PutEvents, NotAuthorizedForSourceException).
_EVENTS = "each message is an event that did not arrive; mend the cause, then judge the events with `muster explain`"


def cures(resources: Iterable[AWSObject]) -> dict[str, str]:
    """Return what mends the messages of each dead-letter queue, by its logical id; work queues are not among them."""
    given = list(resources)
    queues = {one.title: one for one in given if isinstance(one, Queue)}
    working = [one for one in queues.values() if hasattr(one, "RedrivePolicy")]
    return {
        **dict.fromkeys(queues.keys() - {one.title for one in working}, _EVENTS),
        **{_failures(one): _CALLS for one in given if isinstance(one, EventInvokeConfig)},
        **{_failures(one): _STREAM for one in given if isinstance(one, EventSourceMapping) and _tells(one)},
        **{_dead_letters(one): _redrive(one) for one in working},
    }


def _redrive(queue: Queue) -> str:
    # What a rule's target put there itself has no source queue to go back to: the destination must be named.
    return f"mend the cause, then start the queue's redrive with {queue.QueueName} as destination"


def _dead_letters(queue: Queue) -> str:
    return _title(queue.RedrivePolicy.deadLetterTargetArn)


def _failures(one: EventInvokeConfig | EventSourceMapping) -> str:
    return _title(one.DestinationConfig.OnFailure.Destination)


def _tells(mapping: EventSourceMapping) -> bool:
    return hasattr(mapping, "DestinationConfig")


def _title(attribute: object) -> str:
    """Return the logical id that a `GetAtt` names."""
    return str(attribute.data["Fn::GetAtt"][0])  # type: ignore[attr-defined] # Troposphere is untyped
