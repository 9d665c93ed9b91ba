"""The organization's accounts, as Organizations has them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from contract.clock import iso
from contract.names import SILENT_SPOKES
from contract.spoke_events import Heartbeat
from hub import inventory
from hub.inventory import differences, refresh, refresh_handler, silent_spokes
from hub.organization import listed_accounts
from hub.store.accounts import REMOVED, Account, AccountStore
from hub.store.spokes import Spoke, SpokeStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_organizations import OrganizationsClient


@pytest.fixture
def organization(aws: Callable[[str], Any]) -> "OrganizationsClient":
    client: OrganizationsClient = aws("organizations")
    client.create_organization(FeatureSet="ALL")
    return client


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


def test_the_tree_is_read_with_paths_tags_and_owners(
    organization: "OrganizationsClient", dynamodb: "DynamoDBClient"
) -> None:
    root = organization.list_roots()["Roots"][0]["Id"]
    workloads = unit(organization, root, "Workloads")
    production = unit(organization, workloads, "Production")
    shop = account(organization, "shop", production, {"Owner": "Team Shop", "Cost": "1"})
    store = AccountStore(dynamodb, "state")
    assert refresh(organization, store, "Owner") == (2, 2)
    found = store.get(shop)
    assert found is not None
    assert (found.name, found.email, found.owner) == ("shop", "shop@example.com", "Team Shop")
    assert (found.ou_path, found.ou_ids) == ("Root/Workloads/Production", (root, workloads, production))
    assert found.tags == {"Owner": "Team Shop", "Cost": "1"}
    assert found.joined.endswith("Z")


def test_one_account_is_the_management_account(organization: "OrganizationsClient", dynamodb: "DynamoDBClient") -> None:
    account(organization, "shop", organization.list_roots()["Roots"][0]["Id"], {})
    store = AccountStore(dynamodb, "state")
    refresh(organization, store, "Owner")
    assert [one.name for one in store.all() if one.is_management] == ["master"]


def test_what_did_not_change_is_not_written_again(
    organization: "OrganizationsClient", dynamodb: "DynamoDBClient", calls: Any
) -> None:
    store = AccountStore(dynamodb, "state")
    refresh(organization, store, "Owner")
    calls.made.clear()
    assert refresh(organization, store, "Owner") == (1, 0)
    assert calls.count("BatchWriteItem") == 0


def test_an_account_that_left_is_marked_once_and_stays() -> None:
    gone = Account(id="1", name="gone", ou_path="Root/Old")
    (marked,) = differences([gone], [])
    assert (marked.name, marked.ou_path, marked.status) == ("gone", "Root/Old", REMOVED)
    assert differences([marked], []) == []


def test_an_account_that_comes_back_is_active_again() -> None:
    here = Account(id="1", name="here")
    assert differences([Account(id="1", name="here", status=REMOVED)], [here]) == [here]


def test_the_short_list_has_every_account(organization: "OrganizationsClient") -> None:
    root = organization.list_roots()["Roots"][0]["Id"]
    account(organization, "shop", unit(organization, root, "Workloads"), {})
    assert {one.name for one in listed_accounts(organization)} == {"master", "shop"}


NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def spoke(account: str, hours_ago: float) -> Spoke:
    heartbeat = Heartbeat(account=account, region="eu-west-1", version="1", config_hash="a", interval_seconds=3600)
    return Spoke(heartbeat, iso(NOW - timedelta(hours=hours_ago)))


def test_a_spoke_that_misses_two_heartbeats_is_silent_unless_its_account_is_gone() -> None:
    spokes = [spoke("1", 2.5), spoke("2", 1.9), spoke("3", 9), spoke("4", 9), spoke("5", 9)]
    accounts = [Account(id="1", name="a"), Account(id="2", name="b"), Account(id="3", name="c", status=REMOVED)]
    accounts += [Account(id="4", name="d", status="SUSPENDED")]
    assert silent_spokes(spokes, accounts, NOW) == ["1 eu-west-1"]


def test_the_handler_says_how_many_accounts_there_are_and_counts_the_silent_spokes(
    organization: "OrganizationsClient",
    dynamodb: "DynamoDBClient",
    aws: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("STATE_TABLE", "state")
    monkeypatch.setattr(inventory, "aws_client", aws)
    inventory._settings.cache_clear()
    monkeypatch.setattr(inventory, "now", lambda: NOW)
    assert refresh_handler({}, None) == {"accounts": 1, "changed": 1}
    (only,) = AccountStore(dynamodb, "state").all()
    SpokeStore(dynamodb, "state").beat(spoke(only.id, 3).heartbeat, spoke(only.id, 3).seen_at)
    assert refresh_handler({}, None) == {"accounts": 1, "changed": 0}
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if SILENT_SPOKES in line]
    assert [(one[SILENT_SPOKES], one["service"]) for one in written] == [([0.0], "inventory"), ([1.0], "inventory")]
    inventory._settings.cache_clear()
