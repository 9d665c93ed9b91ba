"""DynamoDB in memory answers and charges as moto and the meter before it do."""

import random
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from contract.finding import Finding, Severity
from hub.ingestion import Ingestion
from hub.recount import by_counter
from hub.rollups import count
from hub.store.findings import FindingQuery, FindingStore
from hub.store.items import item_of
from hub.store.recount import OpenFindings
from hub.store.rollups import RollupStore, StaleCheckpointError
from hub.store.schema import FINDINGS, STATE
from hub.streams import StreamRecord
from tests.bench.many import document
from tests.bench.memory_table import MemoryClient
from tests.bench.store import metered

AT = "2026-11-20T09:00:00.000000Z"
NOW = datetime.fromisoformat(AT)
LATER = "2026-11-21T09:00:00.000000Z"


@pytest.fixture
def memory() -> MemoryClient:
    return MemoryClient(findings=FINDINGS, state=STATE)


def everything(ingestion: Ingestion) -> None:
    """New, again unchanged, evaluated again, then a part of them resolved."""
    documents = [document(place, random.Random(place)) for place in range(40)]
    passed = [
        {**one, "Compliance": {**one["Compliance"], "Status": "PASSED"}, "UpdatedAt": LATER} for one in documents[:9]
    ]
    for batch, at in ((documents, AT), (documents, AT), (passed, LATER)):
        ingestion.store(ingestion.findings(batch, at), renewing=True)


def findings(number: int) -> list[Finding]:
    ingestion: Any = Ingestion(None, "111122223333", ())  # type: ignore[arg-type] # it stores nothing
    return list(ingestion.findings([document(place, random.Random(place)) for place in range(number)], AT))


def pages(store: FindingStore, query: FindingQuery) -> Iterator[Finding]:
    cursor = None
    while True:
        page = store.page(query, cursor, limit=7)
        yield from page.findings
        cursor = page.cursor
        if not cursor:
            return


@pytest.mark.parametrize(
    "query",
    [
        FindingQuery(),
        FindingQuery(severities=(Severity.HIGH,)),
        FindingQuery(since="2026-11-20T08:00:10", until="2026-11-20T08:00:30"),
        FindingQuery(detections=("S3.8",)),
        FindingQuery(closed_on="2026-11-21"),
    ],
)
def test_lists_and_units_are_those_of_moto(memory: MemoryClient, query: FindingQuery) -> None:
    ours = FindingStore(memory, "findings")  # type: ignore[arg-type] # a stub
    everything(Ingestion(ours, "111122223333", ()))
    with metered() as (theirs, meter):
        everything(Ingestion(theirs, "111122223333", ()))
        table = memory.tables["findings"]
        assert (table.write_units, table.index_units, table.largest) == (
            meter.write_units,
            meter.index_units,
            meter.largest,
        )
        assert list(pages(ours, query)) == list(pages(theirs, query))
        assert (table.read_units, memory.calls) == (meter.read_units, meter.calls)


def test_counters_are_added_up_and_a_stale_position_is_refused(memory: MemoryClient) -> None:
    FindingStore(memory, "findings").upsert(findings(5))  # type: ignore[arg-type] # a stub
    counters: Any = RollupStore(memory, "state")  # type: ignore[arg-type] # a stub
    count(memory.tables["findings"].records, "a", counters, NOW)
    assert sum(counters.summary(NOW).open.values()) == 5
    assert by_counter(counters.counts()) == OpenFindings(memory, "findings").count_all()  # type: ignore[arg-type] # a stub
    with pytest.raises(StaleCheckpointError):
        counters.count({}, "a", "", "9", NOW)


def test_a_record_of_the_stream_holds_both_images(memory: MemoryClient) -> None:
    (finding,) = findings(1)
    store = FindingStore(memory, "findings")  # type: ignore[arg-type] # a stub
    store.upsert([finding])
    (record,) = memory.tables["findings"].records
    assert record == StreamRecord("1", None, item_of(finding, 1))
