"""A million findings through the stores, in memory and metered: nothing lost, counters right.

`make bench-scale` writes `build/bench-scale.json`; `make bench-scale FINDINGS=100000` asks for fewer.
"""

import hashlib
import json
import logging
import random
import sys
import time
import tracemalloc
from array import array
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import count as count_up
from itertools import islice
from pathlib import Path
from typing import Any

from contract.archive import read
from contract.clock import iso
from contract.finding import Severity, provider_finding_id
from hub.api.models import Page, Row
from hub.archiver.handler import Archiver
from hub.recount import Recount, by_counter
from hub.store.expired import ExpiredFindings, Progress, ProgressStore
from hub.store.findings import FindingQuery
from hub.store.items import expiry_week, shard_of
from hub.store.recount import OpenFindings
from hub.store.suspicions import SuspicionStore
from tests.bench.many import CLOSING, START, KilledError, Scale, changed, document
from tests.bench.memory_table import MemoryClient

OUT = Path("build/bench-scale.json")
CLOSED = 10  # every tenth is closed, unless asked otherwise


@dataclass
class Result:
    """What a run came to; units are a finding's mean."""

    findings: int
    new_write_units: float
    new_calls: float
    again_write_units: float
    again_read_units: float
    largest_bytes: int
    hottest_share: float
    counters_drift: int
    archived: int
    archive_reads: int
    archive_writes: int
    archive_seconds: float
    page_calls: int
    page_read_units: float
    page_bytes: int
    summary_calls: int
    summary_read_units: float
    seconds: float


