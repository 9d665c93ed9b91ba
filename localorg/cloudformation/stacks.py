"""Stacks in the states in which AWS refuses to change them, and what shows at once of what happens to them."""

from collections.abc import Callable
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation.handlers import _resolve_stack
from ministack.services.cloudformation.helpers import _error, _p

from localorg import patches

Params = dict[str, Any]
Action = Callable[[Params], Any]
# Stacks in these states can only be deleted, or (UPDATE_ROLLBACK_FAILED) be helped out of them first.
STUCK = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED", "DELETE_FAILED")
REVIEWED = "REVIEW_IN_PROGRESS"


def install() -> None:
    """Put the checks before the actions that change stacks."""
    patches.require(cloudformation, "handle_request", "_ACTION_HANDLERS.get(action)", "return handler(params)")
    actions = cloudformation._ACTION_HANDLERS
    actions["CreateStack"] = _creating(actions["CreateStack"])
    actions["CreateChangeSet"] = _proposing(actions["CreateChangeSet"])
    actions["ExecuteChangeSet"] = _executing(actions["ExecuteChangeSet"])
    actions["DeleteStack"] = _deleting(actions["DeleteStack"])


def _state(reference: str) -> tuple[str, str]:
    """A stack's id and status; both empty if there is no stack that can be found by its name."""
    stack = _resolve_stack(reference)
    is_there = stack is not None and stack["StackStatus"] != "DELETE_COMPLETE"
    return (str(stack["StackId"]), str(stack["StackStatus"])) if is_there else ("", "")


def _is_closed(status: str) -> bool:
    return status in STUCK or (status.endswith("_IN_PROGRESS") and status != REVIEWED)


def _refused(stack_id: str, status: str) -> Any:
    return _error("ValidationError", f"Stack:{stack_id} is in {status} state and can not be updated.")


def _creating(create: Action) -> Action:
    """CreateStack, which takes a name only when it is free: MiniStack's replaces a stack that was rolled back."""

    def create_stack(params: Params) -> Any:
        name = _p(params, "StackName")
        if _state(name)[1] == "ROLLBACK_COMPLETE":
            return _error("AlreadyExistsException", f"Stack [{name}] already exists")
        return create(params)

    return create_stack


def _proposing(create: Action) -> Action:
    """CreateChangeSet, refused for stacks that are at work or that can only be deleted."""

    def create_change_set(params: Params) -> Any:
        name, change_set = _p(params, "StackName"), _p(params, "ChangeSetName")
        stack_id, status = _state(name)
        if _p(params, "ChangeSetType") == "CREATE" and status not in ("", REVIEWED):
            message = f"Stack [{name}] already exists and cannot be created again with the changeSet [{change_set}]."
            return _error("AlreadyExistsException", message)
        return _refused(stack_id, status) if _is_closed(status) else create(params)

    return create_change_set


def _executing(execute: Action) -> Action:
    """ExecuteChangeSet, refused while the stack is at work."""

    def execute_change_set(params: Params) -> Any:
        _arn, found = cloudformation.changesets._find_change_set(_p(params, "ChangeSetName"), _p(params, "StackName"))
        stack_id, status = _state(found["StackName"]) if found else ("", "")
        return _refused(stack_id, status) if _is_closed(status) else execute(params)

    return execute_change_set


def _deleting(delete: Action) -> Action:
    """DeleteStack that leaves the stack in DELETE_IN_PROGRESS; MiniStack's shows the old state until its task runs."""

    def delete_stack(params: Params) -> Any:
        response = delete(params)
        reference = _p(params, "StackName")
        for name, stack in cloudformation._stacks.items():
            is_meant = reference in (name, stack["StackId"]) and stack["StackStatus"] != "DELETE_COMPLETE"
            if is_meant and response[0] == 200:
                stack["StackStatus"] = "DELETE_IN_PROGRESS"
        return response

    return delete_stack
