"""What other AWS services find in a member account: in the hub's table, until the service takes it back."""

import json
from pathlib import Path
from typing import Any

import pytest

from contract.finding import Finding
from contract.names import Names
from hub.detections.native.catalogue import FEEDS
from hub.store.findings import FindingQuery, FindingStore
from tests.demo import Demo

pytestmark = pytest.mark.slow
EVENTS = Path(__file__).parent.parent / "events"
RECORDED, MEMBER = "111122223333", "444455556666"
# Health's events come from Regions that the local organization does not have.
HERE = {"global": "us-east-1", "us-west-2": "us-east-1"}
CLOSING = {
    "guardduty_finding": "quiet-archived",
    "access_analyzer": "quiet-deleted",
    "macie": "quiet-archived",
    "inspector2": "quiet-closed",
    "config_noncompliant": "quiet-complies-again",
    "health_credentials_exposed": "quiet-closed",
    "trusted_advisor": "quiet-key-is-gone",
    "cloudtrail_insight": "quiet-back-to-normal",
}


def told(feed: str, kind: str) -> list[dict[str, Any]]:
    """Return golden events of a feed as of the member."""
    found = sorted((EVENTS / f"native.{feed}").glob(f"{kind}*.json"))
    events = [json.loads(path.read_text().replace(RECORDED, MEMBER)) for path in found]
    return [event | {"region": HERE.get(event["region"], event["region"])} for event in events]


def opened(demo: Demo) -> list[Finding]:
    store = FindingStore(demo.hub("dynamodb"), Names().findings_table)
    ids = tuple(one.id for one in FEEDS)
    return list(store.page(FindingQuery(detections=ids, accounts=(MEMBER,)), limit=200).findings)


def test_a_services_finding_reaches_the_hub_and_is_closed_by_the_service(demo: Demo) -> None:
    assert CLOSING.keys() == {one.name for one in FEEDS}
    for feed in CLOSING:
        for event in told(feed, "fires-"):
            demo.inject(event)
    assert demo.settle() == {}
    before = opened(demo)
    assert {one.detection for one in before} == {one.id for one in FEEDS}
    assert {one.product for one in before} == {one.product for one in FEEDS}
    for feed, name in CLOSING.items():
        for event in told(feed, name):
            demo.inject(event)
    assert demo.settle() == {}
    closed = {one.id for one in before} - {one.id for one in opened(demo)}
    assert sorted(one.detection for one in before if one.id in closed) == sorted(one.id for one in FEEDS)
