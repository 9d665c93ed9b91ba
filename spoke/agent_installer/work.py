"""What the state machines carry from function to function: an instance, and what is done about it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from contract.agents import Action, Via


class Next(StrEnum):
    """What the state machine does next; its choices compare these words."""

    GO = "go"
    WAIT = "wait"
    END = "end"


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """An instance on its way. `wait` is the next pause in seconds, `waited` the sum of those that are over."""

    instance: str
    via: Via
    action: Action = Action.INSTALL
    wait: int = 0
    waited: int = 0
    name: str = ""
    since: str = ""
    has_profile: bool = False
    platform: str = ""
    next: Next = Next.GO


def read_work(given: Mapping[str, Any]) -> Work:
    """Return the work in a function's event; `msgspec.ValidationError` says what is wrong with it."""
    return msgspec.convert(given, Work)


def written(work: Work) -> dict[str, Any]:
    """Return the work as a function answers with it."""
    answer: dict[str, Any] = msgspec.to_builtins(work)
    return answer
