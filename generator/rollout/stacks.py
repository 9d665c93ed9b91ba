"""Ordinary stacks, created and updated by change sets, and removed."""

import json
import time
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

from generator.rollout.step import RolloutError, Step

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import WaiterConfigTypeDef

WAIT: "WaiterConfigTypeDef" = {"Delay": 1, "MaxAttempts": 3600}
_UNCHANGED = ("didn't contain changes", "No updates are to be performed")
# No stack, one whose change set was never executed, and one whose creation failed and left nothing.
ABSENT = {None, "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"}
_LONGEST_SECONDS = 3600.0


def deploy_stack(cloudformation: "CloudFormationClient", name: str, template: Mapping[str, Any]) -> Step:
    """Create or update a stack; `RolloutError` says why it cannot be.

    `template` is `{"TemplateBody": text}` or, above 51,200 bytes, `{"TemplateURL": address}`, and its
    `Parameters` where it has any. What an earlier run left
    half done is waited for; a stack whose creation failed holds nothing and is made anew.
    """
    status = settled_status(cloudformation, name)
    if status == "ROLLBACK_COMPLETE":
        delete_stack(cloudformation, name)
        status = None
    _check(name, status)
    is_new = status in ABSENT
    change_set = f"muster-{uuid.uuid4()}"
    cloudformation.create_change_set(
        StackName=name,
        ChangeSetName=change_set,
        ChangeSetType="CREATE" if is_new else "UPDATE",
        Capabilities=["CAPABILITY_NAMED_IAM"],
        **template,
    )
    if not would_change(cloudformation, name, change_set):
        return Step(f"stack {name}", "unchanged")
    cloudformation.execute_change_set(StackName=name, ChangeSetName=change_set)
    _wait(cloudformation, name, is_new=is_new)
    return Step(f"stack {name}", "created" if is_new else "updated")


def delete_stack(cloudformation: "CloudFormationClient", name: str) -> Step:
    """Delete a stack and wait for its end; `RolloutError` says what would not go."""
    if settled_status(cloudformation, name) is None:
        return Step(f"stack {name}", "absent")
    cloudformation.delete_stack(StackName=name)
    try:
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=WAIT)
    except WaiterError as error:
        raise RolloutError(f"stack {name}: {failure_reason(cloudformation, name)}") from error
    return Step(f"stack {name}", "removed")


def settled_status(cloudformation: "CloudFormationClient", name: str) -> str | None:
    """Return a stack's status once nothing works on it any more, None when there is no such stack."""
    end = time.monotonic() + _LONGEST_SECONDS
    while (status := stack_status(cloudformation, name)) not in ABSENT and str(status).endswith("_IN_PROGRESS"):
        if time.monotonic() > end:
            raise RolloutError(f"stack {name} is {status} for an hour; look at it in the CloudFormation console")
        time.sleep(1)
    return status


def stack_status(cloudformation: "CloudFormationClient", name: str) -> str | None:
    """Return a stack's status, None when there is no such stack."""
    try:
        return cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def stack_output(cloudformation: "CloudFormationClient", name: str, output: str) -> str:
    """Return the value of a stack's output, empty when there is no such stack or output."""
    if stack_status(cloudformation, name) is None:
        return ""
    outputs = cloudformation.describe_stacks(StackName=name)["Stacks"][0].get("Outputs", [])
    return next((one["OutputValue"] for one in outputs if one["OutputKey"] == output), "")


def template_of(cloudformation: "CloudFormationClient", name: str) -> dict[str, Any]:
    """Return the template of a stack: CloudFormation's API gives it as text, boto3 as read where it can."""
    body: Any = cloudformation.get_template(StackName=name)["TemplateBody"]
    return dict(json.loads(body) if isinstance(body, str) else body)


def failure_reason(cloudformation: "CloudFormationClient", name: str) -> str:
    """Return which resources failed and why, the first failure first."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
    failed = [
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        for page in pages
        for event in page["StackEvents"]
        if event["ResourceStatus"].endswith("FAILED") and "cancelled" not in event.get("ResourceStatusReason", "")
    ]
    if any("DescribeEvents" in one for one in failed):
        failed = _refused(cloudformation, name) or failed
    return "; ".join(reversed(failed)) or "no failed resource is recorded"


def _refused(cloudformation: "CloudFormationClient", name: str) -> list[str]:
    """Return what CloudFormation's validation refused before it began: the stack's own events only count it."""
    pages = cloudformation.get_paginator("describe_events").paginate(StackName=name, Filters={"FailedEvents": True})
    return [
        f"{event.get('LogicalResourceId', '')}: {event['ValidationStatusReason']}"
        for page in pages
        for event in page["OperationEvents"]
        if event.get("ValidationStatusReason")
    ]


def would_change(cloudformation: "CloudFormationClient", name: str, change_set: str) -> bool:
    """Wait for a change set and return whether it would change anything; one that would not is removed."""
    try:
        cloudformation.get_waiter("change_set_create_complete").wait(
            StackName=name, ChangeSetName=change_set, WaiterConfig=WAIT
        )
    except WaiterError as error:
        made = cloudformation.describe_change_set(StackName=name, ChangeSetName=change_set)
        reason = made.get("StatusReason", "")
        cloudformation.delete_change_set(StackName=name, ChangeSetName=change_set)
        if any(text in reason for text in _UNCHANGED):
            return False
        raise RolloutError(f"change set of stack {name}: {reason or error}") from error
    return True


def _check(name: str, status: str | None) -> None:
    """Raise for what only a person may decide: a stack that CloudFormation itself could not bring back."""
    if status and status.endswith("_FAILED"):
        raise RolloutError(
            f"stack {name} is {status}; in the CloudFormation console, continue its rollback or delete it, then deploy "
            "again"
        )


def _wait(cloudformation: "CloudFormationClient", name: str, *, is_new: bool) -> None:
    try:
        if is_new:
            cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=WAIT)
        else:
            cloudformation.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig=WAIT)
    except WaiterError as error:
        raise RolloutError(f"stack {name}: {failure_reason(cloudformation, name)}") from error
