"""EventBridge Scheduler: a schedule reaches its target under its own role, without a permission at the target."""

import logging
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, scheduler

from localorg.eventbus import delivery
from localorg.eventbus.dead_letters import send
from localorg.eventbus.handover import HANDOVERS, hand_over
from localorg.eventbus.permissions import UndeliverableError, assume

Record = dict[str, Any]
SCHEDULER = "scheduler.amazonaws.com"
# What the schedule's role must allow, by the target's service.
ACTIONS = {
    "events": "events:PutEvents",
    "lambda": "lambda:InvokeFunction",
    "sns": "sns:Publish",
    "sqs": "sqs:SendMessage",
    "states": "states:StartExecution",
}
log = logging.getLogger("localorg.eventbus")


def invoke(target: Record, event: Record, source: Record, view: Any = None) -> None:
    """What MiniStack calls for every target: a rule's or, told by the event's source, a schedule's."""
    if event["Source"] == "aws.scheduler":
        fire(target, event, source)
    else:
        delivery.invoke(target, event, source, view)


def fire(target: Record, event: Record, schedule: Record) -> None:
    """Call a schedule's target; what fails goes to the target's dead-letter queue."""
    view = eventbridge._pattern_event_view(event)
    body = delivery.payload(target, schedule, view)
    try:
        _call(target, event, schedule, body)
    except UndeliverableError as error:
        log.warning("schedule %s -> %s failed: %s %s", schedule["Arn"], target["Arn"], error.code, error)
        _dead_letter(target, schedule, body, error)


def _call(target: Record, event: Record, schedule: Record, body: str) -> None:
    spec = parse_arn(target["Arn"])
    if spec.service not in ACTIONS:
        raise UndeliverableError("INVALID_PARAMETER", f"the local organization does not schedule {spec}")
    principal = assume(target.get("RoleArn", ""), ACTIONS[spec.service], str(spec), _source(schedule), SCHEDULER)
    if spec.service in HANDOVERS:
        hand_over(spec, body, target)
        return
    wanted = target.get("EventBridgeParameters") or {}
    put = {**event, "Source": wanted.get("Source", ""), "DetailType": wanted.get("DetailType", ""), "Detail": body}
    delivery.put_on(spec, put, principal, get_account_id())


def _source(schedule: Record) -> str:
    """The aws:SourceArn of a schedule's calls is its group.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    """
    return str(scheduler._group_arn(schedule.get("GroupName", "default")))


def _dead_letter(target: Record, schedule: Record, body: str, error: UndeliverableError) -> None:
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue:
        return
    try:
        assume(target.get("RoleArn", ""), ACTIONS["sqs"], queue, _source(schedule), SCHEDULER)
    except UndeliverableError as refused:
        log.warning("schedule %s lost an invocation in %s: %s", schedule["Arn"], get_region(), refused)
        return
    # https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
    attributes = {"SCHEDULE_ARN": schedule["Arn"], "TARGET_ARN": target["Arn"], "ERROR_CODE": error.code}
    send(queue, body, attributes | {"ERROR_MESSAGE": str(error)})
