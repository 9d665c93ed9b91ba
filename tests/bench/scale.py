"""A million findings through the stores, in memory and metered: nothing lost, counters right, memory flat.

`make bench-scale` writes `build/bench-scale.json`; `make bench-scale FINDINGS=100000` asks for fewer.
"""

import hashlib
import json
import logging
import random
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from contract.archive import read
from contract.clock import iso
from contract.finding import Severity
from hub.api.models import Page, Row
from hub.archiver.handler import Archiver
from hub.ingestion import Ingestion
from hub.recount import Recount, by_counter
from hub.rollups import count
from hub.store.expired import ExpiredFindings, Progress, ProgressStore
from hub.store.findings import FindingQuery, FindingStore
from hub.store.items import expiry_week
from hub.store.recount import OpenFindings
from hub.store.rollups import RollupStore, StaleCheckpointError
from hub.store.schema import FINDINGS, STATE
from hub.store.suspicions import SuspicionStore
from hub.streams import StreamRecord
from tests.asff import control
from tests.bench.memory_table import MemoryClient, MemoryTable

OUT = Path("build/bench-scale.json")
ACCOUNTS, SHARDS = 1_000, 8
CLOSED = 10  # every tenth is closed, unless asked otherwise
START = datetime(2026, 11, 20, 9, tzinfo=UTC)
CLOSING = START + timedelta(days=1)
# Security Hub's labels as an organization has them, and accounts as Zipf has them.
LABELS = {"INFORMATIONAL": 5, "LOW": 20, "MEDIUM": 45, "HIGH": 25, "CRITICAL": 5}
_ACCOUNTS = [f"{444455550000 + place:012}" for place in range(ACCOUNTS)]
_WEIGHTS = [1 / (place + 1) for place in range(ACCOUNTS)]
_CONTROLS = [f"{service}.{number}" for service in ("S3", "EC2", "IAM", "RDS", "Lambda") for number in range(1, 31)]
REGION = "eu-central-1"


class KilledError(Exception):
    """Lambda ended the function before or after a write."""


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
    archive_grew_mebibytes: float
    page_calls: int
    page_read_units: float
    page_bytes: int
    summary_calls: int
    summary_read_units: float
    seconds: float


def document(place: int, chance: random.Random) -> dict[str, Any]:
    """Return a failed control's finding about a resource of its own, in an account as Zipf chooses it."""
    account = chance.choices(_ACCOUNTS, _WEIGHTS)[0]
    number = chance.choice(_CONTROLS)
    label = chance.choices([*LABELS], [*LABELS.values()])[0]
    identifier = f"{place:08x}-1a2b-4c3d-8e9f-0123456789ab"
    bucket = f"arn:aws:s3:::documents-{account}-{place:07}"
    seen = f"{iso(START - timedelta(hours=1) + timedelta(seconds=place % 3_600))[:-4]}Z"
    return {
        **control(identifier),
        "Id": f"arn:aws:securityhub:{REGION}:{account}:security-control/{number}/finding/{identifier}",
        "GeneratorId": f"security-control/{number}",
        "AwsAccountId": account,
        "FirstObservedAt": seen,
        "Severity": {"Label": label, "Original": label},
        "FindingProviderFields": {"Severity": {"Label": label, "Original": label}},
        "Resources": [{"Type": "AwsS3Bucket", "Id": bucket, "Partition": "aws", "Region": REGION}],
        "Compliance": {"Status": "FAILED", "SecurityControlId": number},
    }


