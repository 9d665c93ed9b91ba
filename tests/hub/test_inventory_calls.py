"""What an hour costs in an organization of a thousand accounts: pages, not calls for each account."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from contract.clock import iso
from contract.names import Names, spoke_key
from contract.spoke_events import Heartbeat
from hub.account_tags import READS
from hub.census import Registrar
from hub.coverage import Scope
from hub.deployed import Written
from hub.inventory import Inventory, Plan, Stores
from hub.overrides import Override
from hub.store.accounts import AccountStore
from hub.store.batches import write_items
from hub.store.deployed import Deployed, DeployedStore
from hub.store.documents import document_item
from hub.store.findings import FindingStore
from hub.store.retention import RetentionStore
from hub.store.spokes import Spoke, SpokeStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.hub.conftest import Calls

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
REGIONS = ("eu-central-1", "us-east-1")
ROOT, UNITS = "r-exam", tuple(f"ou-exam-{number:08}" for number in range(10))
ACCOUNTS = {f"{number:012}": UNITS[number % len(UNITS)] for number in range(1_000)}
# Organizations answers 20 accounts a page, S3 1,000 keys.
PAGE = 20
PAGES = 1_000 // PAGE
WRITES = ("PutItem", "UpdateItem", "BatchWriteItem", "DeleteItem")
DEPLOYED = Written(Deployed(version="0.1.0", digest="d"), ())


class Organizations:
    """Ten units of a hundred accounts each; counts its calls."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    def get_paginator(self, call: str) -> Any:
        answered = getattr(self, call)

        class Paginator:
            def paginate(self, **parameters: str) -> Iterator[dict[str, Any]]:
                return answered(**parameters)

        return Paginator()

    def list_roots(self) -> Iterator[dict[str, Any]]:
        self.calls["ListRoots"] += 1
        yield {"Roots": [{"Id": ROOT, "Name": "Root"}]}

    def list_organizational_units_for_parent(self, ParentId: str) -> Iterator[dict[str, Any]]:  # noqa: N803 - boto's
        self.calls["ListOrganizationalUnitsForParent"] += 1
        units = [{"Id": unit, "Name": unit} for unit in UNITS] if ParentId == ROOT else []
        yield {"OrganizationalUnits": units}

    def list_accounts_for_parent(self, ParentId: str) -> Iterator[dict[str, Any]]:  # noqa: N803 - boto's
        here = [
            {"Id": account, "Name": account, "State": "ACTIVE"} for account, at in ACCOUNTS.items() if at == ParentId
        ]
        for start in range(0, len(here) or 1, PAGE):
            self.calls["ListAccountsForParent"] += 1
            yield {"Accounts": here[start : start + PAGE]}

    def list_tags_for_resource(self, ResourceId: str) -> Iterator[dict[str, Any]]:  # noqa: N803 - boto's
        self.calls["ListTagsForResource"] += 1
        assert ResourceId in ACCOUNTS
        yield {"Tags": []}


class Bucket:
    """S3 with one bucket; counts its calls."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.objects: dict[str, bytes] = {}

    def get_paginator(self, _call: str) -> "Bucket":
        return self

    def paginate(self, **_: str) -> Iterator[dict[str, Any]]:
        listed = [
            {"Key": key, "ETag": f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'}
            for key, body in sorted(self.objects.items())
        ]
        for start in range(0, len(listed) or 1, 1_000):
            self.calls["ListObjectsV2"] += 1
            yield {"Contents": listed[start : start + 1_000]}

    def put_object(self, **given: Any) -> None:
        self.calls["PutObject"] += 1
        self.objects[given["Key"]] = given["Body"]


def beat_everywhere(client: "DynamoDBClient", moment: datetime) -> None:
    beats = [
        Heartbeat(account=account, region=region, version="1", config_hash="a", interval_seconds=3600)
        for account in ACCOUNTS
        for region in REGIONS
    ]
    items = [document_item(spoke_key(one.account, one.region), Spoke(one, iso(moment))) for one in beats]
    write_items(client, "state", items)


@pytest.fixture
def organizations() -> Organizations:
    return Organizations()


@pytest.fixture
def buckets() -> dict[str, Bucket]:
    return {region: Bucket() for region in REGIONS}


@pytest.fixture
def inventory(dynamodb: "DynamoDBClient", organizations: Organizations, buckets: dict[str, Bucket]) -> Inventory:
    scope = Scope(targets=(ROOT,), regions=REGIONS, hub_account="111122223333")
    overrides = (Override(ous=(UNITS[0],), settings={"skipped_checks": ["trail"]}),)
    stores = Stores(
        AccountStore(dynamodb, "state"),
        SpokeStore(dynamodb, "state"),
        FindingStore(dynamodb, "findings"),
        DeployedStore(dynamodb, "state"),
        RetentionStore(dynamodb, "state"),
    )
    registrar = Registrar(organizations, scope, "Owner")  # type: ignore[arg-type] # a fake of its paginators
    return Inventory(registrar, buckets.__getitem__, stores, Plan(scope, overrides, Names(), DEPLOYED))  # type: ignore[arg-type]


def test_an_unchanged_hour_of_a_thousand_accounts_costs_pages_a_share_of_tags_and_no_write(
    inventory: Inventory,
    organizations: Organizations,
    buckets: dict[str, Bucket],
    dynamodb: "DynamoDBClient",
    calls: "Calls",
) -> None:
    inventory.refresh(frozenset(), NOW, lambda: 300.0)
    assert [bucket.calls["PutObject"] for bucket in buckets.values()] == [1_000, 1_000]
    beat_everywhere(dynamodb, NOW)
    for counted in (organizations, *buckets.values()):
        counted.calls.clear()
    calls.made.clear()
    done = inventory.refresh(frozenset(), NOW + timedelta(hours=1), lambda: 300.0)
    assert 0 < organizations.calls.pop("ListTagsForResource") <= READS
    assert done == {"accounts": 1_000, "changed": 0}
    assert organizations.calls == {
        "ListRoots": 1,
        "ListOrganizationalUnitsForParent": 1 + len(UNITS),
        "ListAccountsForParent": 1 + PAGES,
    }
    assert [bucket.calls for bucket in buckets.values()] == [{"ListObjectsV2": 1}, {"ListObjectsV2": 1}]
    assert {name for name, _ in calls.made if name in WRITES} == set()
    # Pages of accounts, of heartbeats, of last runs; since when these are expected; 16 shards of each open finding.
    assert len(calls.made) <= 2 + 2 + 2 + 64
