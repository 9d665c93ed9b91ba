"""DynamoDB streams to Lambda: what MiniStack's poller lacks (windows, bisection, retries, partial answers).

A mapping reads its shard in order, so it has one batch in flight; mappings do not wait for each other.
"""

from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.responses import request_scope
from ministack.services import dynamodb, lambda_svc

from localorg import patches
from localorg.stream_batches import Batches, MappingGoneError, Record, Result
from localorg.stream_windows import Window, by_window

_WINDOWS: dict[str, Window] = {}  # by the mapping's id


def install() -> None:
    """Take the poll of DynamoDB streams over; MiniStack's loop wakes it when a table changes, else every second."""
    patches.require(lambda_svc, "_poll_loop", "_poll_dynamodb_streams()", "_esm_wake.wait(1 ")
    patches.require(lambda_svc, "_dispatch_esm_batch", "_esm_inflight", "spawn_background")
    patches.require(lambda_svc, "_init_stream_position", "_dynamodb_stream_positions[esm_id]")
    patches.replace(lambda_svc, "_poll_dynamodb_streams", poll, "stream_records_since", "_apply_filter_criteria")


def poll() -> bool:
    """Start what is due, one batch per mapping; True if anything was started."""
    started = False
    for account, region, mapping in lambda_svc._iter_all_esms():
        if ":dynamodb:" in mapping.get("EventSourceArn", ""):
            with request_scope(account, region):
                started |= _start(account, region, mapping)
    return started


def _start(account: str, region: str, mapping: dict[str, Any]) -> bool:
    key = mapping["UUID"]
    function, _ = lambda_svc._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))
    is_busy = lambda_svc._esm_inflight.get(key)
    if is_busy or function is None or not _is_active(mapping) or not _has_work(mapping):
        return False
    lambda_svc._dispatch_esm_batch(key, _run, account, region, mapping, function)
    return True


def _has_work(mapping: dict[str, Any]) -> bool:
    window = _WINDOWS.get(mapping["UUID"])
    return bool(_unread(mapping, 1)) or (window is not None and window.has_ended())


def _is_active(mapping: dict[str, Any]) -> bool:
    is_enabled = str(mapping.get("Enabled", True)).lower() == "true"
    return is_enabled and mapping["UUID"] in lambda_svc._esms


def _run(account: str, region: str, mapping: dict[str, Any], function: dict[str, Any]) -> None:
    """Deliver the next batch, then move on; and close a window that has ended."""
    with request_scope(account, region):
        records = _unread(mapping, int(mapping.get("BatchSize", 100)))
        kept = lambda_svc._apply_filter_criteria(records, mapping)
        try:
            _deliver(mapping, function, kept)
        except MappingGoneError:
            return
        lambda_svc._dynamodb_stream_positions[mapping["UUID"]] += len(records)


def _unread(mapping: dict[str, Any], limit: int) -> list[Record]:
    table = parse_arn(mapping["EventSourceArn"]).resource.split("/")[1]
    if (dynamodb._tables.get(table) or {}).get("LatestStreamArn") != mapping["EventSourceArn"]:
        return []
    lambda_svc._init_stream_position(
        mapping["UUID"], mapping["EventSourceArn"], mapping.get("StartingPosition", "LATEST")
    )
    positions = lambda_svc._dynamodb_stream_positions
    positions[mapping["UUID"]] = max(positions[mapping["UUID"]], dynamodb.stream_start_position(table))
    records: list[Record] = dynamodb.stream_records_since(table, positions[mapping["UUID"]], limit)
    return records


def _deliver(mapping: dict[str, Any], function: dict[str, Any], records: list[Record]) -> None:
    batches = Batches(mapping, function, lambda: _is_active(mapping))
    seconds = int(mapping.get("TumblingWindowInSeconds") or 0)
    if not seconds:
        batches.deliver(records, lambda batch: _invoke(function, {"Records": batch}))
        return
    window = _WINDOWS.setdefault(mapping["UUID"], Window(seconds))
    if window.seconds != seconds:
        window = _WINDOWS[mapping["UUID"]] = Window(seconds)
    for start, group in by_window(records, seconds):
        if window.is_open and start != window.start:
            _close(window, mapping, function)
        window.opens(start)
        batches.deliver(group, lambda batch: _add(window, mapping, function, batch))
        if window.is_overfull():
            _close(window, mapping, function, early=True)
    if window.has_ended():
        _close(window, mapping, function)


def _add(window: Window, mapping: dict[str, Any], function: dict[str, Any], batch: list[Record]) -> Result:
    return window.takes(_invoke(function, window.event(batch, mapping["EventSourceArn"])))


def _close(window: Window, mapping: dict[str, Any], function: dict[str, Any], *, early: bool = False) -> None:
    _invoke(function, window.event([], mapping["EventSourceArn"], final=True, early=early))
    window.is_open = False


def _invoke(function: dict[str, Any], event: dict[str, Any]) -> Result:
    result: Result = lambda_svc._execute_function(function, event)
    return result
