"""The actions that change stack sets and their instances."""

import re
import uuid
from dataclasses import replace
from functools import partial
from typing import Any

from localorg.stacksets import definition, operations, preferences, targets
from localorg.stacksets.instances import add
from localorg.stacksets.model import Operation, Place, StackSet
from localorg.stacksets.registry import SETS, find
from localorg.stacksets.wire import StackSetError

Given = dict[str, Any]
NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")


def create_stack_set(given: Given) -> Given:
    """Define a stack set; nothing is deployed yet."""
    name = str(given.get("StackSetName", ""))
    if not NAME.fullmatch(name):
        message = f"1 validation error detected: Value '{name}' at 'stackSetName' failed to satisfy constraint"
        raise StackSetError("ValidationError", message)
    if given.get("PermissionModel") != "SERVICE_MANAGED":
        raise StackSetError("ValidationError", "The local organization has SERVICE_MANAGED stack sets only")
    if name in SETS:
        raise StackSetError("NameAlreadyExistsException", f"StackSet {name} already exists")
    if "AutoDeployment" not in given:
        raise StackSetError("ValidationError", "AutoDeployment is required for SERVICE_MANAGED stack sets")
    one = StackSet(
        name=name,
        template=definition.template_of(given),
        parameters=definition.parameters(given.get("Parameters", []), {}),
        capabilities=given.get("Capabilities", []),
        tags=definition.tags(given.get("Tags", [])),
        description=given.get("Description", ""),
        auto=_auto(given["AutoDeployment"]),
        managed=_managed(given),
    )
    definition.check(one)
    SETS[name] = one
    return {"StackSetId": one.id}


def _auto(given: Given) -> Given:
    if given.get("Enabled") and "RetainStacksOnAccountRemoval" not in given:
        message = "RetainStacksOnAccountRemoval is required when automatic deployment is enabled"
        raise StackSetError("ValidationError", message)
    return given


def _managed(given: Given) -> bool:
    return bool((given.get("ManagedExecution") or {}).get("Active"))


def update_stack_set(given: Given) -> Given:
    """Change a stack set and bring its instances (or those of the targets) up to date."""
    one = find(given.get("StackSetName", ""))
    if "AutoDeployment" in given and "DeploymentTargets" in given:
        message = "AutoDeployment cannot be changed together with DeploymentTargets or Regions"
        raise StackSetError("ValidationError", message)
    changed = _changed(one, given)
    definition.check(changed)
    chosen, places = None, sorted(one.instances)
    if "DeploymentTargets" in given:
        chosen = targets.check_known(one, given, given.get("Regions", []))
        places = targets.existing(one, chosen, given["Regions"])
    operation = _operation(given, "UPDATE", places, chosen)
    operations.admit(one, operation.id)
    if changed.managed != one.managed:
        operations.refuse_while_busy(one)
    _redefine(one, changed)
    # A deletion that failed excludes an instance from further updates (StackInstance API, Status).
    places = [place for place in places if one.instances[place].status != "INOPERABLE"]
    return {"OperationId": operations.start(one, operation, places, operations.deploy)}


def _redefine(one: StackSet, changed: StackSet) -> None:
    """Take the changes over; those that instances are made from outdate all of them, also outside the targets."""
    if changed.definition != one.definition:
        for instance in one.instances.values():
            if instance.status == "CURRENT":
                instance.status = "OUTDATED"
    one.__dict__.update(changed.__dict__)


def _changed(one: StackSet, given: Given) -> StackSet:
    keeps = given.get("UsePreviousTemplate", False)
    if keeps and (given.get("TemplateBody") or given.get("TemplateURL")):
        raise StackSetError("ValidationError", "UsePreviousTemplate excludes a new template")
    return replace(
        one,
        template=one.template if keeps else definition.template_of(given),
        parameters=definition.parameters(given.get("Parameters", []), one.parameters),
        capabilities=given.get("Capabilities", []),
        tags=definition.tags(given["Tags"]) if "Tags" in given else one.tags,
        description=given.get("Description", one.description),
        auto=_auto(given["AutoDeployment"]) if "AutoDeployment" in given else one.auto,
        managed=_managed(given) if "ManagedExecution" in given else one.managed,
    )


