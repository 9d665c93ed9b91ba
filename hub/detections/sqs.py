"""Queues."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.policy import policy_of
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import let_in, shared_with, strangers

_SHARING = calls("sqs", "SetQueueAttributes", "CreateQueue", "AddPermission")
_FAMILY = "sqs.queue"


def _queue(event: CloudTrailEvent) -> str:
    """The ARN from the queue's URL, whose path is the owner's account and the name."""
    url = event.request.text("queueUrl") or event.response.text("queueUrl")
    account, _, name = "/".join(url.split("/")[-2:]).rpartition("/")
    return f"arn:{event.partition}:sqs:{event.region}:{account}:{name}" if account and name else ""


@detection(
    title="Queue {resource} of account {account} is open to everybody",
    severity=Severity.HIGH,
    api_calls=_SHARING,
    family=_FAMILY,
    attack="T1537",
)
def queue_public(event: CloudTrailEvent) -> bool | Match:
    """The queue's policy allows everyone to send or read messages, and no condition narrows it.

    False positives: none known.
    Response: restrict the queue's policy (sqs:SetQueueAttributes). Treat what was in the queue as read, and what came
    in meanwhile as possibly forged: find out what its consumer does with a message.
    """
    is_public = policy_of(event.request.get("attributes.Policy")).is_public
    return Match(_queue(event)) if is_public or "*" in event.request.texts("aWSAccountIds") else False


@detection(
    title="Queue {resource} of account {account} opened to {with}",
    severity=Severity.MEDIUM,
    api_calls=_SHARING,
    family=_FAMILY,
    attack="T1537",
)
def queue_shared_external(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """An account outside the organization may send messages to the queue, or read and delete them.

    False positives: partners, until trusted_accounts names their accounts.
    Response: ask the queue's owner. Otherwise take the statement out of the access policy (SQS console, Access
    policy); treat what was in the queue as read, and what came out of it as forged.
    """
    named = strangers(event.request.texts("aWSAccountIds"), event, settings)
    policy = policy_of(event.request.get("attributes.Policy"))
    return shared_with(named or let_in(policy, event, settings), resource=_queue(event))


@detection(
    title="Queue {resource} of account {account} purged or deleted",
    severity=Severity.LOW,
    api_calls=calls("sqs", "PurgeQueue", "DeleteQueue"),
    attack="T1485",
)
def queue_purged(event: CloudTrailEvent, settings: DetectionSettings) -> Match:
    """The messages that waited in the queue are lost; CRITICAL when the queue is Muster's own: they were alerts.

    False positives: the clean-up of test stacks.
    Response: ask the actor; find out what the messages were and whether they can be sent again.
    """
    queue = _queue(event)
    is_ours = settings.names.is_own(queue.rpartition(":")[2])
    return Match(queue, severity=Severity.CRITICAL if is_ours else None)
