"""What the state machines do next with an instance: pure decisions, on what the functions saw."""

import msgspec

from contract.agents import Action, AgentState, Reason, Via
from spoke.agent_installer.instances import Instance
from spoke.agent_installer.managed import Readiness

INSTALL, WAIT, END = "install", "wait", "end"
# Seconds between two looks at an instance that is not registered yet; the last one again and again.
_PAUSES = (15, 30, 60, 120)


class Task(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An instance on its way through a machine. `waited` counts seconds since the first look, `wait` comes next.

    Seconds are counted here and not by the clock: what a machine was paused for by others is not the instance's fault.
    """

    instance: str
    via: Via
    action: Action = Action.INSTALL
    next: str = END
    wait: int = 0
    waited: int = 0
    looks: int = 0
    platform: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """How a task goes on, and what the hub is told (None: nothing yet)."""

    task: Task
    state: AgentState | None = None
    reason: Reason | None = None
    details: str = ""


def gone(task: Task, instance: Instance | None) -> Verdict:
    """Return that an instance does not run any more."""
    is_there = instance is not None and instance.state in {"stopping", "stopped"}
    return _ended(task, AgentState.GONE, Reason.STOPPED if is_there else Reason.TERMINATED)


def captured(task: Task, excluded: Reason | None, wait: int) -> Verdict:
    """Return how a started instance goes on: left alone for some seconds first, or left out."""
    if excluded:
        return _ended(task, AgentState.EXCLUDED, excluded)
    return Verdict(msgspec.structs.replace(task, next=WAIT, wait=wait))


def checked(task: Task, seen: Readiness, deadline: int) -> Verdict:
    """Return how an instance goes on after a look at it; `deadline` in seconds of waiting.

    Only an instance that has just started is waited for: the others had their time.
    """
    if seen.reason is None:
        return Verdict(msgspec.structs.replace(task, next=INSTALL, wait=0, platform=seen.platform))
    if seen.is_final or task.via is not Via.START or task.waited >= deadline:
        return _ended(task, AgentState.UNMANAGED, seen.reason, seen.details)
    pause = min(_PAUSES[min(task.looks, len(_PAUSES) - 1)], deadline - task.waited)
    later = msgspec.structs.replace(task, next=WAIT, wait=pause, waited=task.waited + pause, looks=task.looks + 1)
    return Verdict(later)


def _ended(task: Task, state: AgentState, reason: Reason, details: str = "") -> Verdict:
    return Verdict(msgspec.structs.replace(task, next=END, wait=0), state, reason, details)