def delete_stack_set(given: Given) -> Given:
    """Delete a stack set that has no instances left."""
    one = find(given.get("StackSetName", ""))
    if one.instances:
        raise StackSetError("StackSetNotEmptyException", "StackSet is not empty")
    operations.refuse_while_busy(one)
    del SETS[one.name]
    return {}


def create_stack_instances(given: Given) -> Given:
    """Deploy to the accounts of OUs, and remember the OUs for automatic deployment."""
    one, regions = find(given.get("StackSetName", "")), given.get("Regions", [])
    chosen = targets.check_new(given, regions)
    overrides, ous = _overrides(one, given), chosen["OrganizationalUnitIds"]
    places = targets.places(chosen, regions)
    made = partial(add, one, places, ous, overrides)
    operation = replace(_operation(given, "CREATE", places, chosen), prepare=made)
    operations.admit(one, operation.id)
    if chosen.get("AccountFilterType") != "INTERSECTION":
        one.ous = list(dict.fromkeys([*one.ous, *ous]))
    one.regions = list(dict.fromkeys([*one.regions, *regions]))
    return {"OperationId": operations.start(one, operation, places, operations.deploy)}


def update_stack_instances(given: Given) -> Given:
    """Deploy again to existing instances, with other parameter overrides."""
    one, regions = find(given.get("StackSetName", "")), given.get("Regions", [])
    chosen = targets.check_known(one, given, regions)
    places = targets.existing(one, chosen, regions)
    if not places:
        raise StackSetError("StackInstanceNotFoundException", "There are no stack instances in the targets")
    overrides, operation = _overrides(one, given), _operation(given, "UPDATE", places, chosen)
    operations.admit(one, operation.id)
    for place in places:
        one.instances[place].overrides = overrides
    return {"OperationId": operations.start(one, operation, places, operations.deploy)}


def delete_stack_instances(given: Given) -> Given:
    """Withdraw from the accounts of OUs; RetainStacks leaves their stacks behind."""
    one, regions = find(given.get("StackSetName", "")), given.get("Regions", [])
    chosen = targets.check_known(one, given, regions)
    if "RetainStacks" not in given:
        raise StackSetError("ValidationError", "RetainStacks is required")
    places = targets.existing(one, chosen, regions)
    operation = replace(_operation(given, "DELETE", places, chosen), retain=given["RetainStacks"])
    work = operations.release if given["RetainStacks"] else operations.withdraw
    operations.admit(one, operation.id)
    # Some accounts of an OU are withdrawn without giving up the OU.
    if set(one.regions) <= set(regions) and chosen.get("AccountFilterType", "NONE") == "NONE":
        one.ous = [ou for ou in one.ous if ou not in chosen["OrganizationalUnitIds"]]
    return {"OperationId": operations.start(one, operation, places, work)}


def _overrides(one: StackSet, given: Given) -> dict[str, str]:
    overrides = definition.parameters(given.get("ParameterOverrides", []), {})
    definition.check_parameters(definition.parsed(one.template), one.parameters | overrides)
    return overrides


def _operation(given: Given, action: str, places: list[Place], chosen: Given | None) -> Operation:
    wanted = given.get("OperationPreferences", {})
    preferences.check(wanted, given.get("Regions") or sorted({region for _account, region in places}))
    return Operation(given.get("OperationId") or str(uuid.uuid4()), action, "RUNNING", wanted, chosen)


def stop_operation(given: Given) -> Given:
    """Let an operation end after what it is at."""
    one = find(given.get("StackSetName", ""))
    operation = one.operations.get(given.get("OperationId", ""))
    if operation is None:
        raise StackSetError("OperationNotFoundException", f"Operation {given.get('OperationId')} not found")
    if not operation.is_active:
        raise StackSetError("InvalidOperationException", f"Operation {operation.id} is not in progress")
    operation.status = "STOPPING"
    return {}
