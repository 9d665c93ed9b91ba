"""The state table: accounts, heartbeats, tagging results, the ledger."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from contract.spoke_events import Heartbeat, TaggingFailure, TaggingResult
from hub.store.accounts import Account, AccountStore
from hub.store.batches import UnprocessedError, read_items, write_items
from hub.store.ledger import LEASE, Claim, Ledger
from hub.store.spokes import SpokeStore
from hub.store.tagging import TaggingStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
KEY = ("f1", "opened", "email")


def test_accounts_come_back_whole_and_all_in_one_list(dynamodb: "DynamoDBClient") -> None:
    store = AccountStore(dynamodb, "state")
    accounts = [
        Account(id=f"{place:012}", name=f"account {place}", ou_path="Root/Workloads", tags={"Owner": "shop"})
        for place in range(60)
    ]
    store.write(accounts)
    assert store.get(accounts[7].id) == accounts[7]
    assert store.get("999999999999") is None
    assert sorted(store.all(), key=lambda one: one.id) == accounts


def beat(**changes: object) -> Heartbeat:
    usual = Heartbeat(account="111122223333", region="eu-west-1", version="1", config_hash="a", interval_seconds=3600)
    return msgspec.structs.replace(usual, **changes)


def test_the_newest_heartbeat_stays_whatever_order_they_come_in(dynamodb: "DynamoDBClient") -> None:
    store = SpokeStore(dynamodb, "state")
    assert store.beat(beat(version="2"), "2026-11-20T10:00:00.000000Z")
    assert not store.beat(beat(), "2026-11-20T09:00:00.000000Z")
    assert not store.beat(beat(version="2"), "2026-11-20T10:00:00.000000Z")
    assert store.beat(beat(region="us-east-1"), "2026-11-20T09:00:00.000000Z")
    seen = {spoke.heartbeat.region: (spoke.heartbeat.version, spoke.seen_at[11:13]) for spoke in store.all()}
    assert seen == {"eu-west-1": ("2", "10"), "us-east-1": ("1", "09")}


def test_a_tagging_result_is_kept_once_for_90_days(dynamodb: "DynamoDBClient") -> None:
    store = TaggingStore(dynamodb, "state")
    result = TaggingResult(
        account="111122223333",
        region="eu-west-1",
        version="1",
        api_call="ec2.amazonaws.com:RunInstances",
        event_id="e1",
        created_by="alice",
        tagged=("arn:a",),
        failed=(TaggingFailure("arn:b", "denied"),),
    )
    store.record(result, NOW)
    store.record(result, NOW)
    assert list(store.of("111122223333")) == [result]
    (item,) = dynamodb.scan(TableName="state")["Items"]
    assert int(item["ttl_timestamp"]["N"]) == (NOW + timedelta(days=90)).timestamp()


def test_a_channel_is_told_of_a_transition_once_ever(dynamodb: "DynamoDBClient") -> None:
    ledger = Ledger(dynamodb, "state")
    assert ledger.claim(*KEY, NOW) is Claim.OURS
    ledger.confirm(*KEY, NOW)
    assert ledger.claim(*KEY, NOW) is Claim.SENT
    assert ledger.claim(*KEY, NOW + timedelta(days=4000)) is Claim.SENT


def test_another_channel_or_transition_is_told_too(dynamodb: "DynamoDBClient") -> None:
    ledger = Ledger(dynamodb, "state")
    ledger.claim(*KEY, NOW)
    ledger.confirm(*KEY, NOW)
    assert ledger.claim("f1", "opened", "slack", NOW) is Claim.OURS
    assert ledger.claim("f1", "reopened@3", "email", NOW) is Claim.OURS


def test_a_crash_between_claim_and_sending_loses_no_message(dynamodb: "DynamoDBClient") -> None:
    ledger = Ledger(dynamodb, "state")
    assert ledger.claim(*KEY, NOW) is Claim.OURS
    assert ledger.claim(*KEY, NOW + LEASE / 2) is Claim.BUSY
    assert ledger.claim(*KEY, NOW + LEASE) is Claim.OURS


def test_a_claim_that_was_given_back_is_free_at_once(dynamodb: "DynamoDBClient") -> None:
    ledger = Ledger(dynamodb, "state")
    ledger.claim(*KEY, NOW)
    ledger.release(*KEY)
    assert ledger.claim(*KEY, NOW) is Claim.OURS


class Throttled:
    """A table that leaves everything undone."""

    def batch_get_item(self, **request: object) -> dict[str, object]:
        return {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}

    def batch_write_item(self, **request: object) -> dict[str, object]:
        return {"UnprocessedItems": request["RequestItems"]}


@pytest.mark.parametrize("what", [lambda *a, **k: list(read_items(*a, **k)), write_items])
def test_a_table_that_stays_throttled_is_an_error_not_a_loss(what: object) -> None:
    waits: list[float] = []
    with pytest.raises(UnprocessedError):
        what(Throttled(), "state", [{"pk": {"S": "a"}}], sleep=waits.append)  # type: ignore[operator]
    assert waits == sorted(waits)
    assert 5 < sum(waits) < 30
