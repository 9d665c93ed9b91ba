"""Events come in: PutEvents by customers, and what AWS services put on an account's default bus."""

import json
import time
from datetime import UTC, datetime
from typing import Any

from ministack.core.arn import Arn, ArnParseError, parse_arn
from ministack.core.iam_evaluator import caller_arn
from ministack.core.responses import (
    get_account_id,
    get_region,
    new_uuid,
    request_scope,
)
from ministack.services import eventbridge

from localorg.answers import ApiError, Response, refusal, success
from localorg.eventbus import delivery
from localorg.eventbus.permissions import UndeliverableError

Record = dict[str, Any]
REQUIRED = ("Source", "DetailType", "Detail")
# How PutEvents names what a rule's target calls by these codes.
ENTRY_CODES = {"NO_PERMISSIONS": "AccessDeniedException", "NO_RESOURCE": "ResourceNotFoundException"}


class EntryError(ApiError):
    """An entry that PutEvents refuses."""


def put_events(data: Record, allow_aws_source: bool = False) -> Response:
    """PutEvents: each entry on its bus, also of another account or Region; an entry's error stands in its result."""
    entries = data.get("Entries") or []
    if not 1 <= len(entries) <= 10:
        message = "1 validation error detected: 'entries' must have between 1 and 10 members"
        return refusal(ApiError("ValidationException", message))
    results = [_result(entry, allow_aws_source) for entry in entries]
    failed = sum("ErrorCode" in result for result in results)
    return success({"FailedEntryCount": failed, "Entries": results})


def _result(entry: Record, allow_aws_source: bool) -> Record:
    try:
        return {"EventId": _put(entry, allow_aws_source)}
    except UndeliverableError as error:
        return {"ErrorCode": ENTRY_CODES.get(error.code, error.code), "ErrorMessage": str(error)}
    except EntryError as error:
        return {"ErrorCode": error.code, "ErrorMessage": str(error)}


def _put(entry: Record, allow_aws_source: bool) -> str:
    for name in REQUIRED:
        if not entry.get(name):
            raise EntryError(
                "InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is a required argument."
            )
    if entry["Source"].startswith("aws.") and not allow_aws_source:
        raise EntryError("NotAuthorizedForSourceException", "Not authorized for the source.")
    spec, made = _bus(entry.get("EventBusName") or "default"), record(entry)
    delivery.put_on(spec, made, caller_arn(), get_account_id())
    return str(made["EventId"])


def _bus(reference: str) -> Arn:
    name = f"event-bus/{reference}"
    try:
        return (
            parse_arn(reference)
            if reference.startswith("arn:")
            else Arn("aws", "events", get_region(), get_account_id(), name)
        )
    except ArnParseError:
        raise EntryError("InvalidArgument", "Parameter EventBusName is not valid.") from None


def record(entry: Record) -> Record:
    """MiniStack's record of an entry of the current account and Region; EntryError if its detail is no JSON object."""
    try:
        detail = json.loads(entry["Detail"])
    except ValueError:
        detail = None
    if not isinstance(detail, dict):
        raise EntryError("MalformedDetail", "Detail is malformed.")
    return {
        "EventId": entry.get("EventId") or new_uuid(),
        "Source": entry["Source"],
        "DetailType": entry["DetailType"],
        "Detail": entry["Detail"],
        "Time": seconds(entry.get("Time")),
        "Resources": entry.get("Resources") or [],
        "Account": entry.get("Account") or get_account_id(),
        "Region": entry.get("Region") or get_region(),
    }


def seconds(moment: str | float | None) -> int:
    """Epoch seconds of an ISO time or a number; now for None. Whole, because AWS's events carry no fractions."""
    if moment is None:
        return int(time.time())
    if isinstance(moment, str):
        parsed = datetime.fromisoformat(moment)
        return int((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp())
    return int(moment)


def inject(account: str, region: str, event: Record) -> str:
    """Put an AWS service's event on an account's default bus; returns its id.

    `event` is in EventBridge's form; its own id, time, account, region, resources and detail are kept.
    KeyError if source or detail-type are missing, EntryError if the detail is no object.
    """
    entry = {
        "EventId": event.get("id"),
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event.get("detail", {})),
        "Time": event.get("time"),
        "Resources": event.get("resources"),
        "Account": event.get("account"),
        "Region": event.get("region"),
    }
    with request_scope(account, region):
        eventbridge._ensure_default_bus()
        made = record(entry)
        delivery.accept({**made, "EventBusName": "default"})
    return str(made["EventId"])
