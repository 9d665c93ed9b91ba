"""What stands before the API lets through what the API itself asks its callers to send."""

import hashlib
from typing import Any

from generator.functions import FUNCTIONS
from generator.hub_stack import hub_stack
from generator.snapshots import sample
from hub.api.models import LONGEST_CURSOR
from hub.store.cursor import Position, cursor_of
from hub.store.findings import FindingQuery
from hub.store.query import plan_of

# WAF's guide, "Baseline rule groups": SizeRestrictions_QUERYSTRING.
_QUERY_BYTES = 2_048
# API Gateway's quotas for REST APIs: the request line and the headers together; signed ones take three thousand.
_HEAD_BYTES, _HEADERS = 10_240, 3_000


def resource(title: str) -> dict[str, Any]:
    resources = hub_stack(sample(), {one.name: "key" for one in FUNCTIONS}).to_dict()["Resources"]
    return dict(resources[title]["Properties"])


def longest_cursor() -> str:
    """A place in each bucket of an unfiltered list, with ids and times that nothing compresses."""
    ids = [
        hashlib.sha256(str(place).encode()).hexdigest()[:32] for place in range(len(plan_of(FindingQuery()).buckets))
    ]
    positions: list[Position] = [(f"2026-{int(one[:7], 16) % 10**8:08}T09:00:00.000000Z", one) for one in ids]
    return cursor_of(FindingQuery(), positions) or ""


def test_the_longest_cursor_is_as_long_as_every_limit_on_its_way_allows() -> None:
    cursor = longest_cursor()
    assert _QUERY_BYTES < len(cursor) <= LONGEST_CURSOR
    assert LONGEST_CURSOR + _HEADERS <= _HEAD_BYTES


def test_the_firewall_counts_long_queries_and_blocks_all_else_that_is_bad() -> None:
    common, bad, rate = resource("ApiFirewall")["Rules"]
    statement = common["Statement"]["ManagedRuleGroupStatement"]
    assert statement["RuleActionOverrides"] == [{"Name": "SizeRestrictions_QUERYSTRING", "ActionToUse": {"Count": {}}}]
    assert "RuleActionOverrides" not in bad["Statement"]["ManagedRuleGroupStatement"]
    assert rate["Action"] == {"Block": {}}
