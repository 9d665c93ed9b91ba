"""Sends a spoke's reports to the hub's bus, and keeps those that it refuses."""

from collections.abc import Mapping
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from contract.names import SPOKE_SOURCE
from contract.spoke_events import SpokeEvent


class ReportRefusedError(Exception):
    """The hub's bus did not take a report."""


def bus_region(bus_arn: str) -> str:
    """Return the Region of the hub's bus: PutEvents reaches a bus of another account, but not of another Region."""
    return bus_arn.split(":")[3]


def entry_of(detail_type: str, report: SpokeEvent, bus_arn: str) -> dict[str, str]:
    """Return a report as an entry of PutEvents."""
    return {
        "Source": SPOKE_SOURCE,
        "DetailType": detail_type,
        "Detail": msgspec.json.encode(report).decode(),
        "EventBusName": bus_arn,
    }


def publish(entry: dict[str, str], events: Any) -> None:
    """Put a report on the hub's bus; raise `ReportRefusedError` when the call or the entry failed."""
    answer = _put([entry], events)
    # PutEvents answers 200 also when it took nothing (EventBridge API, PutEvents).
    if answer["FailedEntryCount"]:
        refused = answer["Entries"][0]
        raise ReportRefusedError(f"{refused.get('ErrorCode')}: {refused.get('ErrorMessage')}")


def publish_all(entries: list[dict[str, str]], events: Any) -> list[dict[str, str]]:
    """Put at most ten reports on the hub's bus; return those that it refused, `ReportRefusedError`: the whole call."""
    answer = _put(entries, events)
    if not answer["FailedEntryCount"]:
        return []
    return [entry for entry, told in zip(entries, answer["Entries"], strict=True) if told.get("ErrorCode")]


def _put(entries: list[dict[str, str]], events: Any) -> Any:
    try:
        return events.put_events(Entries=entries)
    except (BotoCoreError, ClientError) as error:
        raise ReportRefusedError(str(error)) from error


def park(letter: Mapping[str, str], queue_url: str, sqs: Any) -> None:
    """Leave a letter for `muster redrive`: a report's entry of PutEvents, or what a function is to be called with."""
    sqs.send_message(QueueUrl=queue_url, MessageBody=msgspec.json.encode(letter).decode())
