"""Two accounts with findings of several days, counted as the stream counts them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from moto.dynamodb.models import dynamodb_backends

from contract.finding import Finding, Severity, Workflow
from hub.rollups import count
from hub.store.accounts import Account
from hub.store.decisions import Decision
from hub.store.findings import FindingStore
from hub.store.rollups import RollupStore
from hub.streams import StreamRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Make = Callable[..., Finding]
SHOP, BANK = "111122223333", "444455556666"
ACCOUNTS = {
    SHOP: Account(id=SHOP, name="shop", owner="shop@example.com"),
    BANK: Account(id=BANK, name="bank", owner="bank@example.com"),
}


@pytest.fixture
def organization(dynamodb: "DynamoDBClient", store: FindingStore, finding: Make) -> "DynamoDBClient":
    store.upsert(
        [
            finding("a", first_seen="2026-11-19T10:00:00.000000Z"),
            finding("b", first_seen="2026-11-19T11:00:00.000000Z", severity=Severity.CRITICAL),
            finding("c", first_seen="2026-11-18T11:00:00.000000Z", account=BANK),
            finding("d", first_seen="2026-11-01T11:00:00.000000Z", account=BANK, severity=Severity.CRITICAL),
            finding("e", first_seen="2026-11-19T12:00:00.000000Z", account=BANK),
        ]
    )
    resolved = Decision(by="bob", at="2026-11-19T13:00:00.000000Z", workflow=Workflow.RESOLVED)
    store.decide("e", resolved)
    records = list(stream())
    count(records, "shard", RollupStore(dynamodb, "state"), datetime(2026, 11, 19, 14, tzinfo=UTC))
    return dynamodb


def stream() -> Iterator[StreamRecord]:
    """Yield the changes of the findings table as its stream tells them."""
    table = dynamodb_backends["123456789012"]["eu-central-1"].get_table("findings")
    for number, item in enumerate(table.stream_shard.items, 1):
        record = item.record["dynamodb"]
        yield StreamRecord(str(number), record.get("OldImage"), record.get("NewImage"), is_expiry=False)
