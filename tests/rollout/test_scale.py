"""Many findings through the deployed hub: every one stored, every counter what a recount says.

`MUSTER_FINDINGS=100000` asks for more than CI has time for.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from contract.asff import IMPORTED, finding_of
from contract.clock import iso, now
from contract.names import Names
from hub.recount import by_counter
from hub.store.findings import FindingStore
from hub.store.recount import OpenFindings
from hub.store.rollups import RollupStore
from tests.bench.many import document
from tests.rollout.deployed import Rollout, rolling_out
from tests.rollout.driving import HUB

pytestmark = pytest.mark.slow
NAMES = Names()
FINDINGS = int(os.environ.get("MUSTER_FINDINGS", "600"))
AT_ONCE = 2_000


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollout]:
    with rolling_out(tmp_path_factory.mktemp("scale"), 1) as running:
        assert not [one for one in running.deploy() if one.is_failure]
        yield running


def events(places: range) -> list[dict[str, Any]]:
    """Return Security Hub's events about as many findings, some of them twice, in any order."""
    chance = random.Random(places.start)
    documents = [document(place, random.Random(place)) for place in places]
    said = [*documents, *chance.sample(documents, len(documents) // 10)]
    chance.shuffle(said)
    return [{"source": "aws.securityhub", "detail-type": IMPORTED, "detail": {"findings": [one]}} for one in said]


def test_every_finding_is_stored_once_and_counted_once(rollout: Rollout) -> None:
    region = rollout.client("events", HUB).meta.region_name
    for start in range(0, FINDINGS, AT_ONCE):
        for event in events(range(start, min(start + AT_ONCE, FINDINGS))):
            rollout.organization.post("/_localorg/events", {"account": HUB, "region": region, "event": event})
        rollout.settle()
    dynamodb: Any = rollout.client("dynamodb", HUB)
    expected = [finding_of(document(place, random.Random(place)), iso(now())) for place in range(FINDINGS)]
    stored = FindingStore(dynamodb, NAMES.findings_table).read(one.id for one in expected)
    assert len(stored) == FINDINGS
    counters = RollupStore(dynamodb, NAMES.state_table)
    recounted = OpenFindings(dynamodb, NAMES.findings_table).count_all()
    assert by_counter(counters.counts()) == recounted
    by_severity = Counter(one.severity.value for one in expected)
    assert counters.open_now() == {**dict.fromkeys(counters.open_now(), 0), **by_severity}
