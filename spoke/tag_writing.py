"""Writes tags in large batches: one call for 200 of one value, and a bad one among them found by halving."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from contract.spoke_events import LONGEST_TEXT, BackupFailure

# EC2 takes a thousand; what times out is dearer to do again the larger it is.
BATCH = 200
# EC2's words for a caller that is too fast (EC2 guide, "Request throttling").
BUSY = {"RequestLimitExceeded", "Throttling", "ThrottlingException", "Unavailable", "InternalError"}
_GONE = {"InvalidSnapshot.NotFound", "InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"}
_LONGEST_PAUSE = 30.0
# So many refusals without a single success: nobody may tag here, and asking for each is of no use.
_MOST_DENIALS = 20
# A batch takes about so long (seconds), with room.
_SECONDS_A_BATCH = 1.0

SecondsLeft = Callable[[], float]
Pause = Callable[[float], None]


class OutOfTimeError(Exception):
    """The invocation ends before the work does."""


class Outcome(msgspec.Struct):
    """What became of what was to be tagged."""

    tagged: list[str] = []
    failed: list[BackupFailure] = []
    gone: int = 0


class Writer:
    """Batches by value: what is to get the same tags is written together, across pages."""

    def __init__(
        self, ec2: Any, seconds_left: SecondsLeft, note: Callable[[Outcome], None], pause: Pause = time.sleep
    ) -> None:
        """Take EC2, the invocation's time, and who hears of each batch that was written."""
        self._ec2 = ec2
        self._seconds_left = seconds_left
        self._note = note
        self._pause = pause
        self._waiting: dict[tuple[tuple[str, str], ...], list[str]] = {}
        self._denied = 0
        self._has_succeeded = False

    @property
    def seconds_needed(self) -> float:
        """How long what waits will take: half-full batches of every value."""
        return len(self._waiting) * _SECONDS_A_BATCH

    def add(self, id_: str, tags: Mapping[str, str]) -> None:
        """Take a resource and its tags; a full batch is written at once."""
        value = tuple(sorted(tags.items()))
        batch = self._waiting.setdefault(value, [])
        batch.append(id_)
        if len(batch) == BATCH:
            self._write(self._waiting.pop(value), value)

    def flush(self) -> None:
        """Write what waits."""
        while self._waiting:
            value, ids = self._waiting.popitem()
            self._write(ids, value)

    def _write(self, ids: Sequence[str], value: tuple[tuple[str, str], ...]) -> None:
        outcome = Outcome()
        self._halved(ids, [{"Key": key, "Value": text} for key, text in value], outcome)
        self._note(outcome)

    def _halved(self, ids: Sequence[str], tags: list[dict[str, str]], outcome: Outcome) -> None:
        """Tag all at once, or halves of them until the bad ones stand alone: one bad id refuses the whole call."""
        error = self._patient(ids, tags)
        if not error:
            self._has_succeeded = True
            outcome.tagged.extend(ids)
        elif len(ids) > 1:
            middle = len(ids) // 2
            self._halved(ids[:middle], tags, outcome)
            self._halved(ids[middle:], tags, outcome)
        elif error.response["Error"]["Code"] in _GONE:
            outcome.gone += 1
        else:
            self._refused(ids[0], error, outcome)

    def _refused(self, id_: str, error: ClientError, outcome: Outcome) -> None:
        said = error.response["Error"]
        outcome.failed.append(BackupFailure(id_, f"{said['Code']}: {said.get('Message', '')}"[:LONGEST_TEXT]))
        self._denied += 1
        if self._denied >= _MOST_DENIALS and not self._has_succeeded:
            raise error

    def _patient(self, ids: Sequence[str], tags: list[dict[str, str]]) -> ClientError | None:
        """Return why EC2 refuses, None when it does not; wait for as long as it is busy and there is time."""
        pause = 1.0
        while True:
            if self._seconds_left() < pause + _SECONDS_A_BATCH:
                raise OutOfTimeError
            try:
                self._ec2.create_tags(Resources=list(ids), Tags=tags)
            except ClientError as error:
                if error.response["Error"]["Code"] not in BUSY:
                    return error
                self._pause(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                return None
