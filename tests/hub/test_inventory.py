"""The organization as the hub follows it: accounts, what is wrong with their coverage, their settings."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from botocore.exceptions import ClientError

from contract.clock import iso
from contract.finding import Finding, Severity
from contract.names import SILENT_SPOKES, Names
from contract.spoke_events import Heartbeat
from hub import inventory
from hub.census import Registrar, known
from hub.coverage import Scope
from hub.deployed import Written
from hub.inventory import Inventory, InventoryError, Plan, Stores, refresh_handler
from hub.organization import listed_accounts
from hub.overrides import Override
from hub.store.accounts import REMOVED, Account, AccountStore
from hub.store.deployed import Deployed, DeployedStore
from hub.store.findings import FindingStore
from hub.store.retention import RetentionStore
from hub.store.spokes import SpokeStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_organizations import OrganizationsClient

HUB = "111122223333"
REGIONS = ("eu-central-1", "us-east-1")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DEPLOYED = Written(Deployed(version="0.1.0", digest="d"), ())


@pytest.fixture
def organization(aws: Callable[[str], Any]) -> "OrganizationsClient":
    client: OrganizationsClient = aws("organizations")
    client.create_organization(FeatureSet="ALL")
    return client


@pytest.fixture
def root(organization: "OrganizationsClient") -> str:
    return organization.list_roots()["Roots"][0]["Id"]


def account(client: "OrganizationsClient", name: str, parent: str, tags: dict[str, str]) -> str:
    status = client.create_account(
        Email=f"{name}@example.com",
        AccountName=name,
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )["CreateAccountStatus"]
    root = client.list_roots()["Roots"][0]["Id"]
    if parent != root:
        client.move_account(AccountId=status["AccountId"], SourceParentId=root, DestinationParentId=parent)
    return status["AccountId"]


def unit(client: "OrganizationsClient", parent: str, name: str) -> str:
    return client.create_organizational_unit(ParentId=parent, Name=name)["OrganizationalUnit"]["Id"]


class Hub:
    """An inventory over emulated services, and what it leaves behind."""

    def __init__(self, organization: "OrganizationsClient", aws: Callable[..., Any], stores: Stores) -> None:
        self.organization = organization
        self.aws = aws
        self.stores = stores
        self.targets: tuple[str, ...] = (organization.list_roots()["Roots"][0]["Id"],)
        self.excluded: tuple[str, ...] = ()
        self.overrides: tuple[Override, ...] = ()
        self.seconds_left = 300.0
        for region in REGIONS:
            place = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region != "us-east-1" else {}
            self.s3(region).create_bucket(Bucket=self.bucket(region), **place)

    def s3(self, region: str) -> Any:
        return self.aws("s3", region)

    def bucket(self, region: str) -> str:
        return f"muster-artefacts-{HUB}-{region}"

    def inventory(self) -> Inventory:
        scope = Scope(targets=self.targets, regions=REGIONS, hub_account=HUB, excluded_accounts=self.excluded)
        registrar = Registrar(self.organization, scope, "Owner")
        return Inventory(registrar, self.s3, self.stores, Plan(scope, self.overrides, Names(), DEPLOYED))

    def refresh(self, hours: float = 0, named: frozenset[str] = frozenset()) -> dict[str, int]:
        return self.inventory().refresh(named, NOW + timedelta(hours=hours), lambda: self.seconds_left)

    def beat(self, account: str, region: str, hours: float) -> None:
        heartbeat = Heartbeat(account=account, region=region, version="1", config_hash="a", interval_seconds=3600)
        self.stores.spokes.beat(heartbeat, iso(NOW + timedelta(hours=hours)))

    def account(self, identifier: str) -> Account:
        found = self.stores.accounts.get(identifier)
        assert found is not None
        return found

    def open(self, detection: str) -> list[Finding]:
        found = self.stores.findings.read(self.stores.findings.open_ids(detection))
        return sorted(found.values(), key=lambda one: (one.account, one.region))

    def settings(self, region: str) -> dict[str, Any]:
        s3, bucket = self.s3(region), self.bucket(region)
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        return {key: json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys}


@pytest.fixture
def hub(organization: "OrganizationsClient", dynamodb: "DynamoDBClient", aws: Callable[..., Any]) -> Hub:
    stores = Stores(
        AccountStore(dynamodb, "state"),
        SpokeStore(dynamodb, "state"),
        FindingStore(dynamodb, "findings"),
        DeployedStore(dynamodb, "state"),
        RetentionStore(dynamodb, "state"),
    )
    return Hub(organization, aws, stores)


def fail(client: Any, operation: str, code: str = "AccessDeniedException", when: Any = lambda _: True) -> None:
    """Let a client's calls of an operation fail, when their parameters are as told."""

    def refuse(params: dict[str, Any], **_: Any) -> None:
        if when(params):
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, operation)

    client.meta.events.register(f"provide-client-params.*.{operation}", refuse)


