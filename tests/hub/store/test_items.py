"""Small items, sparse keys, and nothing lost on the way."""

import base64
import zlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contract.asff import finding_of as asff_finding
from contract.clock import EPOCH
from contract.finding import Finding, RecordState, Severity, Workflow
from hub.detections.catalogue import DETECTIONS
from hub.detections.engine import Engine
from hub.store.attributes import from_item, number, text
from hub.store.body import _DICTIONARIES, Beside
from hub.store.items import finding_of, item_of, row_of, shard_of
from hub.store.merge import CUSTOMER
from hub.store.schema import FINDINGS
from tests.asff import control

EVENTS = Path(__file__).parents[3] / "localorg" / "events"
Make = Callable[..., Finding]


def size(item: dict[str, Any]) -> int:
    """Return an item's size as DynamoDB counts it: names and values."""
    values = {
        name: value if isinstance(value, bytes) else str(value).encode() for name, value in from_item(item).items()
    }
    return sum(len(name) + len(value) for name, value in values.items())


def test_a_finding_comes_back_whole(finding: Make) -> None:
    one = finding(details={"ports": [22], "who": "älïce"}, resources=("a", "b"), note="n", also=("x.y",))
    assert finding_of(item_of(one, 1)) == one


def test_a_stream_image_with_base64_comes_back_whole(finding: Make) -> None:
    item = item_of(finding(), 1)
    image = {**item, "body": {"B": base64.b64encode(item["body"]["B"]).decode()}}
    assert finding_of(image) == finding()


def test_a_list_row_says_what_lists_show(finding: Make) -> None:
    one = finding(event_id="e1", actor="alice", user_agent="aws-cli", details={"a": 1})
    row = row_of(item_of(one, 1))
    assert row == msgspec.structs.replace(one, user_agent="", details={}, updated_at=EPOCH, observed_at=EPOCH)


def test_an_open_finding_has_all_index_keys_in_one_shard(finding: Make) -> None:
    item, shard = item_of(finding(), 1), shard_of("f1")
    assert text(item, "severity_bucket") == f"HIGH#{shard}"
    assert text(item, "account_bucket") == f"111122223333#{shard}"
    assert text(item, "control_bucket") == f"iam.access_key_created#{shard}"
    assert text(item, "resource") == finding().resource
    assert "ttl_timestamp" not in item


@pytest.mark.parametrize(
    ("closed", "day", "deletion"),
    [
        (
            {"workflow": Workflow.RESOLVED, "workflow_at": "2026-11-21T10:00:00.000000Z"},
            "2027-02-19",
            "2027-03-05T10:00:00Z",
        ),
        ({"record_state": RecordState.ARCHIVED}, "2027-02-18", "2027-03-04T09:00:05Z"),
        ({"compliance": "PASSED"}, "2027-02-18", "2027-03-04T09:00:05Z"),
    ],
)
def test_a_closed_finding_leaves_the_indexes_for_its_expiry_day(
    finding: Make, closed: Any, day: str, deletion: str
) -> None:
    item = item_of(finding(**closed), 3)
    assert text(item, "severity_bucket") == f"EXPIRE#{day}#{shard_of('f1')}"
    assert number(item, "ttl_timestamp") == datetime.fromisoformat(deletion).timestamp()
    assert not {"account_bucket", "control_bucket", "resource"} & item.keys()
    assert row_of(item).status == finding(**closed).status
    assert row_of(item).resource == finding().resource


def test_a_refresh_changes_nothing_that_an_index_holds(finding: Make) -> None:
    before = item_of(finding(), 1)
    after = item_of(finding(updated_at="2026-11-21T00:00:00.000000Z", observed_at="2026-11-21T00:00:00.000000Z"), 2)
    indexed = {name for index in FINDINGS.indexes for name in (index.partition, index.sort, *index.projected)}
    assert {name: before.get(name) for name in indexed} == {name: after.get(name) for name in indexed}


def test_every_projected_attribute_but_the_sparse_ones_is_written(finding: Make) -> None:
    item = item_of(finding(event_id="e", actor="a"), 1)
    sparse = {"product", "mode", "record_state", "compliance", "closed_resource"}
    assert {name for index in FINDINGS.indexes for name in index.projected} - sparse <= item.keys()


def test_empty_and_overlong_text_never_reaches_a_key(finding: Make) -> None:
    assert "resource" not in item_of(finding(resource=""), 1)
    long = finding(resource="r" * 5000, title="t" * 5000)
    item = item_of(long, 1)
    assert len(text(item, "resource")) <= 2048
    assert finding_of(item) == long


def test_the_findings_of_recorded_events_fit_into_one_write_unit() -> None:
    engine = Engine(DETECTIONS)
    events = [msgspec.json.decode(path.read_bytes()) for path in EVENTS.glob("*.json") if "before" not in path.name]
    findings = [one for event in events for one in engine.judge(event, "2026-11-20T09:00:00.000000Z").findings]
    assert findings
    assert max(size(item_of(one, 1)) for one in findings) <= 1024


def test_shards_are_used_evenly() -> None:
    counts = [0] * 16
    for place in range(16_000):
        counts[shard_of(f"{place:032x}")] += 1
    assert min(counts) > 800


def test_a_dictionary_in_use_never_changes() -> None:
    assert list(_DICTIONARIES) == [298058932, 3594494397]


def test_a_damaged_body_is_refused(finding: Make) -> None:
    item = item_of(finding(), 1)
    with pytest.raises((zlib.error, msgspec.DecodeError)):
        finding_of({**item, "body": {"B": item["body"]["B"][:-9]}})


def test_severities_stay_apart_in_the_index(finding: Make) -> None:
    assert text(item_of(finding(severity=Severity.LOW), 1), "severity_bucket").startswith("LOW#")


def test_all_that_security_hubs_document_does_not_say_stands_beside_it() -> None:
    """Whatever merges on its own must come back from a body as it went in."""
    beside = {*CUSTOMER.fields, "first_seen", "observed_at", "passed_at", "superseded_at", "superseded_by", "mode"}
    assert set(Beside.__struct_fields__) == beside


@pytest.mark.parametrize("state", list(RecordState))
def test_a_finding_of_security_hub_comes_back_as_it_was_stored(state: RecordState) -> None:
    written = "ARCHIVED" if state is RecordState.ARCHIVED else "ACTIVE"
    said = asff_finding(control(RecordState=written), "2026-11-20T09:00:00.000000Z")
    changes = {"assignee": "bob", "superseded_by": "x", "is_told_here": True, "record_state": state}
    stored = msgspec.structs.replace(said, **changes)
    assert finding_of(item_of(stored, 1)) == stored
