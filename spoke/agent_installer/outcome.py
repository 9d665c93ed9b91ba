"""What came of a command, from what its steps printed and how they ended."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from contract.agents import Action, AgentState, Reason

# What the documents' scripts print last, for this module.
MARK = "muster:"
_LINE = re.compile(rf"^{MARK} ([a-z_]+)(?: (.*))?$", re.MULTILINE)
_STATES = {
    Reason.FRESH: AgentState.INSTALLED,
    Reason.ALREADY_RUNNING: AgentState.INSTALLED,
    Reason.UPGRADED: AgentState.INSTALLED,
    Reason.UNINSTALLED: AgentState.REMOVED,
    Reason.NOT_THERE: AgentState.REMOVED,
}
DOWNLOAD = "download"
# How a command may end without a word of the script (Systems Manager user guide, "Understanding command statuses").
_ENDS = {
    "DeliveryTimedOut": Reason.COMMAND_UNDELIVERED,
    "Undeliverable": Reason.COMMAND_UNDELIVERED,
    "InvalidPlatform": Reason.UNSUPPORTED_PLATFORM,
    "AccessDenied": Reason.COMMAND_REFUSED,
    "ExecutionTimedOut": Reason.COMMAND_TIMED_OUT,
    "TimedOut": Reason.COMMAND_TIMED_OUT,
    "Cancelled": Reason.COMMAND_CANCELLED,
    "Canceled": Reason.COMMAND_CANCELLED,
    "Terminated": Reason.COMMAND_CANCELLED,
}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What an instance's state is after a command, and what shows it."""

    state: AgentState
    reason: Reason
    details: str = ""
    agent_version: str = ""
    exit_code: int | None = None
    output: str = ""


def outcome(invocation: Mapping[str, Any], action: Action, policy: str) -> Outcome:
    """Return what came of a command on an instance; `policy` lets instances read the scripts.

    `invocation` is one of ListCommandInvocations, with details: its steps' outputs are their first 2,500 characters.
    """
    steps: Sequence[Mapping[str, Any]] = invocation.get("CommandPlugins", ())
    # On an instance of another platform a step is skipped, successfully, and says so.
    ran = [one for one in steps if one["Name"] != DOWNLOAD]
    said = [(one, found[-1]) for one in ran if (found := _LINE.findall(one.get("Output", "")))]
    failed = next((one for one in steps if one["Name"] == DOWNLOAD and one.get("Status") == "Failed"), None)
    came = _said(*said[-1]) if said else None
    if came and not (failed and came.reason is Reason.DOWNLOAD_FAILED):
        return came
    if failed is not None:
        mend = f"the instance's role may not read it: attach the policy {policy}; {failed.get('Output', '')}"
        return Outcome(state=AgentState.FAILED, reason=Reason.DOWNLOAD_FAILED, details=mend)
    silent = Reason.UNINSTALL_FAILED if action is Action.UNINSTALL else Reason.SCRIPT_FAILED
    status = invocation.get("StatusDetails") or invocation.get("Status", "")
    last = max(ran, key=lambda one: one.get("ResponseCode") or 0, default={})
    return Outcome(
        state=AgentState.UNMANAGED if _ENDS.get(status) is Reason.UNSUPPORTED_PLATFORM else AgentState.FAILED,
        reason=_ENDS.get(status, silent),
        details=f"the command ended as {status}",
        exit_code=last.get("ResponseCode"),
        output=last.get("Output", ""),
    )


def _said(step: Mapping[str, Any], line: tuple[str, str]) -> Outcome:
    word, rest = line
    try:
        reason = Reason(word)
    except ValueError:
        reason, rest = Reason.SCRIPT_FAILED, f"{word} {rest}"
    state = _STATES.get(reason, AgentState.FAILED)
    is_good = state is not AgentState.FAILED
    return Outcome(
        state=state,
        reason=reason,
        details="" if is_good else rest.strip(),
        agent_version=rest.strip()[:256] if is_good else "",
        exit_code=step.get("ResponseCode"),
        output=_LINE.sub("", step.get("Output", "")).strip(),
    )
