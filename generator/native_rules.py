"""The spokes' rule for what other AWS services find."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator

from contract.finding import Mode
from generator.config import Config
from generator.pattern import Pattern, Rule
from hub.detections.native.catalogue import FEEDS
from hub.detections.native.feed import Feed

_AWS = {"source": [{"prefix": "aws."}]}


def forwarded_feeds(config: Config) -> list[Feed]:
    """Return the feeds that spokes forward: on, not in Security Hub anyway, and not off by their mode."""
    exceptions = config.detections.by_id
    off = {name for name, one in exceptions.items() if one.mode is Mode.OFF}
    on = [one for one in FEEDS if config.feeds.is_on(one.name, in_security_hub=one.in_security_hub)]
    return [one for one in on if one.id not in off]


def products_of_feeds(config: Config) -> list[str]:
    """Return the products whose findings spokes forward although Security Hub has them too: there they are left out."""
    return [one.product for one in forwarded_feeds(config) if one.in_security_hub]


def dropped_feeds(config: Config) -> dict[str, Mode]:
    """Return the modes of the feeds that are not forwarded: the hub drops what still comes of them."""
    forwarded = {one.id for one in forwarded_feeds(config)}
    return {one.id: Mode.OFF for one in FEEDS if one.id not in forwarded}


def native_rules(feeds: Iterable[Feed]) -> list[Rule]:
    """Return the rule that forwards the feeds' events; none when there is no feed."""
    branches = list(_branches(feeds))
    if not branches:
        return []
    # EventBridge takes an $or of one branch for a field of that name.
    return [Rule("native", {**_AWS, **(branches[0] if len(branches) == 1 else {"$or": branches})})]


def _branches(feeds: Iterable[Feed]) -> Iterator[Pattern]:
    """Yield a pattern for each filter, with the detail-types of all that share it."""
    types: dict[str, list[str]] = defaultdict(list)
    for one in feeds:
        for wanted in one.only or ({},):
            types[json.dumps(wanted)] += one.detail_types
    for written, named in types.items():
        detail = json.loads(written)
        yield {"detail-type": named, **({"detail": detail} if detail else {})}
