"""EventBridge as AWS has it: buses across accounts and Regions, permissions, dead letters, CloudTrail's states."""

from ministack.services import eventbridge

from localorg import patches
from localorg.eventbus import bus_policies, delivery, entries


def install() -> None:
    """Replace MiniStack's dispatch of events, its PutEvents and its bus policies."""
    patches.replace(eventbridge, "_dispatch_event", delivery.dispatch, 'rule.get("State") != "ENABLED"')
    patches.replace(eventbridge, "_invoke_target", delivery.invoke, "_target_matches_request_scope(spec)")
    patches.replace(eventbridge, "_put_events", entries.put_events, "allow_aws_source", "_archive_event(event_record")
    patches.replace(eventbridge, "_put_permission", bus_policies.put_permission, '"Sid": statement_id')
    patches.require(eventbridge, "handle_request", '"PutPermission": _put_permission', '"PutEvents": _put_events')
    patches.require(eventbridge, "_start_replay", 'replayed["ReplayName"] = name', "_dispatch_event(replayed)")
    patches.require(eventbridge, "_tick_scheduled_rules", "_invoke_target(target, event, rule, view)")
