"""EventBridge's resource types: bus policies and archives for real, rules as strict as PutRule and PutTargets."""

import json
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import eventbridge

from localorg.cloudformation.answers import ResourceError, checked
from localorg.eventbus import bus_policies

Properties = dict[str, Any]
Made = tuple[str, dict[str, str]]


def _bus(properties: Properties) -> str:
    name, error = eventbridge._event_bus_name_from_ref(properties.get("EventBusName") or "default")
    eventbridge._ensure_default_bus()
    if error or name not in eventbridge._event_buses:
        raise ResourceError(f"Event bus {properties.get('EventBusName')} does not exist.")
    return str(name)


def create_bus_policy(_logical_id: str, properties: Properties, _stack: str) -> Made:
    """One statement of a bus's policy, in the short or the full form."""
    bus, sid = _bus(properties), properties["StatementId"]
    full = properties.get("Statement")
    if isinstance(full, str):
        full = json.loads(full)
    made = full or bus_policies.statement(sid, properties, bus_policies.bus_arn(bus))
    bus_policies.put_statement(bus, {**made, "Sid": sid})
    return f"{bus}|{sid}", {}


def update_bus_policy(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    """Replace the statement."""
    if (old.get("EventBusName"), old["StatementId"]) != (new.get("EventBusName"), new["StatementId"]):
        delete_bus_policy(physical_id, old)
    return create_bus_policy("", new, stack)


def delete_bus_policy(physical_id: str, _properties: Properties) -> None:
    """Remove the statement."""
    bus, _bar, sid = physical_id.partition("|")
    checked(eventbridge._remove_permission({"EventBusName": bus, "StatementId": sid}))


def create_archive(logical_id: str, properties: Properties, stack: str) -> Made:
    """An archive of a bus."""
    name = properties.get("ArchiveName") or f"{stack}-{logical_id}"[:48]
    answer = checked(eventbridge._create_archive({"ArchiveName": name, **_archive(properties)}))
    return name, {"Arn": answer["ArchiveArn"]}


def _archive(properties: Properties) -> Properties:
    names = ("Description", "RetentionDays", "KmsKeyIdentifier")
    given = {key: properties[key] for key in names if key in properties}
    pattern = {"EventPattern": json.dumps(properties["EventPattern"])} if properties.get("EventPattern") else {}
    return {**given, **pattern, "EventSourceArn": properties.get("SourceArn", "")}


def update_archive(physical_id: str, _old: Properties, new: Properties, _stack: str) -> Made:
    """Change an archive."""
    answer = checked(eventbridge._update_archive({"ArchiveName": physical_id, **_archive(new)}))
    return physical_id, {"Arn": answer["ArchiveArn"]}


def delete_archive(physical_id: str, _properties: Properties) -> None:
    """Delete an archive with its events."""
    checked(eventbridge._delete_archive({"ArchiveName": physical_id}))


def handlers(rule: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The types by name; `rule` is MiniStack's own handler of rules, which checks too little when it creates."""

    def create_rule(logical_id: str, properties: Properties, stack: str) -> Made:
        _check_rule(properties)
        made: Made = rule["create"](logical_id, properties, stack)
        return made

    return {
        "AWS::Events::Archive": {"create": create_archive, "update": update_archive, "delete": delete_archive},
        "AWS::Events::EventBusPolicy": {
            "create": create_bus_policy,
            "update": update_bus_policy,
            "delete": delete_bus_policy,
        },
        "AWS::Events::Rule": {**rule, "create": create_rule},
    }


def _check_rule(properties: Properties) -> None:
    _bus(properties)
    pattern = properties.get("EventPattern")
    # CloudFormation writes an object without white space.
    text = json.dumps(pattern, separators=(",", ":")) if isinstance(pattern, dict) else pattern or ""
    # Quota: 2,048 characters unless raised (the API itself takes 4,096).
    problem = "it has more than 2048 characters" if len(text) > 2_048 else eventbridge._event_pattern_error(text)
    if problem:
        raise ResourceError(f"Event pattern is not valid. Reason: {problem}")
    schedule = properties.get("ScheduleExpression")
    if schedule and not eventbridge._validate_schedule_expression(schedule):
        raise ResourceError("Parameter ScheduleExpression is not valid.")
    if not pattern and not schedule:
        raise ResourceError(f"A rule of {get_account_id()} needs an EventPattern or a ScheduleExpression.")
    targets = properties.get("Targets") or []
    if len(targets) > 5:
        raise ResourceError("The requested resource exceeds the maximum number allowed: 5 targets per rule.")
    for target in targets:
        refused = eventbridge._validate_target_arn(target)
        if refused:
            checked(refused)
