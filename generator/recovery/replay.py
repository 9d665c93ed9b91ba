"""Sends archived events of the hub's bus to the detector again."""

import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel

from contract.names import Names
from generator.functions import DETECTOR
from generator.problems import ProblemError
from generator.recovery.moments import Interval

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

COMPLETED = "COMPLETED"
_UNDER_WAY = {"STARTING", "RUNNING", "CANCELLING"}


class Replay(BaseModel):
    """How far a replay is; `state` is EventBridge's, `reason` why it is in it."""

    replay: str
    state: str
    since: datetime
    until: datetime
    last_replayed: datetime | None = None
    reason: str = ""

    @property
    def is_under_way(self) -> bool:
        """Whether it has not ended."""
        return self.state in _UNDER_WAY


def start(events: "EventBridgeClient", names: Names, interval: Interval, now: datetime) -> str:
    """Start a replay to the detector's rule alone and return its name.

    Reports and the inventory are left out: an old heartbeat says nothing about today.
    """
    name = f"{names.prefix}-{now:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
    archive = events.describe_archive(ArchiveName=names.bus)
    rule = events.describe_rule(Name=names.queue(DETECTOR.name), EventBusName=names.bus)
    try:
        events.start_replay(
            ReplayName=name,
            EventSourceArn=archive["ArchiveArn"],
            EventStartTime=interval.since,
            EventEndTime=interval.until,
            Destination={"Arn": archive["EventSourceArn"], "FilterArns": [rule["Arn"]]},
        )
    except events.exceptions.LimitExceededException as error:
        # Quota "Concurrent replays": ten in an account and Region.
        raise ProblemError(
            "ten replays run in the hub account already; wait for one, or cancel one with `aws events cancel-replay`"
        ) from error
    return name


def follow(events: "EventBridgeClient", name: str, poll_seconds: float) -> Iterator[Replay]:
    """Yield how a replay is until it has ended; whoever stops looking does not stop it."""
    while (replay := described(events, name)).is_under_way:
        yield replay
        time.sleep(poll_seconds)
    yield replay


def described(events: "EventBridgeClient", name: str) -> Replay:
    """Return how a replay is now."""
    answer = events.describe_replay(ReplayName=name)
    last = answer.get("EventLastReplayedTime")
    return Replay(
        replay=name,
        state=answer["State"],
        since=answer["EventStartTime"].astimezone(UTC),
        until=answer["EventEndTime"].astimezone(UTC),
        last_replayed=last.astimezone(UTC) if last else None,
        reason=answer.get("StateReason", ""),
    )