# The accounts


def test_the_tree_is_read_with_paths_tags_and_owners(hub: Hub, organization: "OrganizationsClient", root: str) -> None:
    workloads = unit(organization, root, "Workloads")
    production = unit(organization, workloads, "Production")
    shop = account(organization, "shop", production, {"Owner": "Team Shop", "Cost": "1"})
    assert hub.refresh() == {"accounts": 2, "changed": 2}
    found = hub.account(shop)
    assert (found.name, found.email, found.owner) == ("shop", "shop@example.com", "Team Shop")
    assert (found.ou_path, found.ou_ids) == ("Root/Workloads/Production", (root, workloads, production))
    assert found.tags == {"Owner": "Team Shop", "Cost": "1"}
    assert found.joined.endswith("Z")


def test_one_account_is_the_management_account(hub: Hub, organization: "OrganizationsClient", root: str) -> None:
    account(organization, "shop", root, {})
    hub.refresh()
    assert [one.name for one in hub.stores.accounts.all() if one.is_management] == ["master"]


def test_what_did_not_change_is_not_written_again(
    hub: Hub, organization: "OrganizationsClient", root: str, calls: Any
) -> None:
    account(organization, "shop", root, {"Owner": "Team Shop"})
    hub.refresh()
    calls.made.clear()
    assert hub.refresh(1) == {"accounts": 2, "changed": 0}
    assert calls.count("BatchWriteItem") == calls.count("PutItem") == 0


def test_an_account_that_left_is_marked_once_and_stays() -> None:
    gone = Account(id="1", name="gone", ou_path="Root/Old")
    (marked,) = known({"1": gone}, [], is_whole=True)
    assert (marked.name, marked.ou_path, marked.status) == ("gone", "Root/Old", REMOVED)
    assert known({"1": marked}, [], is_whole=True) == [marked]


def test_an_account_that_comes_back_is_active_again() -> None:
    here = Account(id="1", name="here")
    assert known({"1": Account(id="1", name="here", status=REMOVED)}, [here], is_whole=True) == [here]


def test_the_short_list_has_every_account(organization: "OrganizationsClient", root: str) -> None:
    account(organization, "shop", unit(organization, root, "Workloads"), {})
    assert {one.name for one in listed_accounts(organization)} == {"master", "shop"}


def test_tags_that_were_not_read_stay_as_they_were_known(
    hub: Hub, organization: "OrganizationsClient", root: str
) -> None:
    shop = account(organization, "shop", root, {"Owner": "Team Shop"})
    other = account(organization, "other", root, {"Owner": "Team Other"})
    hub.refresh()
    organization.tag_resource(ResourceId=other, Tags=[{"Key": "Owner", "Value": "Team New"}])
    fail(organization, "ListTagsForResource", when=lambda params: params["ResourceId"] == shop)
    assert hub.refresh(1)["changed"] == 1
    assert (hub.account(shop).owner, hub.account(other).owner) == ("Team Shop", "Team New")
    hub.seconds_left = 100
    organization.tag_resource(ResourceId=other, Tags=[{"Key": "Owner", "Value": "Team Newest"}])
    assert hub.refresh(2)["changed"] == 0


def test_an_event_of_tags_has_only_those_read(
    hub: Hub, organization: "OrganizationsClient", root: str, calls: Any
) -> None:
    shop = account(organization, "shop", root, {"Owner": "Team Shop"})
    hub.refresh()
    organization.tag_resource(ResourceId=shop, Tags=[{"Key": "Owner", "Value": "Team New"}])
    fail(organization, "ListRoots")
    assert hub.inventory().retag(frozenset({shop, "999999999999"})) == {"accounts": 1, "changed": 1}
    assert hub.account(shop).owner == "Team New"
    calls.made.clear()
    assert hub.inventory().retag(frozenset({shop})) == {"accounts": 1, "changed": 0}
    assert calls.count("BatchWriteItem") == 0


def test_a_tree_that_is_not_read_to_its_end_loses_nobody_and_says_so(
    hub: Hub, organization: "OrganizationsClient", root: str
) -> None:
    workloads = unit(organization, root, "Workloads")
    shop = account(organization, "shop", workloads, {})
    hub.refresh()
    new = account(organization, "new", root, {})
    fail(
        organization,
        "ListAccountsForParent",
        "TooManyRequestsException",
        when=lambda params: params["ParentId"] == workloads,
    )
    with pytest.raises(InventoryError, match="the organization's tree"):
        hub.refresh(1)
    assert (hub.account(shop).status, hub.account(new).status) == ("ACTIVE", "ACTIVE")
    assert f"settings/{shop}.json" in hub.settings("us-east-1")


