"""CloudFormation: resource types that MiniStack lacks, and stacks that refuse what AWS refuses."""

from ministack.services import cloudformation
from ministack.services.cloudformation import engine, provisioners

from localorg import patches
from localorg.cloudformation import declared, event_types, stacks


def install() -> None:
    """Register the missing types and put our checks before MiniStack's handlers."""
    patches.require(provisioners, "_provision_resource", 'handler["create"](logical_id, props, stack_name)')
    patches.require(engine, "validate_template_support", "rtype in _RESOURCE_HANDLERS")
    handlers = provisioners._RESOURCE_HANDLERS
    handlers.update(event_types.handlers(handlers["AWS::Events::Rule"]))
    handlers.update({name: declared.handler(name) for name in declared.DECLARED if name not in handlers})
    actions = cloudformation._ACTION_HANDLERS
    actions["DeleteStack"] = stacks.deleting(actions["DeleteStack"])
