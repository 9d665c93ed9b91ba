"""One stack instance: its stack in the member account, made and removed through that account's CloudFormation."""

import time
from typing import Any

from botocore.exceptions import ClientError
from ministack.services import cloudformation

from localorg import templates
from localorg.stacksets.execution import client
from localorg.stacksets.model import Instance, StackSet

WORKING = "_IN_PROGRESS"
DONE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
# A stack that never came into being cannot be updated: stack sets delete it and begin anew.
STILLBORN = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")


class StackError(Exception):
    """A stack that did not become what it should; the message is the instance's StatusReason."""


def state(instance: Instance) -> str:
    """The stack's status; empty when there is none."""
    stack = cloudformation._stacks.get_scoped(instance.account, instance.region, instance.stack_name)
    return str(stack["StackStatus"]) if stack else ""


def apply(one: StackSet, instance: Instance) -> None:
    """Create or update the instance's stack and wait for it; StackError says what went wrong."""
    cloud = client(instance.account, instance.region)
    if state(instance) in STILLBORN:
        remove(instance)
    request = _request(one, instance)
    try:
        if state(instance) in ("", "DELETE_COMPLETE"):
            instance.stack_id = cloud.create_stack(**request)["StackId"]
        else:
            cloud.update_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return
        raise StackError(error.response["Error"]["Message"]) from error
    if _settled(instance) not in DONE:
        raise StackError(_reason(instance))


def _request(one: StackSet, instance: Instance) -> dict[str, Any]:
    values = one.parameters | instance.overrides
    return {
        "StackName": instance.stack_name,
        "TemplateURL": templates.keep(one.template),
        "Capabilities": one.capabilities,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
        "Tags": [{"Key": key, "Value": value} for key, value in one.tags.items()],
    }


def remove(instance: Instance) -> None:
    """Delete the instance's stack and wait for it; StackError says what stays."""
    try:
        client(instance.account, instance.region).delete_stack(StackName=instance.stack_name)
    except ClientError as error:
        raise StackError(error.response["Error"]["Message"]) from error
    if _settled(instance) not in ("", "DELETE_COMPLETE"):
        raise StackError(_reason(instance))


def _settled(instance: Instance) -> str:
    pause = 0.01
    while (now := state(instance)).endswith(WORKING):
        time.sleep(pause)
        pause = min(0.1, pause * 1.3)
    return now


def _reason(instance: Instance) -> str:
    cloud = client(instance.account, instance.region)
    events = cloud.describe_stack_events(StackName=instance.stack_name)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
    # The newest come first; the cause is the oldest.
    cause = failed[-1] if failed else events[0]
    return (
        f"ResourceLogicalId:{cause['LogicalResourceId']}, ResourceType:{cause['ResourceType']}, "
        f"ResourceStatusReason:{cause.get('ResourceStatusReason', cause['ResourceStatus'])}"
    )