def run(number: int, every: int = CLOSED) -> Result:
    """Bring findings, bring some again, close some, count, list and archive; AssertionError when anything is lost."""
    begun, scale = time.perf_counter(), Scale(number)
    table, client = scale.table, scale.client
    scale.fill()
    assert len(table) == number
    new = (table.write_units / number, _calls(client) / number)
    hottest = max(units for (index, _), units in table.heat.items() if index) / number
    _reset(scale)
    part = max(number // 10, 1)
    scale.again(part)
    again = (table.write_units / part, table.read_units / part)
    scale.close(every)
    closed = len(range(0, number, every))
    counted, found = by_counter(scale.counters.counts()), OpenFindings(client, "findings").count_all()
    assert counted == found
    assert sum(found[one] for one in found if one.account) == number - closed
    recount = Recount(OpenFindings(client, "findings"), scale.counters, SuspicionStore(client, "state")).run(
        START + timedelta(days=2)
    )
    page, summary = _page(scale), _summary(scale)
    _reset(scale)
    archived, seconds = _archive(scale)
    assert archived == closed
    return Result(
        findings=number,
        new_write_units=new[0],
        new_calls=new[1],
        again_write_units=again[0],
        again_read_units=again[1],
        largest_bytes=table.largest,
        hottest_share=hottest,
        counters_drift=recount["mended"] + recount["suspect"],
        archived=archived,
        archive_reads=client.calls["Query"] + client.calls["BatchGetItem"],
        archive_writes=table.write_units,
        archive_seconds=seconds,
        page_calls=page[0],
        page_read_units=page[1],
        page_bytes=_page_bytes(scale),
        summary_calls=summary[0],
        summary_read_units=summary[1],
        seconds=time.perf_counter() - begun,
    )


def _reset(scale: Scale) -> None:
    scale.client.calls.clear()
    for table in scale.client.tables.values():
        table.write_units = table.index_units = 0
        table.read_units = 0.0


def _calls(client: MemoryClient) -> float:
    return sum(client.calls[name] for name in ("BatchGetItem", "PutItem", "Query", "GetItem"))


def _page(scale: Scale) -> tuple[int, float]:
    return _measured(scale, lambda: scale.store.page(FindingQuery(severities=(Severity.HIGH,)), limit=50))


def _page_bytes(scale: Scale) -> int:
    """The page as the API answers it."""
    page = scale.store.page(FindingQuery(severities=(Severity.HIGH,)), limit=50)
    answer = Page(findings=[Row.of(one) for one in page.findings], cursor=page.cursor)
    return len(answer.model_dump_json().encode())


def _summary(scale: Scale) -> tuple[int, float]:
    return _measured(scale, lambda: scale.counters.summary(START))


def _measured(scale: Scale, work: Callable[[], Any]) -> tuple[int, float]:
    _reset(scale)
    work()
    return scale.client.calls.total(), sum(table.read_units for table in scale.client.tables.values())


def queries_of_a_shared_resource(controls: int = 100) -> int:
    """Return how many queries new findings of as many controls of one resource take, as a sync's page brings them."""
    scale, chance = Scale(controls), random.Random(7)
    first = document(0, chance)
    told = [
        {
            **document(place, chance),
            "AwsAccountId": first["AwsAccountId"],
            "Resources": first["Resources"],
            "Compliance": {"Status": "FAILED", "SecurityControlId": f"S3.{place}"},
        }
        for place in range(controls)
    ]
    scale.store_all(told, START)
    assert len(scale.table) == controls
    return scale.client.calls["Query"]


def archive_peak(findings: int = 8_500) -> float:
    """Return how many MiB the archiver holds at most, of a day's findings in one shard, so that its parts are full."""
    scale = Scale(findings)
    passed = {"Compliance": {"Status": "PASSED"}, "UpdatedAt": f"{iso(CLOSING)[:-4]}Z"}
    for one in islice(_of_one_shard(), findings):
        scale.store_all([changed(one, passed)], CLOSING)
        scale.table.records.clear()
    bucket = _Bucket(findings)
    tracemalloc.start()
    try:
        _archive_into(bucket, scale.client)
        assert bucket.archived == findings
        return max(bucket.peak, tracemalloc.get_traced_memory()[1]) / (1 << 20)
    finally:
        tracemalloc.stop()


def _of_one_shard() -> Iterator[dict[str, Any]]:
    for place in count_up():
        one = document(place, random.Random(place))
        if shard_of(provider_finding_id(one["ProductArn"], one["Id"])) == 0:
            yield one


class _Bucket:
    """What the archiver writes. Its own memory is taken at the beginning, so that the archiver's is what grows."""

    def __init__(self, findings: int) -> None:
        self.archived = self.peak = 0
        self._ids = array("Q", bytes(8 * findings))
        self._digests: dict[str, bytes] = {}
        self._turns = 0

    def put(self, key: str, body: bytes) -> None:
        """Take an object; the same part is the same object, and after every third one the archiver is killed."""
        self.peak = max(self.peak, tracemalloc.get_traced_memory()[1])
        digest = hashlib.sha256(body).digest()
        assert self._digests.setdefault(key, digest) == digest
        self._turns += 1
        if self._turns % 3 == 0:
            raise KilledError
        for one in read(body):
            self._ids[self.archived] = int(one.id[:16], 16)
            self.archived += 1
        tracemalloc.reset_peak()

    def has_each_once(self) -> bool:
        """Whether no finding was archived twice."""
        return len(set(self._ids[: self.archived])) == self.archived


def _archive(scale: Scale) -> tuple[int, float]:
    """Archive the day that is due; return how many findings, and the archiver's own CPU seconds.

    Not the seconds of the table in memory and of the bucket.
    """
    aside, bucket = _Aside(scale.client), _Bucket(scale.number)
    begun = time.process_time()
    _archive_into(bucket, aside, aside.timed(bucket.put))
    assert bucket.has_each_once()
    return bucket.archived, time.process_time() - begun - aside.seconds


def _archive_into(bucket: _Bucket, client: Any, put: Callable[[str, bytes], None] | None = None) -> None:
    progress, day = ProgressStore(client, "state"), date.fromisoformat(expiry_week(CLOSING))
    progress.write(Progress((day - timedelta(days=1)).isoformat()))
    archiver = Archiver(ExpiredFindings(client, "findings"), progress, put or bucket.put)
    while not _is_over(archiver, datetime.combine(day + timedelta(days=1), START.timetz())):
        continue


class _Aside:
    """A client whose own CPU seconds are counted, to be left out of what is measured."""

    def __init__(self, client: Any) -> None:
        self.seconds = 0.0
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return self.timed(getattr(self._client, name))

    def timed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed_call(*arguments: Any, **named: Any) -> Any:
            begun = time.process_time()
            try:
                return call(*arguments, **named)
            finally:
                self.seconds += time.process_time() - begun

        return timed_call


def _is_over(archiver: Archiver, moment: datetime) -> bool:
    try:
        archiver.run(moment, lambda: True)
    except KilledError:
        return False
    return True


def main(arguments: list[str]) -> int:
    """Run with so many findings and write what came of it."""
    logging.disable(logging.INFO)
    result = run(int(arguments[0]) if arguments else 1_000_000)
    OUT.parent.mkdir(exist_ok=True)
    told = {**asdict(result), "archive_peak_mebibytes": archive_peak()}
    OUT.write_text(json.dumps(told, indent=2) + "\n")
    for name, value in told.items():
        sys.stdout.write(f"{name}: {value:g}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
