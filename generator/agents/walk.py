"""Walks through a state machine as Step Functions would, to count what it bills: each state that is entered.

As much of the Amazon States Language as the agent installer's machines use. A retry enters its state again.
"""

from collections.abc import Callable, Generator, Mapping
from typing import Any

import msgspec

State = Mapping[str, Any]
# What stands behind a task: by the placeholder that names it.
Functions = Mapping[str, Callable[[Any], Any]]
# What a retry's pause is drawn with: 1 is the whole of it.
Draw = Callable[[], float]


class Walked(msgspec.Struct, frozen=True):
    """The states that were entered, in their order, and the data in the end."""

    entered: tuple[str, ...]
    output: Any


def walk(machine: State, functions: Functions, given: Any) -> Walked:
    """Walk from the first state to the last without waiting; a task's error that nothing catches is raised."""
    walking = walking_through(machine, functions, given, lambda: 1.0)
    while True:
        try:
            next(walking)
        except StopIteration as end:
            walked: Walked = end.value
            return walked


def walking_through(machine: State, functions: Functions, given: Any, draw: Draw) -> Generator[float, None, Walked]:
    """Yield the seconds of each wait and of each pause before a retry; return the walk."""
    entered: list[str] = []
    name, data = machine["StartAt"], given
    while name:
        state = machine["States"][name]
        entered.append(name)
        if state["Type"] == "Map":
            for item in data[state["ItemsPath"].removeprefix("$.")]:
                part = yield from walking_through(state["ItemProcessor"], functions, item, draw)
                entered += part.entered
            name = state.get("Next", "")
        elif state["Type"] == "Task":
            name, data = yield from _task(state, name, functions, data, draw, entered)
        else:
            if state["Type"] == "Wait":
                yield float(data[state["SecondsPath"].removeprefix("$.")])
            name = _chosen(state, data) if state["Type"] == "Choice" else state.get("Next", "")
    return Walked(tuple(entered), data)


def _task(  # noqa: PLR0913, PLR0917 - what a task needs
    state: State, name: str, functions: Functions, data: Any, draw: Draw, entered: list[str]
) -> Generator[float, None, tuple[str, Any]]:
    attempts = [0] * len(state.get("Retry", ()))
    while True:
        try:
            return state.get("Next", ""), functions[state["Resource"].strip("${}")](data)
        except Exception as error:  # as Step Functions, whose retriers and catchers see whatever a task raises
            number = _retrier(state, type(error).__name__, attempts)
            if number is None:
                if not state.get("Catch"):
                    raise
                failure = {"Error": type(error).__name__, "Cause": str(error)}
                return state["Catch"][0]["Next"], {**data, "failure": failure}
            yield _pause(state["Retry"][number], attempts[number], draw)
            attempts[number] += 1
            entered.append(name)


def _retrier(state: State, error: str, attempts: list[int]) -> int | None:
    """Return the first retrier that is meant for an error; none when that has been tried as often as it may be."""
    for number, one in enumerate(state.get("Retry", ())):
        if {error, "States.ALL"} & set(one["ErrorEquals"]):
            return number if attempts[number] < one["MaxAttempts"] else None
    return None


def _pause(retrier: Mapping[str, Any], attempt: int, draw: Draw) -> float:
    seconds = retrier["IntervalSeconds"] * float(retrier["BackoffRate"]) ** attempt
    longest = min(seconds, retrier.get("MaxDelaySeconds", seconds))
    return float(longest * (draw() if retrier.get("JitterStrategy") == "FULL" else 1))


def _chosen(state: State, data: Mapping[str, Any]) -> str:
    for one in state["Choices"]:
        if data.get(one["Variable"].removeprefix("$.")) == one["StringEquals"]:
            return str(one["Next"])
    return str(state["Default"])
