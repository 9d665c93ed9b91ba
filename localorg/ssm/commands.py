"""Run Command: what was sent to which nodes, and how each of them got on with it.

Sources: Systems Manager API reference, SendCommand, CancelCommand; user guide, "Understanding command statuses" and
"Monitoring commands - time-outs".
"""

import logging
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import new_uuid, request_scope
from ministack.services import ec2

from localorg import resource_tags, waits
from localorg.answers import ApiError
from localorg.ssm import content, documents, nodes, notices, steps
from localorg.ssm.content import Content
from localorg.ssm.documents import Body, Place, here

MOST_INSTANCES = 50
SHORTEST, LONGEST, USUAL = 30, 2_592_000, 3_600  # seconds until a command must have reached its node
INSTANCE = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")
ENDS = {"Success", "Failed", "TimedOut", "Cancelled"}
LOOK = 0.05  # seconds between two looks at a node
# What a command is when its invocations have ended: the first of these that one of them is.
WORST = ("Failed", "TimedOut", "Cancelled", "Success")
log = logging.getLogger("localorg.ssm")


@dataclass
class Invocation:
    """A command on one node; `is_lost` once nothing will be heard of it until its time is up.

    `is_telling` while its events are on their way.
    """

    instance: str
    status: str = "Pending"
    details: str = "Pending"
    results: list[steps.Result] = field(default_factory=list)
    is_lost: bool = False
    is_cancelled: bool = False
    is_telling: bool = False


@dataclass
class Command:
    """A command: the document that it is of, the parameters as given, and its invocations by instance."""

    place: Place
    document: str
    version: str
    content: Content
    parameters: Mapping[str, Any]
    timeout: int
    comment: str
    invocations: dict[str, Invocation]
    status: str = "Pending"
    identity: str = field(default_factory=new_uuid)
    requested: float = field(default_factory=time.time)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def expires(self) -> float:
        """When its time is up, in epoch seconds, as AWS says it: unscaled."""
        return self.requested + self.timeout + steps.EXECUTION_SECONDS


COMMANDS: dict[Place, dict[str, Command]] = {}


def running() -> int:
    """How many invocations are under way, in all accounts; those that only wait for their end are not."""
    all_commands = [command for known in list(COMMANDS.values()) for command in list(known.values())]
    invocations = [one for command in all_commands for one in command.invocations.values()]
    return sum(one.is_telling or (one.status not in ENDS and not one.is_lost) for one in invocations)


def send(body: Body) -> Body:
    """SendCommand: to registered nodes, after the document has taken the parameters."""
    named = instances(body)
    if len(named) > MOST_INSTANCES:
        limit = f"Member must have length less than or equal to {MOST_INSTANCES}"
        raise ApiError("ValidationException", f"Value at 'instanceIds' failed to satisfy constraint: {limit}")
    document = documents.find(str(body.get("DocumentName", "")))
    version = document.version(str(body.get("DocumentVersion") or "$DEFAULT"))
    read = content.parse(version.text)
    given = body.get("Parameters") or {}
    values = read.values(given)
    _check_nodes(named, read)
    timeout = int(body.get("TimeoutSeconds") or USUAL)
    if not SHORTEST <= timeout <= LONGEST:
        raise ApiError("ValidationException", f"TimeoutSeconds must be between {SHORTEST} and {LONGEST}")
    made = Command(
        here(),
        str(body["DocumentName"]),
        str(version.number),
        read,
        given,
        timeout,
        str(body.get("Comment", "")),
        {instance: Invocation(instance) for instance in named},
    )
    COMMANDS.setdefault(made.place, {})[made.identity] = made
    for invocation in made.invocations.values():
        threading.Thread(target=_work, args=(made, invocation, values), daemon=True, name="ssm-command").start()
    return {"Command": shown(made)}


def cancel(body: Body) -> Body:
    """CancelCommand: what has not ended, of all or some instances."""
    command = find(str(body.get("CommandId", "")))
    named = body.get("InstanceIds") or list(command.invocations)
    for instance in named:
        if instance not in command.invocations:
            raise ApiError("InvalidInstanceId", f"Instance {instance} is not of this command.")
        command.invocations[instance].is_cancelled = True
    return {}


def find(identity: str) -> Command:
    """A command of the current account and Region; ApiError InvalidCommandId when there is none."""
    found = COMMANDS.get(here(), {}).get(identity)
    if found is None:
        raise ApiError("InvalidCommandId", "The specified command ID isn't valid.")
    return found


def shown(command: Command) -> Body:
    """A command as the API shows it."""
    states = list(command.invocations.values())
    return {
        "CommandId": command.identity,
        "DocumentName": command.document,
        "DocumentVersion": command.version,
        "Comment": command.comment,
        "ExpiresAfter": command.expires,
        "Parameters": command.parameters,
        "InstanceIds": list(command.invocations),
        "Targets": [],
        "RequestedDateTime": command.requested,
        "Status": command.status,
        "StatusDetails": command.status,
        "MaxConcurrency": "50",
        "MaxErrors": "0",
        "TargetCount": len(states),
        "CompletedCount": sum(one.status in ENDS for one in states),
        "ErrorCount": sum(one.status == "Failed" or one.details == "ExecutionTimedOut" for one in states),
        "DeliveryTimedOutCount": sum(one.details == "DeliveryTimedOut" for one in states),
        "TimeoutSeconds": command.timeout,
    }


