"""What the detector asks about its findings, and the queue through which it asks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from contract.catalogue import ATTEMPTED
from contract.cloudtrail import CloudTrailEvent
from contract.fields import as_text
from contract.finding import Confidence, Finding, Mode
from contract.resource import values_at
from hub.detections.detection import Detection
from hub.lookups.lookup import Question

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from hub.lookups.lookup import Lookup

# SendMessageBatch takes ten messages.
_MESSAGES = 10

Detections = Mapping[str, Detection]


def questions_about(findings: Iterable[Finding], event: Mapping[str, Any], detections: Detections) -> list[Question]:
    """Return what must be asked about an event's findings: of those that a look-up has yet to confirm."""
    unconfirmed = [one for one in findings if one.confidence is Confidence.UNCONFIRMED]
    found = ((one, detections.get(one.detection.removesuffix(ATTEMPTED))) for one in unconfirmed)
    return [_question(one, event, known, detections) for one, known in found if known and known.lookup]


def _question(finding: Finding, event: Mapping[str, Any], one: Detection, detections: Detections) -> Question:
    record = CloudTrailEvent(event)
    return Question(
        finding=finding.id,
        lookup=one.lookup,
        account=finding.account,
        region=finding.region,
        resource=finding.resource,
        facts={name: _texts(record, path) for name, path in _lookup(one).facts.items()},
        mode=one.mode if one.is_told_after_lookup else None,
        besides=tuple(other for other in finding.also if _is_besides(detections.get(other), one)),
    )


def _lookup(one: Detection) -> "Lookup":
    from hub.lookups.catalogue import LOOKUPS  # noqa: PLC0415 - rare, and no part of the detector's cold start

    return LOOKUPS[one.lookup]


def _is_besides(other: Detection | None, one: Detection) -> bool:
    """Whether people would want to hear of the other detection whatever the look-up says.

    Look-ups of the same reads answer for each other: the ports that a security group opened may be of several kinds.
    """
    if other is None:
        return True
    is_answered = bool(other.lookup) and _lookup(other).actions == _lookup(one).actions
    return other.mode is Mode.LIVE and not is_answered


def _texts(event: CloudTrailEvent, path: str) -> list[str]:
    return [as_text(value) for value in values_at(event, path) if isinstance(value, str | int | float)]


def question_of(message: str) -> Question:
    """Return the question of a queue's message; `msgspec.DecodeError` when it is none."""
    return msgspec.json.decode(message, type=Question)


class LookupQueue:
    """The look-ups' queue; its client is made when there is something to ask."""

    def __init__(self, client: Callable[[], "SQSClient"], url: str) -> None:
        """Take what makes the client, and the queue's address."""
        self._client = client
        self._url = url

    def put(self, questions: Sequence[Question]) -> set[str]:
        """Queue the questions and return the findings about which nobody was asked."""
        batches = [questions[start : start + _MESSAGES] for start in range(0, len(questions), _MESSAGES)]
        return {finding for batch in batches for finding in self._refused(batch)}

    def _refused(self, batch: Sequence[Question]) -> list[str]:
        answer = self._client().send_message_batch(
            QueueUrl=self._url,
            Entries=[
                {"Id": str(place), "MessageBody": msgspec.json.encode(one).decode()} for place, one in enumerate(batch)
            ],
        )
        return [batch[int(entry["Id"])].finding for entry in answer.get("Failed", [])]
