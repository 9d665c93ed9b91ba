"""Replays recorded events: moved into the organization, with the resources that they speak of made first."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3

from localorg import organization, paths
from localorg.securityhub import findings
from localorg.seed import HUB, MANAGEMENT

Event = dict[str, Any]
# Global services record their events here, whichever Regions the organization uses.
GLOBAL_REGION = "us-east-1"


@dataclass
class Moves:
    """Where foreign accounts and Regions have been moved to, in first-seen order, for the life of the gateway."""

    accounts: dict[str, str] = field(default_factory=dict)
    regions: dict[str, str] = field(default_factory=dict)


MOVES = Moves()


def replay(items: Iterable[dict[str, Any]], regions: list[str]) -> dict[str, Any]:
    """Inject each item's event and return the events and the moves; a failing item stops nobody."""
    results = [_replay(item, regions) for item in items]
    return {"items": results, "accounts": MOVES.accounts, "regions": MOVES.regions}


def _replay(item: dict[str, Any], regions: list[str]) -> dict[str, Any]:
    event = item.get("event")
    try:
        event = moved(item["event"], regions)
        event = _made(event, item.get("before"), item["event"])
        findings.inject(event["account"], event["region"], event)
    except Exception as error:  # noqa: BLE001 - one item of a batch
        # One item's accident, whatever the AWS call or the recording holds, must not stop the others.
        return {"event": event, "error": f"{type(error).__name__}: {error}"}
    return {"event": event, "error": None}


def moved(event: Event, regions: list[str]) -> Event:
    """The event as if it had happened now, in an account and a Region of the organization."""
    account, region = str(event["account"]), str(event["region"])
    here = paths.exchange(event, account, _account(account)) if account else event
    here = paths.exchange(here, region, _region(region, regions))
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    detail = here.get("detail")
    if isinstance(detail, dict) and "eventTime" in detail:
        here["detail"] = {**detail, "eventTime": now}
    return {**here, "time": now}


def _account(account: str) -> str:
    if organization.organization_id_of(account):
        return account
    members = [member["Id"] for member in organization.members() if member["Id"] not in (MANAGEMENT, HUB)]
    return MOVES.accounts.setdefault(account, members[len(MOVES.accounts) % len(members)])


def _region(region: str, regions: list[str]) -> str:
    if region in regions or region == GLOBAL_REGION:
        return region
    return MOVES.regions.setdefault(region, regions[len(MOVES.regions) % len(regions)])


def _made(event: Event, before: dict[str, Any] | None, original: Event) -> Event:
    """Make the AWS call that created what the event tells of (after those it needs), and put the real ids in."""
    if not before:
        return event
    for call in before.get("first") or []:
        _call(call, event, original)
    response = _call(before, event, original)
    for place, source in (before.get("ids") or {}).items():
        event = _with_id(event, place, paths.get(response, source))
    return event


def _call(call: dict[str, Any], event: Event, original: Event) -> Any:
    """One AWS call in the event's account and Region; what it says of the recorded ones means these."""
    parameters = paths.exchange(_with_bytes(call.get("parameters") or {}), str(original["account"]), event["account"])
    parameters = paths.exchange(parameters, str(original["region"]), event["region"])
    client = boto3.client(
        call["service"],
        region_name=event["region"],
        aws_access_key_id=event["account"],
        aws_secret_access_key="root",  # noqa: S106 - the account's root signs with anything
    )
    return getattr(client, call["operation"])(**parameters)


def _with_bytes(parameters: Any) -> Any:
    """The parameters with each `{"base64": "…"}` as the bytes that it stands for."""
    if isinstance(parameters, list):
        return [_with_bytes(entry) for entry in parameters]
    if not isinstance(parameters, dict):
        return parameters
    if list(parameters) == ["base64"]:
        return base64.b64decode(parameters["base64"])
    return {key: _with_bytes(entry) for key, entry in parameters.items()}


def _with_id(event: Event, place: str, value: Any) -> Event:
    """The event with the real id at `place`, and wherever else the recorded one stood."""
    recorded = paths.get(event, place)
    if isinstance(recorded, str) and isinstance(value, str) and recorded:
        event = paths.exchange(event, recorded, value)
    paths.put(event, place, value)
    return event
