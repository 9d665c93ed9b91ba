"""EventBridge as AWS has it: buses across accounts and Regions, permissions, dead letters, CloudTrail's states."""

from ministack.services import eventbridge, scheduler

from localorg import patches
from localorg.eventbus import bus_policies, delivery, entries, replays, schedules


def install() -> None:
    """Replace MiniStack's dispatch of events, its PutEvents, its bus policies and its replays."""
    patches.replace(eventbridge, "_dispatch_event", delivery.dispatch, 'rule.get("State") != "ENABLED"')
    patches.replace(eventbridge, "_invoke_target", schedules.invoke, "_target_matches_request_scope(spec)")
    patches.replace(eventbridge, "_put_events", entries.put_events, "allow_aws_source", "_archive_event(event_record")
    patches.replace(eventbridge, "_put_permission", bus_policies.put_permission, '"Sid": statement_id')
    patches.require(eventbridge, "handle_request", '"PutPermission": _put_permission', '"PutEvents": _put_events')
    patches.replace(eventbridge, "_start_replay", replays.start, 'replayed["ReplayName"] = name', '"STARTING"')
    patches.replace(eventbridge, "_cancel_replay", replays.cancel, '"CANCELLED"')
    patches.require(eventbridge, "handle_request", '"StartReplay": _start_replay', '"CancelReplay": _cancel_replay')
    patches.require(eventbridge, "_archive_event", 'archive.setdefault("Events", [])')
    patches.require(eventbridge, "_tick_scheduled_rules", "_invoke_target(target, event, rule, view)")
    patches.require(scheduler, "_tick_schedules", "_eb._invoke_target(target, event, sched)", '"aws.scheduler"')
    patches.require(scheduler, "_ticker_loop", "time.sleep(_SCHEDULE_TICK_INTERVAL)")
    # Seconds; MiniStack looks every ten, which makes a test of a schedule slow.
    scheduler._SCHEDULE_TICK_INTERVAL = 1
