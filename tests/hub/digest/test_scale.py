"""A thousand accounts: a few queries, a few read units, and as many digests from them as there are owners."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Any

import msgspec
import pytest

from contract.clock import iso
from contract.finding import Finding, Severity
from hub.digest.due import Period
from hub.digest.figures import figures
from hub.digest.gathering import MOST_OLD, gather
from hub.silence import Silence
from hub.store.accounts import Account
from hub.store.attributes import Item, to_item
from hub.store.findings import FindingStore
from hub.store.items import item_of
from hub.store.rollups import RollupStore

ACCOUNTS = [f"{number:012}" for number in range(1, 1_001)]
UNTIL = date(2026, 11, 20)
WEEK = Period("weekly", UNTIL.isoformat(), 7)
SLA = {Severity.CRITICAL: 7, Severity.HIGH: 30, Severity.MEDIUM: 90, Severity.LOW: 180}
# Limits of DynamoDB: a query reads 1 MB; an eventually consistent read of 4 KB is half a unit.
_PAGE, _UNIT = 1_000_000, 4_096
_OLD = 7_000
_BODY = ("body", "revision")


def size(item: Item) -> int:
    """Return about as many bytes as DynamoDB counts."""
    return sum(len(name) + len(str(next(iter(value.values())))) for name, value in item.items())


class Large:
    """What the state table and the severities' index answer in an organization of a thousand accounts.

    Each account has new findings of two severities and closed ones on every day, and 300 controls find something; of
    each severity that may be overdue there are 7,000 old findings.
    """

    def __init__(self, make: Callable[..., Finding]) -> None:
        self.queries = 0
        self.units = 0.0
        self._lock = Lock()
        self._rows = {key: rows for severity in SLA for key, rows in _buckets(make, severity).items()}

    def get_paginator(self, _name: str) -> "Large":
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        """Answer a partition of the state table."""
        page: list[Item] = []
        for item in _counters(request["ExpressionAttributeValues"][":pk"]["S"]):
            page.append(item)
            if len(page) * size(item) >= _PAGE:
                yield self._answered(page)
                page = []
        yield self._answered(page)

    def query(self, **request: Any) -> dict[str, Any]:
        """Answer a bucket of the index."""
        assert request["ScanIndexForward"]
        values = request["ExpressionAttributeValues"]
        start = request.get("ExclusiveStartKey", {"first_seen": {"S": ""}, "id": {"S": ""}})
        after = (start["first_seen"]["S"], start["id"]["S"])
        rows = [
            row
            for row in self._rows.get(values[":key"]["S"], [])
            if _place(row) > after and row["first_seen"]["S"] <= values[":until"]["S"]
        ]
        page = rows[: request["Limit"]]
        last = {"LastEvaluatedKey": page[-1]} if len(rows) > len(page) else {}
        return {**self._answered(page), **last}

    def _answered(self, items: list[Item]) -> dict[str, Any]:
        with self._lock:
            self.queries += 1
            self.units += max(-(-sum(map(size, items)) // _UNIT), 1) / 2
        return {"Items": items}


def _place(row: Item) -> tuple[str, str]:
    return row["first_seen"]["S"], row["id"]["S"]


def _counters(pk: str) -> Iterator[Item]:
    day = pk.removeprefix("ROLLUP#")
    for account in ACCOUNTS:
        for severity in ("HIGH", "MEDIUM"):
            yield to_item({"pk": pk, "sk": f"{account}#{severity}", "findings": 3, "closed": 2, "ttl_timestamp": 2**31})
    for number in range(300):
        yield to_item({"pk": pk, "sk": f"control#EC2.{number}", "findings": number, "ttl_timestamp": 2**31})
    if day == "now":
        yield to_item({"pk": pk, "sk": "org", "open#HIGH": 3_000})


def _buckets(make: Callable[..., Finding], severity: Severity) -> dict[str, list[Item]]:
    """Return what the index holds of a severity, all of it overdue."""
    oldest = datetime.fromisoformat(f"{UNTIL - timedelta(days=600)}T00:00:00+00:00")
    buckets: dict[str, list[Item]] = {}
    for number in range(_OLD):
        finding = make(
            f"{severity}{number:028}",
            severity=severity,
            account=ACCOUNTS[number % len(ACCOUNTS)],
            title="S3 general purpose buckets should block public write access, also by their policies",
            first_seen=iso(oldest + timedelta(minutes=number)),
        )
        item = item_of(finding, 1)
        row = {name: value for name, value in item.items() if name not in _BODY}
        buckets.setdefault(row["severity_bucket"]["S"], []).append(row)
    return buckets


@pytest.fixture
def large(finding: Callable[..., Finding]) -> Large:
    return Large(finding)


def test_all_digests_of_a_period_share_a_few_reads(large: Large) -> None:
    accounts = [Account(id=one, name=f"team-{one}") for one in ACCOUNTS]
    silences = [Silence(one, "eu-west-1", "2026-11-19T10:00:00.000000Z", "") for one in ACCOUNTS[:300]]
    client: Any = large
    known = gather(WEEK, RollupStore(client, "state"), FindingStore(client, "findings"), accounts, silences, SLA)
    # 30 days and what is open; ten pages over sixteen shards for each severity of which much is old.
    assert large.queries <= 31 + 4 * 16 * 10
    assert large.units <= 3_500
    before = large.queries

    everything = figures(known, "all", None)
    assert everything.new == everything.new_before == {"HIGH": 21_000, "MEDIUM": 21_000}
    assert everything.closed == {"HIGH": 14_000, "MEDIUM": 14_000}
    assert everything.open == {"HIGH": 3_000, "MEDIUM": 3_000}
    assert everything.overdue == {one.value: MOST_OLD for one in SLA}
    assert everything.cut == ["CRITICAL", "HIGH", "LOW", "MEDIUM"]
    assert [one.first_seen for one in everything.oldest] == sorted(one.first_seen for one in everything.oldest)
    assert everything.oldest[0].id == f"CRITICAL{0:028}"
    assert everything.detections[0] == ("EC2.299", 7 * 299)
    assert everything.silent_count == 300

    owned = [figures(known, "owners", frozenset({one})) for one in ACCOUNTS]
    assert all(one.new == {"HIGH": 21, "MEDIUM": 21} for one in owned)
    assert sum(one.overdue["HIGH"] for one in owned) == MOST_OLD
    assert sum(one.silent_count for one in owned) == 300
    assert large.queries == before
    # An item of DynamoDB takes 400 KB.
    assert max(len(msgspec.json.encode(one)) for one in (everything, *owned)) < 20_000