# What is wrong with their coverage


def test_a_spoke_that_falls_silent_opens_a_finding_that_closes_when_it_returns(
    hub: Hub, organization: "OrganizationsClient", root: str
) -> None:
    shop = account(organization, "shop", root, {})
    hub.refresh()
    for region in REGIONS:
        hub.beat(shop, region, 0.5)
    hub.refresh(2.4)
    assert hub.open("muster.spoke_silent") == []
    hub.beat(shop, "us-east-1", 2.5)
    hub.refresh(2.6)
    (silent,) = hub.open("muster.spoke_silent")
    assert (silent.account, silent.region, silent.severity) == (shop, "eu-central-1", Severity.HIGH)
    assert silent.resource == f"arn:aws:lambda:eu-central-1:{shop}:function:muster-spoke-heartbeat"
    assert silent.title == f"Spoke of account {shop} in eu-central-1 is silent: last heartbeat 2026-11-20 12:30 UTC"
    assert silent.updated_at == iso(NOW + timedelta(hours=2.5))
    hub.beat(shop, "eu-central-1", 3)
    hub.refresh(3.1)
    assert hub.open("muster.spoke_silent") == []
    hub.beat(shop, "us-east-1", 5.5)
    hub.refresh(5.6)
    (again,) = hub.open("muster.spoke_silent")
    assert (again.id, again.region) == (silent.id, "eu-central-1")


def test_a_spoke_that_never_came_is_missed_and_forgotten_when_nobody_expects_it(
    hub: Hub, organization: "OrganizationsClient", root: str
) -> None:
    shop = account(organization, "shop", root, {})
    hub.refresh()
    hub.refresh(1.9)
    assert hub.open("muster.spoke_silent") == []
    hub.refresh(2.1)
    found = hub.open("muster.spoke_silent")
    assert [(one.account, one.region) for one in found] == [(shop, region) for region in REGIONS]
    assert found[0].title.endswith("is silent: never heard of")
    hub.excluded = (shop,)
    hub.refresh(3)
    assert hub.open("muster.spoke_silent") == []
    hub.excluded = ()
    hub.refresh(4)
    hub.refresh(5.9)
    assert hub.open("muster.spoke_silent") == []
    hub.refresh(6.1)
    assert len(hub.open("muster.spoke_silent")) == 2


def test_an_account_outside_every_unit_is_uncovered_until_it_moves_is_excluded_or_leaves(
    hub: Hub, organization: "OrganizationsClient", root: str
) -> None:
    workloads, sandbox = unit(organization, root, "Workloads"), unit(organization, root, "Sandbox")
    shop, lost = account(organization, "shop", workloads, {}), account(organization, "lost", sandbox, {})
    excluded = account(organization, "excluded", sandbox, {})
    hub.targets, hub.excluded = (workloads,), (excluded,)
    hub.refresh()
    (found,) = hub.open("muster.account_uncovered")
    assert (found.account, found.severity, found.region) == (lost, Severity.LOW, "us-east-1")
    assert found.resource == f"arn:aws:iam::{lost}:root"
    organization.move_account(AccountId=shop, SourceParentId=workloads, DestinationParentId=sandbox)
    organization.move_account(AccountId=lost, SourceParentId=sandbox, DestinationParentId=workloads)
    hub.refresh(1)
    assert [one.account for one in hub.open("muster.account_uncovered")] == [shop]
    organization.remove_account_from_organization(AccountId=shop)
    hub.refresh(2)
    assert hub.open("muster.account_uncovered") == []


def test_an_unchanged_hour_with_open_findings_writes_nothing(
    hub: Hub, organization: "OrganizationsClient", root: str, calls: Any
) -> None:
    workloads = unit(organization, root, "Workloads")
    account(organization, "shop", workloads, {})
    account(organization, "lost", root, {})
    hub.targets = (workloads,)
    hub.refresh()
    hub.refresh(2.1)
    assert len(hub.open("muster.spoke_silent")) == 2
    calls.made.clear()
    hub.refresh(3.1)
    assert calls.count("PutItem") == calls.count("BatchWriteItem") == 0


# What is different in them