class Scale:
    """An organization's findings in memory, its stream counted as Lambda delivers it: killed and again at random."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.client: Any = MemoryClient(findings=FINDINGS, state=STATE)
        self.table: MemoryTable = self.client.tables["findings"]
        self.store = FindingStore(self.client, "findings")
        self.counters = RollupStore(self.client, "state", sleep=lambda _: None)
        self._ingestion = Ingestion(self.store, "111122223333", ())
        self._chance = random.Random(7)
        self._shards: list[list[StreamRecord]] = [[] for _ in range(SHARDS)]

    def fill(self) -> None:
        """Bring every finding once."""
        self._ingest(range(self.number), START)

    def again(self, number: int) -> None:
        """Bring the first findings once more, unchanged."""
        self._ingest(range(number), START)

    def close(self, every: int) -> None:
        """Let controls pass a day later."""
        passed = {"Status": "PASSED"}
        self._ingest(range(0, self.number, every), CLOSING, UpdatedAt=f"{iso(CLOSING)[:-4]}Z", Compliance=passed)

    def _ingest(self, places: range, at: datetime, **changes: Any) -> None:
        for start in range(0, len(places), 10):
            documents = [_changed(document(one, random.Random(one)), changes) for one in places[start : start + 10]]
            self._ingestion.store(self._ingestion.findings(documents, iso(at)), renewing=True)
            self._deliver()
        self._deliver(all_of_it=True)

    def _deliver(self, *, all_of_it: bool = False) -> None:
        for record in self.table.records:
            name = (record.new or record.old or {})["id"]["S"]
            self._shards[sum(name.encode()) % SHARDS].append(record)
        self.table.records.clear()
        for shard, waiting in enumerate(self._shards):
            while len(waiting) >= 100 or (all_of_it and waiting):
                self._count(waiting[:100], f"shard-{shard}")
                del waiting[:100]

    def _count(self, batch: list[StreamRecord], shard: str) -> None:
        """Until a delivery succeeds, and one time in five once more: both must not matter."""
        is_done = False
        while not is_done or self._chance.random() < 0.2:
            try:
                count(batch, shard, self._dying() if self._chance.random() < 0.1 else self.counters, START)
                is_done = True
            except (KilledError, StaleCheckpointError):
                continue

    def _dying(self) -> RollupStore:
        return RollupStore(_Dying(self.client, is_late=self._chance.random() < 0.5), "state")  # type: ignore[arg-type] # a stub


class _Dying:
    """A client whose function is killed just before, or just after, a transaction."""

    def __init__(self, client: Any, *, is_late: bool) -> None:
        self._client = client
        self._is_late = is_late

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **request: Any) -> None:
        if self._is_late:
            self._client.transact_write_items(**request)
        raise KilledError


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
    archived, seconds, grown = _archive(scale)
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
        archive_grew_mebibytes=grown,
        page_calls=page[0],
        page_read_units=page[1],
        page_bytes=_page_bytes(scale),
        summary_calls=summary[0],
        summary_read_units=summary[1],
        seconds=time.perf_counter() - begun,
    )


def _changed(document: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    compliance = {**document["Compliance"], **changes.get("Compliance", {})}
    return {**document, **changes, "Compliance": compliance}


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


def _archive(scale: Scale) -> tuple[int, float, float]:
    """Archive the day that is due, killed at every third part.

    Return how many findings, the archiver's own CPU seconds (not the table's in memory) and by how many MiB it grew.
    """
    objects: dict[str, bytes] = {}
    names: list[str] = []
    turns = iter(range(1 << 30))
    aside = _Aside(scale.client)

    @aside.timed
    def put(key: str, body: bytes) -> None:
        digest = hashlib.sha256(body).digest()
        assert objects.setdefault(key, digest) == digest, "the same part is the same object"
        if next(turns) % 3 == 2:
            raise KilledError
        names.extend(one.id for one in read(body))

    client: Any = aside
    progress, day = ProgressStore(client, "state"), date.fromisoformat(expiry_week(CLOSING))
    progress.write(Progress((day - timedelta(days=1)).isoformat()))
    archiver = Archiver(ExpiredFindings(client, "findings"), progress, put)
    before, begun = _resident(), time.process_time()
    while not _is_over(archiver, datetime.combine(day + timedelta(days=1), START.timetz())):
        continue
    seconds = time.process_time() - begun - aside.seconds
    assert len(names) == len(set(names))
    return len(names), seconds, _resident() - before


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


def _resident() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments: list[str]) -> int:
    """Run with so many findings and write what came of it."""
    logging.disable(logging.INFO)
    result = run(int(arguments[0]) if arguments else 1_000_000)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(asdict(result), indent=2) + "\n")
    for name, value in asdict(result).items():
        sys.stdout.write(f"{name}: {value:g}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
