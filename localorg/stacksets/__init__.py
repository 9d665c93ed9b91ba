"""CloudFormation StackSets, service-managed, as AWS has them."""

from ministack.services import cloudformation

from localorg import organization, patches
from localorg.stacksets import api, automatic
from localorg.stacksets.registry import SETS


def install() -> None:
    """Add the StackSets actions to MiniStack's CloudFormation and follow the organization's accounts."""
    patches.require(cloudformation, "handle_request", "_ACTION_HANDLERS.get(action)", "return handler(params)")
    cloudformation._ACTION_HANDLERS.update(api.actions())
    organization.OBSERVERS.append(automatic.reconcile)


def running_operations() -> int:
    """How many operations of all stack sets are queued or at work."""
    return sum(operation.is_active for one in SETS.values() for operation in one.operations.values())
