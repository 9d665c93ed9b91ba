"""Fills a deployed hub of a local organization with months of findings, as a restored backup would."""

import base64
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from contract.names import described_control_key
from generator.config import Config
from generator.demo.plausible import Story, stories
from generator.local.organization import LocalOrganization
from hub.rollups import changes
from hub.store.attributes import Item
from hub.store.compliance import Control, control_of, together
from hub.store.documents import Key, document_item
from hub.store.history import entry_of, history_item
from hub.store.items import item_of
from hub.store.rollups import counter_items
from hub.streams import StreamRecord

_SEED = 20_261_120
_AT_ONCE = 500

PartT = TypeVar("PartT")

Counted = Counter[tuple[Key, str]]


def fill(
    organization: LocalOrganization, config: Config, number: int, now: datetime, tell: Callable[[int], None]
) -> int:
    """Put so many findings, their histories and counters into the hub's tables; return how many are open.

    `tell` hears how many findings were put since it last did.
    """
    accounts = sorted(one.id for one in organization.members)
    chance = random.Random(_SEED)  # noqa: S311 - the same findings each time, no secret
    counts: Counted = Counter()
    controls: dict[str, Control] = {}
    is_open = 0
    for some in _batches(stories(accounts, config.regions, number, now, chance), _AT_ONCE):
        _put(organization, config, config.names.findings_table, (_item(one) for one in some))
        _put(organization, config, config.names.state_table, _histories(some))
        for one in some:
            counts.update(_counted(one, now))
            if one.found.control:
                controls[one.found.detection] = together(controls.get(one.found.detection), control_of(one.found))
        is_open += sum(one.present.is_open for one in some)
        tell(len(some))
    described = (document_item(described_control_key(name), one) for name, one in controls.items())
    _put(organization, config, config.names.state_table, described)
    kept = {key: amount for key, amount in counts.items() if amount}
    for items in _batches(counter_items(kept, now), _AT_ONCE):
        _put(organization, config, config.names.state_table, items)
    return is_open


def _batches(all_of_them: Iterable[PartT], size: int) -> Iterator[list[PartT]]:
    rest = iter(all_of_them)
    while some := list(islice(rest, size)):
        yield some


def _item(one: Story) -> Item:
    return item_of(one.present, 1 if one.closed_at is None else 2)


def _histories(some: Iterable[Story]) -> Iterator[Item]:
    for one in some:
        if entry := entry_of(one.found, one.present, 2):
            yield history_item(one.present.id, entry)


def _counted(one: Story, now: datetime) -> Counted:
    """Return what the hub would have counted: when it was found, and when it was closed."""
    found = item_of(one.found, 1)
    counts: Counted = Counter(changes(StreamRecord("1", None, found), now))
    if one.closed_at is not None:
        counts.update(changes(StreamRecord("2", found, _item(one)), one.closed_at))
    return counts


def _put(organization: LocalOrganization, config: Config, table: str, items: Iterable[Item]) -> None:
    plain = [_plain(item) for item in items]
    place = {"account": config.aws.hub_account, "region": config.aws.home_region, "table": table}
    if plain:
        organization.post("/_localorg/tables", {**place, "items": plain})


def _plain(item: Item) -> dict[str, Any]:
    """Return an item in DynamoDB's JSON, which has binary values in base 64."""
    return {
        name: {"B": base64.b64encode(value["B"]).decode()} if "B" in value else dict(value)
        for name, value in item.items()
    }
