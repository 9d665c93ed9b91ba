"""Replays of an archive as EventBridge runs them: by the minute, ten at a time, told as they go, cancelled midway.

Sources: EventBridge API reference, StartReplay, DescribeReplay, CancelReplay; user guide, "Archiving and replaying
events". MiniStack sends everything at once and answers neither how far it is nor a cancellation.
"""

import threading
import time
from itertools import groupby
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import eventbridge

from localorg import organization
from localorg.answers import ApiError, Response, refusal, success
from localorg.eventbus import delivery
from localorg.retries import scaled

Record = dict[str, Any]
UNDER_WAY = {"STARTING", "RUNNING", "CANCELLING"}
MOST_AT_ONCE = 10
MINUTE = 60
PAUSE = 20.0  # after each minute that holds events, in seconds, scaled; AWS does not say its own


def running() -> int:
    """How many replays are under way, in all accounts."""
    return sum(replay["State"] in UNDER_WAY for replay in eventbridge._replays.to_dict().values())


def start(data: Record) -> Response:
    """StartReplay: from an archive to the bus that it archives."""
    try:
        archive, replay = _checked(data)
    except ApiError as error:
        return refusal(error)
    eventbridge._replays[replay["ReplayName"]] = replay
    arguments = (get_account_id(), get_region(), archive, replay)
    threading.Thread(target=_run, args=arguments, daemon=True, name="events-replay").start()
    return success({name: replay[name] for name in ("ReplayArn", "ReplayStartTime")} | {"State": "STARTING"})


def cancel(data: Record) -> Response:
    """CancelReplay: what was replayed stays replayed."""
    name = str(data.get("ReplayName"))
    replay = eventbridge._replays.get(name)
    if replay is None:
        return refusal(ApiError("ResourceNotFoundException", f"Replay {name} does not exist."))
    if replay["State"] not in {"STARTING", "RUNNING"}:
        return refusal(ApiError("IllegalStatusException", f"Replay {name} is not in a valid state for this operation."))
    replay["State"] = "CANCELLING"
    return success({"ReplayArn": replay["ReplayArn"], "State": "CANCELLING"})


def _checked(data: Record) -> tuple[Record, Record]:
    name, source, wanted = str(data.get("ReplayName")), str(data.get("EventSourceArn")), data.get("Destination") or {}
    archives = {one["ArchiveArn"]: one for one in eventbridge._archives.values()}
    if source not in archives:
        archive = source.rpartition("/")[2]
        reason = f"Parameter EventSourceArn is not valid. Reason: Archive {archive} does not exist."
        raise ApiError("ValidationException", reason)
    if wanted.get("Arn") != archives[source]["EventSourceArn"]:
        reason = "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted."
        raise ApiError("ValidationException", reason)
    begin, end = (eventbridge._coerce_timestamp(data.get(f"Event{side}Time")) for side in ("Start", "End"))
    if begin is None or end is None or begin >= end:
        reason = "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime."
        raise ApiError("ValidationException", reason)
    if name in eventbridge._replays:
        raise ApiError("ResourceAlreadyExistsException", f"Replay {name} already exists.")
    if sum(one["State"] in UNDER_WAY for one in eventbridge._replays.values()) >= MOST_AT_ONCE:
        raise ApiError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
    return archives[source], {
        "ReplayName": name,
        "ReplayArn": f"arn:{organization.PARTITION}:events:{get_region()}:{get_account_id()}:replay/{name}",
        "Description": data.get("Description", ""),
        "EventSourceArn": source,
        "EventStartTime": begin,
        "EventEndTime": end,
        "Destination": wanted,
        "State": "STARTING",
        "ReplayStartTime": time.time(),
    }


def _run(account: str, region: str, archive: Record, replay: Record) -> None:
    with request_scope(account, region):
        if replay["State"] == "STARTING":
            replay["State"] = "RUNNING"
        for _, events in groupby(_archived(archive, replay), lambda event: event["Time"] // MINUTE):
            if replay["State"] != "RUNNING":
                break
            for event in events:
                _send(event, replay)
            time.sleep(scaled(PAUSE))
        replay["State"] = "COMPLETED" if replay["State"] == "RUNNING" else "CANCELLED"
        replay["ReplayEndTime"] = time.time()


def _archived(archive: Record, replay: Record) -> list[Record]:
    """What happened in the interval, its end excluded, the earliest first."""
    begin, end = replay["EventStartTime"], replay["EventEndTime"]
    return sorted(
        (event for event in archive.get("Events", []) if begin <= event["Time"] < end), key=lambda event: event["Time"]
    )


def _send(event: Record, replay: Record) -> None:
    """Dispatch only: what is replayed carries the replay's name and is not archived a second time."""
    bus = replay["Destination"]["Arn"].rpartition("/")[2]
    delivery.dispatch({**event, "EventBusName": bus, "ReplayName": replay["ReplayName"]})
    replay["EventLastReplayedTime"] = event["Time"]
