"""What became of commands: ListCommands, ListCommandInvocations, GetCommandInvocation.

Source: Systems Manager API reference; how outputs are cut is the SSM Agent's (iohandler, TruncateOutput).
"""

from datetime import datetime
from typing import Any

from localorg.answers import ApiError
from localorg.ssm import commands, nodes, notices
from localorg.ssm.commands import Command, Invocation
from localorg.ssm.documents import Body, here
from localorg.ssm.steps import Result

PAGE = 50
SHOWN = 2_500  # characters of a step in ListCommandInvocations
ERRORS = "\n----------ERROR-------\n"
CUT_OUTPUT, CUT_ERRORS = "\n---Output truncated---", "\n---Error truncated----"


def list_commands(body: Body) -> Body:
    """ListCommands: the newest first, by id, instance and filters."""
    found = [one for one in _commands(body) if _is_wanted(one, one.status, body)]
    page, more = _page(found, body)
    return {"Commands": [commands.shown(one) for one in page], **more}


def list_invocations(body: Body) -> Body:
    """ListCommandInvocations; with Details what each step put out."""
    pairs = [(command, one) for command in _commands(body) for one in command.invocations.values()]
    instance = body.get("InstanceId")
    found = [
        (command, one)
        for command, one in pairs
        if (not instance or one.instance == instance) and _is_wanted(command, one.status, body)
    ]
    page, more = _page(found, body)
    has_details = bool(body.get("Details"))
    return {"CommandInvocations": [_invocation(command, one, has_details) for command, one in page], **more}


def get_invocation(body: Body) -> Body:
    """GetCommandInvocation: one step of one instance, named if the document has several."""
    command = next((one for one in _commands({}) if one.identity == body.get("CommandId")), None)
    invocation = command.invocations.get(str(body.get("InstanceId"))) if command else None
    if command is None or invocation is None:
        raise ApiError("InvocationDoesNotExist", "The command ID and managed node ID don't match an invocation.")
    known = [step.name for step in command.content.steps]
    name = str(body.get("PluginName") or (known[0] if len(known) == 1 else ""))
    if name and name not in known:
        raise ApiError("InvalidPluginName", f"The plugin name {name} isn't valid.")
    result = next((one for one in invocation.results if one.name == name), None)
    return {
        "CommandId": command.identity,
        "InstanceId": invocation.instance,
        "Comment": command.comment,
        "DocumentName": command.document,
        "DocumentVersion": command.version,
        "PluginName": name,
        "ResponseCode": result.code if result else -1,
        "ExecutionStartDateTime": notices.iso(result.begun) if result else "",
        "ExecutionElapsedTime": f"PT{max(result.ended - result.begun, 0.001):.3f}S" if result else "",
        "ExecutionEndDateTime": notices.iso(result.ended) if result else "",
        "Status": result.status if result and known[1:] else invocation.status,
        "StatusDetails": result.status if result and known[1:] else invocation.details,
        "StandardOutputContent": result.output if result else "",
        "StandardOutputUrl": "",
        "StandardErrorContent": result.errors if result else "",
        "StandardErrorUrl": "",
        "CloudWatchOutputConfig": {"CloudWatchLogGroupName": "", "CloudWatchOutputEnabled": False},
    }


def cut(output: str, errors: str, most: int = SHOWN) -> str:
    """Both outputs in one text of at most `most` characters; of each too long its beginning stays."""
    if len(output) + len(errors) + (len(ERRORS) if errors else 0) <= most:
        return output + (ERRORS + errors if errors else "")
    if not errors:
        return output[: most - len(CUT_OUTPUT)] + CUT_OUTPUT
    room = most - len(ERRORS)
    half = room // 2
    kept_errors = errors if len(errors) <= half else _shortened(errors, max(half, room - len(output)), CUT_ERRORS)
    kept_output = (
        output if len(output) <= room - len(kept_errors) else _shortened(output, room - len(kept_errors), CUT_OUTPUT)
    )
    return kept_output + ERRORS + kept_errors


def _shortened(text: str, most: int, mark: str) -> str:
    return text[: most - len(mark)] + mark


def _commands(body: Body) -> list[Command]:
    """The current account and Region's, by id and instance, the newest first; an unknown id is an error."""
    known = [*reversed(list(commands.COMMANDS.get(here(), {}).values()))]
    if identity := body.get("CommandId"):
        known = [commands.find(str(identity))]
    instance = body.get("InstanceId")
    return [one for one in known if not instance or instance in one.invocations]


def _is_wanted(command: Command, status: str, body: Body) -> bool:
    shown = {"Status": status, "DocumentName": command.document}
    for wanted in body.get("Filters") or ():
        key, value = wanted["key"], str(wanted["value"])
        if key in {"InvokedAfter", "InvokedBefore"}:
            asked = datetime.fromisoformat(value).timestamp()
            is_met = command.requested >= asked if key == "InvokedAfter" else command.requested < asked
        elif key in shown:
            is_met = shown[key] == value
        else:
            raise ApiError("InvalidFilterKey", f"The filter key {key} is not emulated.")
        if not is_met:
            return False
    return True


def _page(found: list[Any], body: Body) -> tuple[list[Any], Body]:
    begin, size = int(body.get("NextToken") or 0), int(body.get("MaxResults") or PAGE)
    if not 1 <= size <= PAGE:
        raise ApiError("ValidationException", f"MaxResults must be between 1 and {PAGE}")
    more = {"NextToken": str(begin + size)} if len(found) > begin + size else {}
    return found[begin : begin + size], more


def _invocation(command: Command, one: Invocation, has_details: bool) -> Body:
    node = nodes.find(one.instance)
    return {
        "CommandId": command.identity,
        "InstanceId": one.instance,
        "InstanceName": str(node.record.get("PrivateDnsName", "")) if node else "",
        "Comment": command.comment,
        "DocumentName": command.document,
        "DocumentVersion": command.version,
        "RequestedDateTime": command.requested,
        "Status": one.status,
        "StatusDetails": one.details,
        "StandardOutputUrl": "",
        "StandardErrorUrl": "",
        "CommandPlugins": [_plugin(result) for result in one.results] if has_details else [],
    }


def _plugin(result: Result) -> Body:
    return {
        "Name": result.name,
        "Status": result.status,
        "StatusDetails": "ExecutionTimedOut" if result.status == "TimedOut" else result.status,
        "ResponseCode": result.code,
        "ResponseStartDateTime": result.begun,
        "ResponseFinishDateTime": result.ended,
        "Output": cut(result.output, result.errors),
        "StandardOutputUrl": "",
        "StandardErrorUrl": "",
        "OutputS3Region": "",
        "OutputS3BucketName": "",
        "OutputS3KeyPrefix": "",
    }
