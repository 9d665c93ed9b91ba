"""From an event on a bus to its targets."""

import json
import logging
from collections.abc import Callable
from typing import Any

from ministack.core.arn import Arn, ArnParseError, parse_arn
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import eventbridge

from localorg.eventbus import bus_policies, states
from localorg.eventbus.dead_letters import dead_letter
from localorg.eventbus.handover import hand_over
from localorg.eventbus.permissions import UndeliverableError, assume, check_resource_policy

Record = dict[str, Any]
log = logging.getLogger("localorg.eventbus")

# Set on an event that came from another bus: it does not travel any further.
FORWARDED = "_Forwarded"


def dispatch(event: Record, view: Any = None) -> None:
    """Give an event to every rule of its bus that is on, gets such events and matches."""
    view = view or eventbridge._pattern_event_view(event)
    for key, rule in eventbridge._rules.items():
        if rule.get("EventBusName", "default") == event["EventBusName"] and _fires(rule, event, view):
            for target in list(eventbridge._targets.get(key, [])):
                invoke(target, event, rule, view)


def _fires(rule: Record, event: Record, view: Any) -> bool:
    if not rule.get("EventPattern") or not states.receives(rule.get("State", ""), view.event_with_detail()):
        return False
    if not _in_replay(rule, event):
        return False
    return bool(eventbridge._matches_pattern_view(rule["EventPattern"], view, f"rule {rule['Name']}"))


def _in_replay(rule: Record, event: Record) -> bool:
    """A replayed event reaches only the rules that the replay names, if it names any."""
    replay = eventbridge._replays.get(event.get("ReplayName")) or {}
    limited = (replay.get("Destination") or {}).get("FilterArns")
    return not limited or rule["Arn"] in limited


def invoke(target: Record, event: Record, rule: Record, view: Any = None) -> None:
    """Deliver an event to one target; what cannot be delivered goes to the target's dead-letter queue."""
    view = view or eventbridge._pattern_event_view(event)
    try:
        _deliver(target, event, rule, payload(target, rule, view))
    except UndeliverableError as error:
        dead_letter(target, rule, json.dumps(view.event_with_detail()), error)


def payload(target: Record, rule: Record, view: Any) -> str:
    """What the target receives: the event, or what its Input, InputPath or InputTransformer makes of it."""
    event = view.event_with_detail()
    if target.get("InputTransformer"):
        return str(eventbridge._apply_input_transformer(target["InputTransformer"], rule, view))
    if target.get("Input"):
        return str(target["Input"])
    for part in str(target.get("InputPath", "")).strip("$.").split("."):
        if part and isinstance(event, dict):
            event = event.get(part)
    return json.dumps(event)


def _deliver(target: Record, event: Record, rule: Record, body: str) -> None:
    try:
        spec = parse_arn(target.get("Arn", ""))
    except ArnParseError as error:
        raise UndeliverableError("INVALID_PARAMETER", str(error)) from error
    if spec.service == "events" and spec.resource.startswith("api-destination/"):
        eventbridge._dispatch_to_api_destination(spec, body, target)
    elif spec.service == "events":
        _forward(spec, event, rule, target)
    elif spec.service in DELIVERIES:
        if (spec.account_id, spec.region) != (get_account_id(), get_region()):
            raise UndeliverableError("INVALID_PARAMETER", f"{spec} is not in the rule's account and Region")
        DELIVERIES[spec.service](spec, body, rule, target)
    else:
        log.warning("the local organization does not deliver events to %s", spec)


def _forward(spec: Arn, event: Record, rule: Record, target: Record) -> None:
    """Put the event on another bus as it is; its account, Region, id and time stay the source's."""
    here = (get_account_id(), get_region())
    if event.get(FORWARDED):
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-bus-to-bus.html: one hop only.
        raise UndeliverableError("THIRD_ACCOUNT_HOP_DETECTED", "the event came from another bus already")
    principal = ""
    if target.get("RoleArn") or here != (spec.account_id, spec.region):
        principal = assume(target.get("RoleArn", ""), "events:PutEvents", str(spec), rule["Arn"])
    put_on(spec, {**event, FORWARDED: True}, principal, here[0])


def put_on(spec: Arn, event: Record, principal: str, account: str) -> None:
    """Put an event of `account` on a bus anywhere; UndeliverableError if it is not there or refuses."""
    bus = spec.resource.removeprefix("event-bus/")
    with request_scope(spec.account_id, spec.region):
        eventbridge._ensure_default_bus()
        policy = eventbridge._event_bus_policies.get(bus)
        if spec.account_id != account and not bus_policies.allows(str(spec), policy, principal, account):
            raise UndeliverableError("NO_PERMISSIONS", f"{principal} may not perform events:PutEvents on {spec}")
        if bus not in eventbridge._event_buses:
            raise UndeliverableError("NO_RESOURCE", f"Event bus {spec} does not exist.")
        accept({**event, "EventBusName": bus})


def accept(event: Record) -> None:
    """Let the current account's bus archive an event and dispatch it."""
    view = eventbridge._pattern_event_view(event)
    dispatch(event, view)
    eventbridge._archive_event(event, view)


def _by_policy(spec: Arn, body: str, rule: Record, target: Record) -> None:
    check_resource_policy(spec, rule["Arn"])
    hand_over(spec, body, target)


def _by_role(spec: Arn, body: str, rule: Record, target: Record) -> None:
    assume(target.get("RoleArn") or rule.get("RoleArn", ""), "states:StartExecution", str(spec), rule["Arn"])
    hand_over(spec, body, target)


DELIVERIES: dict[str, Callable[[Arn, str, Record, Record], None]] = {
    "lambda": _by_policy,
    "sns": _by_policy,
    "sqs": _by_policy,
    "states": _by_role,
}
