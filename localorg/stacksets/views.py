"""The actions that show stack sets, their instances and operations."""

import base64
from typing import Any

from ministack.core.responses import get_region

from localorg import organization
from localorg.seed import MANAGEMENT
from localorg.stacksets.model import Instance, Operation, StackSet
from localorg.stacksets.registry import SETS, find
from localorg.stacksets.wire import StackSetError

Given = dict[str, Any]
PAGE = 100
NEVER_CHECKED = "NOT_CHECKED"


def page(key: str, entries: list[Given], given: Given) -> Given:
    """One page of `entries` under `key`, with the NextToken of the following one."""
    try:
        start = int(base64.b64decode(given.get("NextToken") or "MA=="))
    except ValueError:
        raise StackSetError("ValidationError", "Invalid NextToken") from None
    size = given.get("MaxResults", PAGE)
    if not 1 <= size <= PAGE:
        raise StackSetError("ValidationError", f"Value '{size}' at 'maxResults' must be between 1 and {PAGE}")
    end = start + size
    token = base64.b64encode(str(end).encode()).decode() if end < len(entries) else None
    return {key: entries[start:end], "NextToken": token}


def _pairs(values: dict[str, str]) -> list[Given]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def describe_stack_set(given: Given) -> Given:
    """One stack set."""
    one = find(given.get("StackSetName", ""))
    partition = organization.PARTITION
    details = {
        "Description": one.description,
        "TemplateBody": one.template,
        "Parameters": _pairs(one.parameters),
        "Capabilities": one.capabilities,
        "Tags": [{"Key": key, "Value": value} for key, value in one.tags.items()],
        "StackSetARN": f"arn:{partition}:cloudformation:{get_region()}:{MANAGEMENT}:stackset/{one.id}",
        "OrganizationalUnitIds": one.ous,
        "Regions": one.regions,
    }
    return {"StackSet": _head(one) | details}


def _head(one: StackSet) -> Given:
    return {
        "StackSetName": one.name,
        "StackSetId": one.id,
        "Status": one.status,
        "AutoDeployment": one.auto,
        "PermissionModel": "SERVICE_MANAGED",
        "ManagedExecution": {"Active": one.managed},
    }


def list_stack_sets(given: Given) -> Given:
    """Every stack set, in the order of their names."""
    wanted = given.get("Status", "ACTIVE")
    found = [_head(one) | {"Description": one.description} for _name, one in sorted(SETS.items())]
    return page("Summaries", [one for one in found if one["Status"] == wanted], given)


def _instance(one: StackSet, instance: Instance) -> Given:
    return {
        "StackSetId": one.id,
        "Region": instance.region,
        "Account": instance.account,
        "StackId": instance.stack_id or None,
        "Status": instance.status,
        "StatusReason": instance.reason or None,
        "StackInstanceStatus": {"DetailedStatus": instance.detailed},
        "OrganizationalUnitId": instance.target,
        "DriftStatus": NEVER_CHECKED,
        "LastOperationId": instance.operation,
    }


def list_stack_instances(given: Given) -> Given:
    """The instances, of one account, Region, detailed status, last operation or drift status if asked."""
    one = find(given.get("StackSetName", ""))
    filters = _filters(given, "DETAILED_STATUS", "LAST_OPERATION_ID", "DRIFT_STATUS")

    def is_wanted(instance: Instance) -> bool:
        return bool(
            given.get("StackInstanceAccount", instance.account) == instance.account
            and given.get("StackInstanceRegion", instance.region) == instance.region
            and filters.get("DETAILED_STATUS", instance.detailed) == instance.detailed
            and filters.get("LAST_OPERATION_ID", instance.operation) == instance.operation
            and filters.get("DRIFT_STATUS", NEVER_CHECKED) == NEVER_CHECKED
        )

    found = [instance for _place, instance in sorted(one.instances.items()) if is_wanted(instance)]
    return page("Summaries", [_instance(one, instance) for instance in found], given)


def _filters(given: Given, *known: str) -> dict[str, str]:
    """The filters' values by name; each has one value, although the API calls it Values."""
    filters = {entry.get("Name", ""): entry.get("Values", "") for entry in given.get("Filters", [])}
    for name in set(filters) - set(known):
        raise StackSetError("ValidationError", f"Filter {name} is not one of {', '.join(known)}")
    return filters


def describe_stack_instance(given: Given) -> Given:
    """One instance with its parameter overrides."""
    one = find(given.get("StackSetName", ""))
    place = (given.get("StackInstanceAccount", ""), given.get("StackInstanceRegion", ""))
    instance = one.instances.get(place)
    if instance is None:
        raise StackSetError("StackInstanceNotFoundException", f"Stack instance not found for {place}")
    return {"StackInstance": _instance(one, instance) | {"ParameterOverrides": _pairs(instance.overrides)}}


def _operation(operation: Operation) -> Given:
    return {
        "OperationId": operation.id,
        "Action": operation.action,
        "Status": operation.status,
        "CreationTimestamp": operation.created,
        "EndTimestamp": operation.ended,
        "OperationPreferences": operation.preferences,
        "StatusDetails": {"FailedStackInstancesCount": operation.failures},
    }


def _find_operation(given: Given) -> tuple[StackSet, Operation]:
    one = find(given.get("StackSetName", ""))
    operation = one.operations.get(given.get("OperationId", ""))
    if operation is None:
        raise StackSetError("OperationNotFoundException", f"Operation {given.get('OperationId')} not found")
    return one, operation


def describe_operation(given: Given) -> Given:
    """One operation."""
    one, operation = _find_operation(given)
    more = {"StackSetId": one.id, "RetainStacks": operation.retain, "DeploymentTargets": operation.targets}
    return {"StackSetOperation": _operation(operation) | more}


def list_operations(given: Given) -> Given:
    """The operations of a stack set, the newest first."""
    one = find(given.get("StackSetName", ""))
    return page("Summaries", [_operation(operation) for operation in reversed(one.operations.values())], given)


def list_operation_results(given: Given) -> Given:
    """What an operation did, by account and Region."""
    _one, operation = _find_operation(given)
    wanted = _filters(given, "OPERATION_RESULT_STATUS").get("OPERATION_RESULT_STATUS")
    found = [
        {
            "Account": account,
            "Region": region,
            "Status": result.status,
            "StatusReason": result.reason or None,
            "OrganizationalUnitId": result.ou,
        }
        for (account, region), result in sorted(operation.results.items())
        if wanted in (None, result.status)
    ]
    return page("Summaries", found, given)


def list_auto_deployment_targets(given: Given) -> Given:
    """The OUs and Regions that accounts get the stack set in when they join."""
    one = find(given.get("StackSetName", ""))
    found = [{"OrganizationalUnitId": ou, "Regions": one.regions} for ou in one.ous if one.auto.get("Enabled")]
    return page("Summaries", found, given)