def test_settings_reach_every_region_and_follow_the_accounts(
    hub: Hub, organization: "OrganizationsClient", root: str
) -> None:
    workloads = unit(organization, root, "Workloads")
    shop = account(organization, "shop", workloads, {})
    hub.overrides = (Override(ous=(workloads,), settings={"skipped_checks": ["trail"]}),)
    hub.refresh()
    for region in REGIONS:
        assert hub.settings(region)[f"settings/{shop}.json"] == {"skipped_checks": ["trail"]}
    later = account(organization, "later", workloads, {})
    organization.move_account(AccountId=shop, SourceParentId=workloads, DestinationParentId=root)
    hub.refresh(1)
    assert hub.settings("us-east-1")[f"settings/{later}.json"] == {"skipped_checks": ["trail"]}
    assert hub.settings("us-east-1")[f"settings/{shop}.json"] == {}
    organization.remove_account_from_organization(AccountId=later)
    hub.refresh(2)
    assert f"settings/{later}.json" not in hub.settings("us-east-1")


def test_a_region_whose_bucket_refuses_hides_no_silent_spoke_and_holds_up_no_other_region(
    hub: Hub, organization: "OrganizationsClient", root: str
) -> None:
    shop = account(organization, "shop", root, {})
    hub.refresh()
    refusing = hub.s3(REGIONS[0])
    fail(refusing, "ListObjectsV2", "AccessDenied")
    usual = hub.aws
    hub.aws = lambda service, region: refusing if region == REGIONS[0] else usual(service, region)
    new = account(organization, "new", root, {})
    with pytest.raises(InventoryError, match=f"failed: settings in {REGIONS[0]}$"):
        hub.refresh(2.1)
    assert {one.account for one in hub.open("muster.spoke_silent")} == {shop}
    assert f"settings/{new}.json" in hub.settings(REGIONS[1])


def test_findings_that_cannot_be_stored_hold_up_no_settings(
    hub: Hub, organization: "OrganizationsClient", root: str, dynamodb: "DynamoDBClient"
) -> None:
    hub.refresh()
    fail(dynamodb, "Query", "ThrottlingException", when=lambda params: "IndexName" in params)
    new = account(organization, "new", root, {})
    with pytest.raises(InventoryError, match=r"failed: findings, retention$"):
        hub.refresh(1)
    assert f"settings/{new}.json" in hub.settings("us-east-1")


# The function


@pytest.fixture
def handle(
    hub: Hub, aws: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[[dict[str, Any]], dict[str, int]]]:
    for name, value in {"STATE_TABLE": "state", "FINDINGS_TABLE": "findings", "PREFIX": "muster"}.items():
        monkeypatch.setenv(name, value)
    scope = Scope(targets=hub.targets, regions=REGIONS, hub_account=HUB)
    (tmp_path / "scope.json").write_bytes(msgspec.json.encode(scope))
    (tmp_path / "overrides.json").write_bytes(b'[{"ous": ["r-none"], "settings": {"skipped_checks": ["trail"]}}]')
    monkeypatch.setattr(inventory, "_SCOPE", tmp_path / "scope.json")
    monkeypatch.setattr(inventory, "_OVERRIDES", tmp_path / "overrides.json")
    monkeypatch.setattr(inventory, "_DEPLOYED", tmp_path / "deployed.json")
    (tmp_path / "deployed.json").write_bytes(msgspec.json.encode(DEPLOYED))
    monkeypatch.setattr(inventory, "aws_client", aws)
    monkeypatch.setattr(inventory, "now", lambda: NOW)
    inventory._inventory.cache_clear()
    # What the tests above counted without the handler, which sends it.
    inventory.metrics.clear_metrics()
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 300_000)
    yield lambda event: refresh_handler(event, context)
    inventory._inventory.cache_clear()


def test_the_handler_says_how_many_accounts_there_are_and_counts_the_silent_spokes(
    handle: Callable[[dict[str, Any]], dict[str, int]],
    hub: Hub,
    organization: "OrganizationsClient",
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    account(organization, "shop", hub.targets[0], {})
    assert handle({}) == {"accounts": 2, "changed": 2}
    monkeypatch.setattr(inventory, "now", lambda: NOW + timedelta(hours=3))
    assert handle({}) == {"accounts": 2, "changed": 0}
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if f'"{SILENT_SPOKES}":[' in line]
    assert [(one[SILENT_SPOKES], one["service"]) for one in written] == [([0.0], "inventory"), ([2.0], "inventory")]
    assert hub.settings("us-east-1")


def test_the_handler_reads_only_tags_after_an_event_of_tags(
    handle: Callable[[dict[str, Any]], dict[str, int]], organization: "OrganizationsClient", root: str
) -> None:
    shop = account(organization, "shop", root, {"Owner": "a"})
    handle({})
    organization.tag_resource(ResourceId=shop, Tags=[{"Key": "Owner", "Value": "b"}])
    detail = {"eventName": "TagResource", "requestParameters": {"resourceId": shop}}
    assert handle({"detail-type": "AWS API Call via CloudTrail", "detail": detail}) == {"accounts": 1, "changed": 1}
