"""An organization's findings as Security Hub has them, and a hub in memory that takes them in."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from contract.clock import iso
from hub.ingestion import Ingestion
from hub.rollups import count
from hub.store.findings import FindingStore
from hub.store.rollups import RollupStore, StaleCheckpointError
from hub.store.schema import FINDINGS, STATE
from hub.streams import StreamRecord
from tests.asff import control
from tests.bench.memory_table import MemoryClient, MemoryTable

ACCOUNTS, SHARDS = 1_000, 8
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
            self.store_all(
                [changed(document(one, random.Random(one)), changes) for one in places[start : start + 10]], at
            )
            self._deliver()
        self._deliver(all_of_it=True)

    def store_all(self, documents: list[dict[str, Any]], at: datetime) -> None:
        """Store what Security Hub says, as one batch."""
        self._ingestion.store(self._ingestion.findings(documents, iso(at)), renewing=True)

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


def changed(document: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return a document that says something else."""
    compliance = {**document["Compliance"], **changes.get("Compliance", {})}
    return {**document, **changes, "Compliance": compliance}
