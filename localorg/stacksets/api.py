"""The table of StackSets actions."""

from collections.abc import Callable
from typing import Any

from localorg.answers import Response
from localorg.stacksets import access, changes, trust, views, wire

Action = Callable[[dict[str, Any]], dict[str, Any]]

ACTIONS: dict[str, Action] = {
    "CreateStackInstances": changes.create_stack_instances,
    "CreateStackSet": changes.create_stack_set,
    "DeleteStackInstances": changes.delete_stack_instances,
    "DeleteStackSet": changes.delete_stack_set,
    "DescribeStackInstance": views.describe_stack_instance,
    "DescribeStackSet": views.describe_stack_set,
    "DescribeStackSetOperation": views.describe_operation,
    "ListStackInstances": views.list_stack_instances,
    "ListStackSetAutoDeploymentTargets": views.list_auto_deployment_targets,
    "ListStackSetOperationResults": views.list_operation_results,
    "ListStackSetOperations": views.list_operations,
    "ListStackSets": views.list_stack_sets,
    "StopStackSetOperation": changes.stop_operation,
    "UpdateStackInstances": changes.update_stack_instances,
    "UpdateStackSet": changes.update_stack_set,
}
# What turns StackSets' access to the organization on in the first place; each says itself who may.
TRUST: dict[str, Action] = {
    "ActivateOrganizationsAccess": trust.activate,
    "DeactivateOrganizationsAccess": trust.deactivate,
    "DescribeOrganizationsAccess": trust.describe,
}


def actions() -> dict[str, Callable[[wire.Params], Response]]:
    """The actions in MiniStack's form: Query parameters in, a response out."""
    checked = {name: _answering(name, _checked(action)) for name, action in ACTIONS.items()}
    return checked | {name: _answering(name, action) for name, action in TRUST.items()}


def _checked(action: Action) -> Action:
    def call(given: dict[str, Any]) -> dict[str, Any]:
        access.check(given)
        return action(given)

    return call


def _answering(name: str, action: Action) -> Callable[[wire.Params], Response]:
    def answer(params: wire.Params) -> Response:
        try:
            return wire.response(name, action(wire.request(name, params)))
        except wire.StackSetError as error:
            return wire.refusal(name, error)

    return answer