def instances(body: Body) -> list[str]:
    """The instances that are named, or that carry the tags that are."""
    named = [str(one) for one in body.get("InstanceIds") or ()]
    targets = {one["Key"]: one.get("Values") or [] for one in body.get("Targets") or ()}
    named += [str(one) for one in targets.pop("InstanceIds", [])]
    if unknown := [key for key in targets if not key.startswith("tag:")]:
        raise ApiError("InvalidTarget", f"The target {unknown[0]} is not emulated.")
    if targets:
        wanted = {key.removeprefix("tag:"): values for key, values in targets.items()}
        named += [node.instance for node in nodes.registered() if _has(node.instance, wanted)]
    if not named and not targets:
        raise ApiError("ValidationException", "InstanceIds or Targets must be given")
    return list(dict.fromkeys(named))


def _has(instance: str, wanted: Mapping[str, list[str]]) -> bool:
    tags = resource_tags.pairs(ec2._tags.get(instance))
    return all(tags.get(key) in values for key, values in wanted.items())


def _check_nodes(instances: list[str], read: Content) -> None:
    found = {instance: nodes.find(instance) for instance in instances if INSTANCE.fullmatch(instance)}
    wrong = [one for one in instances if not (node := found.get(one)) or not _takes_commands(node)]
    if wrong:
        # https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
        message = f"Instances [[{', '.join(wrong)}]] not in a valid state for account {here()[0]}"
        raise ApiError("InvalidInstanceId", message)
    platforms = {node.settings.platform for node in found.values() if node}
    if not platforms.issubset(read.platforms):
        message = "The document doesn't support the platform type of the given managed node IDs."
        raise ApiError("UnsupportedPlatformType", message)


def _takes_commands(node: nodes.Node) -> bool:
    return node.is_registered and node.state == "running"


def _work(command: Command, invocation: Invocation, values: content.Values) -> None:
    """A node's part of a command, from its delivery to its end."""
    try:
        with request_scope(*command.place):
            _carry_out(command, invocation, values)
    except Exception:
        log.exception("command %s on %s broke off", command.identity, invocation.instance)
        _become(command, invocation, "Failed")


def _carry_out(command: Command, invocation: Invocation, values: content.Values) -> None:
    node = _delivered(command, invocation)
    if node is None:
        return
    _become(command, invocation, "InProgress")

    def is_over() -> str:
        if invocation.is_cancelled:
            return "Cancelled"
        return "" if node.state == "running" else "Lost"

    try:
        steps.run(command.content.steps, steps.Run(node, command.identity, values, is_over), invocation.results.append)
    except steps.InterruptedRunError as end:
        if str(end) == "Cancelled":
            _become(command, invocation, "Cancelled")
        else:
            # Nobody answers any more, and Systems Manager waits until the command's whole time is up.
            _wait(invocation, command.timeout + steps.EXECUTION_SECONDS)
            _become(command, invocation, "TimedOut", "ExecutionTimedOut")
        return
    states = {result.status for result in invocation.results}
    status = next(one for one in WORST if one in states)
    _become(command, invocation, status, "ExecutionTimedOut" if status == "TimedOut" else "")


def _delivered(command: Command, invocation: Invocation) -> nodes.Node | None:
    """The node once it answers; None when it did not until the command's time was up."""
    deadline = time.monotonic() + waits.scaled(command.timeout)
    time.sleep(LOOK)
    while not invocation.is_cancelled:
        node = nodes.find(invocation.instance)
        if node and node.is_online:
            return node
        invocation.is_lost = True
        if time.monotonic() > deadline:
            _become(command, invocation, "TimedOut", "DeliveryTimedOut")
            return None
        time.sleep(LOOK)
    _become(command, invocation, "Cancelled")
    return None


def _wait(invocation: Invocation, seconds: float) -> None:
    invocation.is_lost = True
    deadline = time.monotonic() + waits.scaled(seconds)
    while time.monotonic() < deadline and not invocation.is_cancelled:
        time.sleep(LOOK)


def _become(command: Command, invocation: Invocation, status: str, details: str = "") -> None:
    """Change an invocation's status and tell of it, then of the command's if that changed too."""
    with command.lock:
        invocation.is_telling = True
        invocation.status, invocation.details, invocation.is_lost = status, details or status, False
        _tell_invocation(command, invocation)
        states = {one.status for one in command.invocations.values()}
        whole = next(one for one in WORST if one in states) if states <= ENDS else "InProgress"
        if whole != command.status:
            command.status = whole
            _tell_command(command)
        invocation.is_telling = False


def _tell_invocation(command: Command, invocation: Invocation) -> None:
    detail = {
        "command-id": command.identity,
        "document-name": command.document,
        "instance-id": invocation.instance,
        "requested-date-time": notices.iso(command.requested),
        "status": invocation.status,
    }
    notices.send(command.place, notices.INVOCATION, [invocation.instance], detail)


def _tell_command(command: Command) -> None:
    detail = {
        "command-id": command.identity,
        "document-name": command.document,
        "expire-after": notices.iso(command.expires),
        "parameters": dict(command.parameters),
        "requested-date-time": notices.iso(command.requested),
        "status": command.status,
    }
    notices.send(command.place, notices.COMMAND, list(command.invocations), detail)
