"""The organization's accounts, as Organizations has them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from hub import inventory
from hub.inventory import differences, refresh, refresh_handler
from hub.organization import listed_accounts
from hub.store.accounts import REMOVED, Account, AccountStore

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


def test_the_handler_says_how_many_accounts_there_are(
    organization: "OrganizationsClient",
    dynamodb: "DynamoDBClient",
    aws: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STATE_TABLE", "state")
    monkeypatch.setattr(inventory, "aws_client", aws)
    inventory._settings.cache_clear()
    assert refresh_handler({}, None) == {"accounts": 1, "changed": 1}
    inventory._settings.cache_clear()
