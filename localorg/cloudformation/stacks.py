"""Stacks show what happens to them at once."""

from collections.abc import Callable
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation.helpers import _p

Action = Callable[[dict[str, Any]], Any]


def deleting(delete: Action) -> Action:
    """DeleteStack that leaves the stack in DELETE_IN_PROGRESS; MiniStack's shows the old state until its task runs."""

    def delete_stack(params: dict[str, Any]) -> Any:
        response = delete(params)
        reference = _p(params, "StackName")
        for name, stack in cloudformation._stacks.items():
            is_meant = reference in (name, stack["StackId"]) and stack["StackStatus"] != "DELETE_COMPLETE"
            if is_meant and response[0] == 200:
                stack["StackStatus"] = "DELETE_IN_PROGRESS"
        return response

    return delete_stack
