"""The command that runs the customer's script on an instance."""

from collections.abc import Mapping
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from contract.agents import Action, Platform, Reason, Via
from contract.names import Names
from spoke.agent_installer.calls import is_fault, throttles_told
from spoke.agent_installer.parameters import digest_parameter
from spoke.agent_installer.work import Work

# A command that has not reached its instance by then is reported as undelivered; the next sweep sends another.
DELIVERY_SECONDS = 600


class Refusal(msgspec.Struct, frozen=True):
    """Why no command was sent."""

    reason: Reason
    details: str


def send(ssm: Any, work: Work, parameters: Mapping[str, str], prefix: str) -> str | Refusal:
    """Send the command for an instance that Systems Manager reaches; return its id, or why there is none.

    Raises `ThrottledError`, and what Systems Manager itself could not do, for the state machine to try again.
    """
    digest = parameters.get(digest_parameter(work.action, Platform(work.platform)), "")
    if not digest:
        what = "uninstall" if work.action is Action.UNINSTALL else "install"
        return Refusal(Reason.NO_SCRIPT, f"the settings name no script: agent.{work.platform.lower()}_{what}")
    try:
        with throttles_told():
            answer = ssm.send_command(**request(work, digest, prefix))
    except ClientError as error:
        if is_fault(error):
            raise
        return Refusal(Reason.COMMAND_REFUSED, str(error))
    return str(answer["Command"]["CommandId"])


def request(work: Work, digest: str, prefix: str) -> dict[str, Any]:
    """Return SendCommand's arguments: nothing in them is secret, the script is fetched by the instance itself."""
    is_removal = work.action is Action.UNINSTALL
    mode = {} if is_removal else {"Mode": [work.action.value]}
    return {
        "DocumentName": Names(prefix).agent_document(uninstalls=is_removal),
        "InstanceIds": [work.instance],
        "Parameters": {"Hash": [digest], **mode},
        "TimeoutSeconds": DELIVERY_SECONDS,
        "Comment": comment(work),
    }


def comment(work: Work) -> str:
    """Return what a command says of itself, from which its end is reported."""
    return f"Muster: {work.action} by {work.via}"


def read_comment(text: str) -> tuple[Action, Via] | None:
    """Return what a command was sent for; nothing when Muster did not send it."""
    words = text.removeprefix("Muster: ").split(" by ")
    try:
        return Action(words[0]), Via(words[-1])
    except ValueError:
        return None
