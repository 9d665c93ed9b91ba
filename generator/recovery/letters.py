"""A dead-letter queue's messages, one after the other, each gone only when it was handled."""

import json
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from generator.problems import ProblemError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_MESSAGES = 10
# Long polling asks all of a queue's servers; a short poll may find nothing where there is something.
_WAIT_SECONDS = 2
# Longer than it takes to handle a batch; what stays is shown again at the end, or after this when the end is violent.
_HIDDEN_SECONDS = 600


class RefusedError(ProblemError):
    """A message that cannot be given another chance; the text says why."""


class Letter(msgspec.Struct, frozen=True):
    """A message of a dead-letter queue."""

    id: str
    body: str
    sent_at: datetime
    receipt: str = ""

    @property
    def content(self) -> dict[str, Any]:
        """The JSON object in it; `RefusedError` when there is none."""
        try:
            content = json.loads(self.body)
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise RefusedError("it is no JSON object")
        return content


class Left(msgspec.Struct, frozen=True):
    """A message that stays where it is, and why; without an id: several."""

    message: str
    reason: str


class Outcome(msgspec.Struct, frozen=True):
    """What became of a queue's messages so far."""

    redriven: int = 0
    left: tuple[Left, ...] = ()


Handle = Callable[[Letter], None]


class LetterBox:
    """A dead-letter queue as somebody sees who empties it."""

    def __init__(self, sqs: "SQSClient", url: str, until: datetime) -> None:
        """Take a client, the queue, and the moment after which what arrives is left for another time."""
        self._sqs = sqs
        self._url = url
        self._until = until
        self._seen: dict[str, str] = {}

    def handled(self, handle: Handle) -> Iterator[Outcome]:
        """Hand over each message, remove those that `handle` took, and yield the outcome after each."""
        outcome = Outcome()
        with closing(self._letters()) as letters:
            for letter in letters:
                outcome = self._after(letter, handle, outcome)
                yield outcome

    def _after(self, letter: Letter, handle: Handle, outcome: Outcome) -> Outcome:
        try:
            handle(letter)
            self._remove(letter)
        except Exception as error:  # noqa: BLE001 - the isolator of messages: one that nobody can read stops no other
            return msgspec.structs.replace(outcome, left=(*outcome.left, Left(letter.id, _reason(error))))
        return msgspec.structs.replace(outcome, redriven=outcome.redriven + 1)

    def _letters(self) -> Generator[Letter, None, None]:
        """Yield each message once; those that are still there at the end can be seen again at once."""
        try:
            while fresh := [one for one in self._received() if one["MessageId"] not in self._seen]:
                self._seen |= {one["MessageId"]: one["ReceiptHandle"] for one in fresh}
                yield from (letter for letter in map(_letter, fresh) if letter.sent_at <= self._until)
        finally:
            self._show_again()

    def _received(self) -> list["MessageTypeDef"]:
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=_MESSAGES,
            WaitTimeSeconds=_WAIT_SECONDS,
            VisibilityTimeout=_HIDDEN_SECONDS,
            AttributeNames=["SentTimestamp"],
        )
        return answer.get("Messages", [])

    def _remove(self, letter: Letter) -> None:
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=letter.receipt)
        del self._seen[letter.id]

    def _show_again(self) -> None:
        for receipt in self._seen.values():
            # It is shown again by itself after a while.
            with suppress(BotoCoreError, ClientError):
                self._sqs.change_message_visibility(QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=0)


def _reason(error: Exception) -> str:
    is_said = isinstance(error, BotoCoreError | ClientError | ProblemError)
    return str(error) if is_said else f"{type(error).__name__}: {error}"


def _letter(message: "MessageTypeDef") -> Letter:
    sent = datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
    return Letter(message["MessageId"], message["Body"], sent, message["ReceiptHandle"])
