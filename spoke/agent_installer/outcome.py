"""What became of a command: read from its invocation, as ListCommandInvocations tells it with details."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from contract.agents import AgentState, Platform, Reason

# Step of the documents that downloads, by its name's beginning.
DOWNLOAD = "download"
_ENDS = {"Success", "Failed", "TimedOut", "Cancelled"}
# The last line that the documents' scripts print (generator/agents/documents.py).
_LINE = re.compile(r"^muster: (?P<reason>[a-z_]+)(?: (?P<rest>[^\r\n]*))?\r?$", re.MULTILINE)
_ERRORS = "\n----------ERROR-------\n"
# By its precondition, or because its kind is of another platform (SSM Agent, runpluginutil).
_SKIPPED = "Step execution skipped due to"
_STATES = {
    Reason.FRESH: AgentState.INSTALLED,
    Reason.ALREADY_RUNNING: AgentState.INSTALLED,
    Reason.UPGRADED: AgentState.INSTALLED,
    Reason.UNINSTALLED: AgentState.REMOVED,
    Reason.NOT_THERE: AgentState.REMOVED,
}
# Reasons whose line goes on with the script's exit code, and those with words.
_WITH_CODE = {Reason.SCRIPT_FAILED, Reason.UNINSTALL_FAILED}
_UNDELIVERED = {"DeliveryTimedOut", "Undeliverable", "Terminated", "InvalidPlatform", "AccessDenied"}
_DOWNLOAD_MEND = "the instance's role needs the managed policy {policy}, which lets it read the script"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a command on an instance."""

    state: AgentState
    reason: Reason
    version: str = ""
    details: str = ""
    output: str = ""
    exit_code: int | None = None


def platform_of(invocation: Mapping[str, Any]) -> str:
    """Return the platform whose steps were not skipped: their names end with it; empty when there are none."""
    done = [str(step.get("Name", "")) for step in invocation.get("CommandPlugins", ()) if not _is_skipped(step)]
    return next((one.value for one in Platform for name in done if name.endswith(f"_{one.lower()}")), "")


def has_ended(invocation: Mapping[str, Any]) -> bool:
    """Return whether nothing more will come of it."""
    return invocation.get("Status") in _ENDS


def outcome(invocation: Mapping[str, Any], policy: str) -> Outcome:
    """Return what became of a command; `policy` is named where the script could not be downloaded."""
    steps = [step for step in invocation.get("CommandPlugins", ()) if not _is_skipped(step)]
    for step in reversed(steps):
        if line := _last_line(step):
            return _of_line(line, step)
    failed = next((step for step in steps if step.get("Status") == "Failed"), None)
    if failed and str(failed.get("Name", "")).startswith(DOWNLOAD):
        details = _DOWNLOAD_MEND.format(policy=policy)
        return _failed(Reason.DOWNLOAD_FAILED, details, output=_said(failed))
    return _without_line(invocation, failed, steps)


def _is_skipped(step: Mapping[str, Any]) -> bool:
    return _SKIPPED in str(step.get("Output", ""))


def _last_line(step: Mapping[str, Any]) -> re.Match[str] | None:
    found = [one for one in _LINE.finditer(str(step.get("Output", ""))) if one["reason"] in set(Reason)]
    return found[-1] if found else None


def _of_line(line: re.Match[str], step: Mapping[str, Any]) -> Outcome:
    reason, rest = Reason(line["reason"]), (line["rest"] or "").strip()
    state = _STATES.get(reason, AgentState.FAILED)
    said = str(step["Output"])[: line.start()].strip()
    if state is not AgentState.FAILED:
        return Outcome(state=state, reason=reason, version=rest, output=said, exit_code=0)
    if reason in _WITH_CODE and rest.lstrip("-").isdecimal():
        return _failed(reason, output=said, exit_code=int(rest))
    return _failed(reason, rest, output=said)


def _without_line(
    invocation: Mapping[str, Any], failed: Mapping[str, Any] | None, steps: Iterable[Mapping[str, Any]]
) -> Outcome:
    status = str(invocation.get("Status"))
    told = str(invocation.get("StatusDetails", "")).replace(" ", "")
    if told in _UNDELIVERED:
        return _failed(Reason.COMMAND_UNDELIVERED, f"Systems Manager says {told}")
    output = next((said for step in reversed(list(steps)) if (said := _said(step))), "")
    if status == "TimedOut":
        return _failed(Reason.COMMAND_TIMED_OUT, f"Systems Manager says {told or status}", output=output)
    if status == "Cancelled":
        return _failed(Reason.COMMAND_CANCELLED, "somebody cancelled the command", output=output)
    if status == "Failed":
        code = failed.get("ResponseCode") if failed else None
        return _failed(Reason.SCRIPT_FAILED, "it ended without a word of its own", output=output, exit_code=code)
    return _failed(Reason.NOT_RUNNING_AFTERWARDS, "the command succeeded and did not say so", output=output)


def _said(step: Mapping[str, Any]) -> str:
    return str(step.get("Output", "")).replace(_ERRORS, "\n").strip()


def _failed(reason: Reason, details: str = "", *, output: str = "", exit_code: int | None = None) -> Outcome:
    return Outcome(state=AgentState.FAILED, reason=reason, details=details, output=output, exit_code=exit_code)
