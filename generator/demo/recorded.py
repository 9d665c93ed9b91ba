"""The recorded events that a replay sends: each with the call that makes its resource, where there is one."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from contract.cloudtrail import MalformedEventError
from generator.explain import envelope_of
from generator.local.organization import LocalOrganization
from generator.reading import Item, event_files, read_items
from generator.third_party import ROOT

EVENTS = ROOT / "localorg" / "events"
_BATCH = 10


def recorded(paths: Sequence[str], key: str | None = None) -> tuple[list[dict[str, Any]], list[str]]:
    """Return what the local organization's replay takes, and a line for each item that is no event.

    `key` takes the event from that key of each item, as `explain` does.
    """
    items, problems = [], []
    for file in (file for path in paths for file in event_files(path)):
        before = _before(file)
        for number, item in enumerate(read_items([str(file)], key)):
            try:
                items.append({"event": _event(item), "before": before})
            except MalformedEventError as error:
                problems.append(f"{file}: item {number}: {error}")
    return items, problems


def _event(item: Item) -> dict[str, Any]:
    if item.error:
        raise MalformedEventError(item.error)
    return envelope_of(item.value)


def replay(organization: LocalOrganization, items: Sequence[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Send the items in small batches; yield the organization's answer to each batch."""
    for start in range(0, len(items), _BATCH):
        yield organization.post("/_localorg/replay", {"items": items[start : start + _BATCH]})


def _before(file: Path) -> dict[str, Any] | None:
    beside = file.with_name(f"{file.name.removesuffix('.json')}.before.json")
    return dict(json.loads(beside.read_text())) if beside.exists() else None
