"""Whether everything that was set in motion has come to rest, and what lies in dead-letter queues."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import cloudformation, dynamodb, eventbridge, lambda_svc, sqs, stepfunctions

from localorg import ec2_states, move_tasks, patches, stacksets
from localorg.eventbus import replays
from localorg.ssm import commands

# Threads that follow an asynchronous invocation carry this name; so long as one lives, its retries go on.
ASYNCHRONOUS = "lambda-async"
# Between two steps (a record read, a thread not yet started) nothing shows: rest must last this long, in seconds.
PAUSE = 0.15
# A message that was sent with a longer delay, in seconds, is a plan, and nothing that moves.
LATER = 20


def install() -> None:
    """Nothing is replaced here; what is read must be there."""
    patches.require(lambda_svc, "_dispatch_esm_batch", "_esm_inflight[esm_id]")
    patches.require(lambda_svc, "_iter_all_esms", "yield acct_id, region, esm")
    patches.require(lambda_svc, "_init_stream_position", "_dynamodb_stream_positions[esm_id]")


def report() -> dict[str, Any]:
    """What is pending and what is dead, per kind; settled if nothing was pending twice."""
    pending = measure()
    if not _anything(pending):
        time.sleep(PAUSE)
        pending = measure()
    return {"settled": not _anything(pending), "pending": pending, "dead_letters": dead_letters()}


def _anything(pending: dict[str, Any]) -> bool:
    return any(pending.values())


def measure() -> dict[str, Any]:
    """Counts of what is under way now."""
    return {
        "invocations": _invocations(),
        "messages": {arn: count for arn, count in _depths(_is_due).items() if arn in _mapped() - _dead_letter_arns()},
        "streams": sum(_unread()),
        "operations": stacksets.running_operations() + _stacks() + move_tasks.running() + replays.running(),
        "commands": commands.running() + ec2_states.under_way(),
        "executions": sum(run.get("status") == "RUNNING" for run in _values(stepfunctions._executions)),
    }


def _invocations() -> int:
    following = sum(thread.name == ASYNCHRONOUS for thread in threading.enumerate())
    return following + sum(int(count) for count in lambda_svc._esm_inflight.copy().values())


def _stacks() -> int:
    """Stacks at work, also those that wait for a custom resource's answer; one under review waits for a person."""
    states = (stack["StackStatus"] for stack in _values(cloudformation._stacks))
    return sum(state.endswith("_IN_PROGRESS") and state != "REVIEW_IN_PROGRESS" for state in states)


def _values(store: Any) -> list[Any]:
    return list(store.to_dict().values())


def _depths(is_counted: Callable[[dict[str, Any]], bool] = bool) -> dict[str, int]:
    """Messages per queue, visible or not; only of queues that hold any."""
    counts = {one["attributes"]["QueueArn"]: sum(map(is_counted, one["messages"])) for one in _values(sqs._queues)}
    return {arn: count for arn, count in counts.items() if count}


def _is_due(message: dict[str, Any]) -> bool:
    """Whether a message is on its way: one that was sent to come much later, and was never received, is not."""
    return bool(message["receive_count"]) or message["visible_at"] - time.time() < LATER


def _mapped() -> set[str]:
    return {mapping.get("EventSourceArn", "") for _account, _region, mapping in lambda_svc._iter_all_esms()}


def _unread() -> Iterator[int]:
    """Stream records that a mapping has not got to yet."""
    for account, region, mapping in lambda_svc._iter_all_esms():
        source = mapping.get("EventSourceArn", "")
        if mapping.get("Enabled", True) and "/stream/" in source:
            table = source.split("/stream/")[0].rpartition("/")[2]
            with request_scope(account, region):
                end = dynamodb.stream_end_position(table)
                yield max(0, end - lambda_svc._dynamodb_stream_positions.get(mapping["UUID"], end))


def dead_letters() -> dict[str, int]:
    """Messages in queues that are somebody's dead-letter or on-failure queue."""
    dead = _dead_letter_arns()
    return {arn: count for arn, count in _depths().items() if arn in dead or arn.endswith("-dlq")}


def _dead_letter_arns() -> set[str]:
    redrive = [queue["attributes"].get("RedrivePolicy") for queue in _values(sqs._queues)]
    sources = [json.loads(text).get("deadLetterTargetArn", "") for text in redrive if text]
    targets = [target for targets in _values(eventbridge._targets) for target in targets]
    named = [*targets, *(function.get("config", {}) for function in _values(lambda_svc._functions))]
    sources += [(entry.get("DeadLetterConfig") or {}).get(key, "") for entry in named for key in ("Arn", "TargetArn")]
    return {arn for arn in (*sources, *_on_failure()) if arn}


def _on_failure() -> Iterator[str]:
    mappings = [mapping for _account, _region, mapping in lambda_svc._iter_all_esms()]
    invoke = []
    for function in _values(lambda_svc._functions):
        invoke += [function.get("event_invoke_config") or {}, *(function.get("event_invoke_configs") or {}).values()]
    for configured in (*mappings, *invoke):
        destinations = configured.get("DestinationConfig") or {}
        yield (destinations.get("OnFailure") or {}).get("Destination", "")
