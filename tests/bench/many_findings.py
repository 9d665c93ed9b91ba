"""A hub of a thousand accounts with as many findings as one likes: each is made when it is asked for."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from contract.clock import iso
from contract.finding import Finding, Severity
from contract.names import ORGANIZATION_ROLLUP_KEY, VERSION
from contract.spoke_events import INTERVAL_SECONDS, Heartbeat
from hub.store.accounts import Account, AccountStore
from hub.store.documents import Key
from hub.store.items import SHARDS, item_of
from hub.store.rollups import (
    NOW,
    account_counter,
    control_counter,
    counter_items,
    day_counter,
    open_counter,
    seen_counter,
)
from hub.store.schema import FINDINGS, STATE, Index
from hub.store.spokes import SpokeStore
from tests.bench.memory_table import MemoryClient
from tests.bench.meter import entry

if TYPE_CHECKING:
    from hub.store.attributes import Item

ACCOUNTS, CONTROLS, DAYS = 1_000, 150, 90
REGIONS = ("eu-central-1", "us-east-1")
SHARES = {"INFORMATIONAL": 0.05, "LOW": 0.2, "MEDIUM": 0.45, "HIGH": 0.25, "CRITICAL": 0.05}
_INDEXES = {index.partition: index for index in FINDINGS.indexes}
_CONTROL_NAMES = [f"{service}.{number}" for service in ("S3", "EC2", "IAM", "RDS", "Lambda") for number in range(1, 31)]


def account_id(place: int) -> str:
    """Return the id of an account."""
    return f"4444{place:08}"


class ManyFindings:
    """A low-level DynamoDB client of both tables. Of findings only one page at a time is in memory."""

    def __init__(self, number: int, now: datetime) -> None:
        self.number, self.now = number, now
        self.state: Any = MemoryClient(state=STATE)
        self.meta = type("Meta", (), {"endpoint_url": "https://dynamodb.example.com"})
        self.exceptions = self.state.exceptions
        # What was asked once is answered at once, from text as DynamoDB's is: making findings and keeping them are no
        # part of what is measured.
        self._answers: dict[str, bytes] = {}
        _fill(self.state, number, now)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.state, name)

    def get_paginator(self, _operation: str) -> "ManyFindings":
        """Return what pages of queries are asked of."""
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        """Yield a query's pages."""
        while True:
            page = self.query(**request)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def get_item(self, **request: Any) -> dict[str, Any]:
        """Return an item of either table."""
        if request["TableName"] == "state":
            return dict(self.state.get_item(**request))
        partition, _, place = request["Key"]["id"]["S"].rpartition("-")
        return {"Item": item_of(self._finding(partition, int(place)), 1)}

    def query(self, **request: Any) -> dict[str, Any]:
        """Return a page of one partition of either table."""
        if request["TableName"] == "state":
            return dict(self.state.query(**request))
        asked = repr(sorted(request.items()))
        if asked not in self._answers:
            self._answers[asked] = msgspec.json.encode(self._listed(request))
        return dict(msgspec.json.decode(self._answers[asked]))

    def _listed(self, request: dict[str, Any]) -> dict[str, Any]:
        index = next(one for one in FINDINGS.indexes if one.name == request["IndexName"])
        values = request["ExpressionAttributeValues"]
        key = values[":key"]["S"]
        size, start = self._size(index, key), request.get("ExclusiveStartKey")
        begin = int(start["id"]["S"].rpartition("-")[2]) + 1 if start else 0
        limit = request.get("Limit", 500)
        found: list[Item] = []
        for place in range(begin, size):
            one = entry(index, FINDINGS, item_of(self._finding(f"{index.partition}={key}", place), 1))
            if one["first_seen"]["S"] < values[":since"]["S"]:
                return {"Items": found}
            if one["first_seen"]["S"] <= values[":until"]["S"]:
                found.append(one)
            if len(found) == limit:
                last = {name: one[name] for name in ("id", index.partition, index.sort)}
                return {"Items": found, **({"LastEvaluatedKey": last} if place < size - 1 else {})}
        return {"Items": found}

    def _size(self, index: Index, key: str) -> int:
        value = key.rpartition("#")[0]
        if index.partition == "severity_bucket":
            return int(self.number * SHARES.get(value, 0)) // SHARDS
        if index.partition == "account_bucket":
            return self.number // ACCOUNTS // SHARDS
        return self.number // CONTROLS // SHARDS if index.partition == "control_bucket" else 1

    def _finding(self, partition: str, place: int) -> Finding:
        """Return the finding at a place of a partition, the newest first; its id says where it is."""
        attribute, _, key = partition.partition("=")
        value = key.rpartition("#")[0]
        digest = int.from_bytes(hashlib.blake2b(f"{partition}{place}".encode(), digest_size=8).digest())
        age = timedelta(days=DAYS) * place / max(self._size(_INDEXES[attribute], key), 1)
        seen = iso(self.now - age - timedelta(seconds=digest % 600))
        account = value if attribute == "account_bucket" else account_id(digest % ACCOUNTS)
        severity = value if attribute == "severity_bucket" else [*SHARES][digest % len(SHARES)]
        control = value if attribute == "control_bucket" else _CONTROL_NAMES[digest % CONTROLS]
        return Finding(
            id=f"{partition}-{place}",
            detection=control,
            control=control,
            title="S3 general purpose buckets should block public access",
            severity=Severity(severity),
            account=account,
            region=REGIONS[digest % 2],
            resource=key if attribute == "resource" else f"arn:aws:s3:::documents-{digest % 10**9:09}",
            first_seen=seen,
            updated_at=seen,
            observed_at=seen,
        )


def _fill(state: Any, number: int, now: datetime) -> None:
    accounts = [
        Account(
            id=account_id(place),
            name=f"account-{place}",
            ou_path=f"Root/Workloads/Unit {place % 40}",
            ou_ids=("r-exam", "ou-exam-workloads", f"ou-exam-{place % 40:08}"),
            owner=f"team-{place % 60}@example.com",
            joined=iso(now - timedelta(days=400)),
        )
        for place in range(ACCOUNTS)
    ]
    for account in accounts:
        AccountStore(state, "state").add(account)
        for region in REGIONS:
            beat = Heartbeat(
                account=account.id,
                region=region,
                version=VERSION,
                config_hash="0123456789abcdef",
                interval_seconds=INTERVAL_SECONDS,
            )
            SpokeStore(state, "state").beat(beat, iso(now))
    for item in counter_items(_counters(number, now), now):
        state.tables["state"].put(item)


def _counters(number: int, now: datetime) -> dict[tuple[Key, str], int]:
    counts: Counter[tuple[Key, str]] = Counter()
    for severity, share in SHARES.items():
        counts[open_counter(severity)] = int(number * share)
        for back in range(30):
            day = (now - timedelta(days=back)).date().isoformat()
            counts[seen_counter(day, severity)] = int(number * share / DAYS)
            counts[day_counter(day, severity)] = int(number * share / DAYS)
        for place in range(ACCOUNTS):
            counts[account_counter(NOW, account_id(place), severity)] = int(number * share / ACCOUNTS)
    for control in _CONTROL_NAMES:
        counts[control_counter(NOW, control)] = number // CONTROLS
    assert ORGANIZATION_ROLLUP_KEY in {key for key, _ in counts}
    return dict(counts)


def present() -> datetime:
    """Return the moment that everything is told of."""
    return datetime.now(UTC)
