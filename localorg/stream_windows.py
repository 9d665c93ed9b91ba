"""Tumbling windows: the state that a function hands from batch to batch, and the last call when a window ends.

Source: Lambda developer guide, "Implementing stateful DynamoDB stream processing".
"""

import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ministack.services.dynamodb_streams import _DEFAULT_SHARD_ID as SHARD

Record = dict[str, Any]
STATE_LIMIT_BYTES = 1_000_000  # then the window is closed early


@dataclass
class Window:
    """The open window of one shard; `start` and `seconds` in epoch seconds."""

    seconds: int
    start: int = 0
    state: dict[str, Any] = field(default_factory=dict)
    is_open: bool = False

    def has_ended(self) -> bool:
        """Whether its time is over and its last call is due."""
        return self.is_open and time.time() >= self.start + self.seconds

    def opens(self, start: int) -> bool:
        """Open the window that begins at `start` if it is not the open one."""
        is_new = not self.is_open or start != self.start
        if is_new:
            self.start, self.state, self.is_open = start, {}, True
        return is_new

    def event(self, records: list[Record], stream: str, *, final: bool = False, early: bool = False) -> dict[str, Any]:
        """The invocation's payload."""
        return {
            "Records": records,
            "window": {"start": _time(self.start), "end": _time(self.start + self.seconds)},
            "state": self.state,
            "shardId": SHARD,
            "eventSourceARN": stream,
            "isFinalInvokeForWindow": final,
            "isWindowTerminatedEarly": early,
        }

    def takes(self, result: dict[str, Any]) -> dict[str, Any]:
        """Keep the state that the function answered; a state that is no object makes the call a failed one."""
        if result.get("error"):
            return result
        body = result.get("body")
        state = (body.get("state") if isinstance(body, dict) else None) or {}
        if not isinstance(state, dict):
            return {**result, "error": True}
        self.state = state
        return result

    def is_overfull(self) -> bool:
        """Whether the state outgrew what Lambda keeps."""
        return len(json.dumps(self.state)) > STATE_LIMIT_BYTES


def by_window(records: list[Record], seconds: int) -> Iterator[tuple[int, list[Record]]]:
    """The records of each window, in order: the window's start in epoch seconds, and its records."""

    def start(record: Record) -> int:
        created = int(float(record["dynamodb"]["ApproximateCreationDateTime"]))
        return created - created % seconds

    for begin, group in itertools.groupby(records, start):
        yield begin, list(group)


def _time(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
