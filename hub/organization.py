"""Reads AWS Organizations: the accounts, their place in the tree, their tags."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from contract.clock import iso
from hub.detections.exclusions import Place
from hub.store.accounts import Account

if TYPE_CHECKING:
    from mypy_boto3_organizations import OrganizationsClient

Path = tuple[tuple[str, str], ...]


def places_of(accounts: Iterable[Account]) -> dict[str, Place]:
    """Return where accounts stand, by id, as exclusions ask for it."""
    return {one.id: Place(ou_ids=one.ou_ids, ou_path=one.ou_path, tags=one.tags) for one in accounts}


def listed_accounts(client: "OrganizationsClient") -> list[Account]:
    """Return every account, without its place in the tree and its tags: few calls."""
    pages = client.get_paginator("list_accounts").paginate()
    return [_account(raw) for page in pages for raw in page["Accounts"]]


def placed_accounts(client: "OrganizationsClient") -> Iterator[Account]:
    """Yield every account with its OUs (from the root down), without tags: a few calls for each OU."""
    for page in client.get_paginator("list_roots").paginate():
        for root in page["Roots"]:
            yield from _below(client, ((root["Id"], root["Name"]),))


def account_tags(client: "OrganizationsClient", account: str) -> dict[str, str]:
    """Return an account's tags."""
    pages = client.get_paginator("list_tags_for_resource").paginate(ResourceId=account)
    return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


def _below(client: "OrganizationsClient", path: Path) -> Iterator[Account]:
    parent = path[-1][0]
    for accounts in client.get_paginator("list_accounts_for_parent").paginate(ParentId=parent):
        yield from (_account(raw, path) for raw in accounts["Accounts"])
    for units in client.get_paginator("list_organizational_units_for_parent").paginate(ParentId=parent):
        for unit in units["OrganizationalUnits"]:
            yield from _below(client, (*path, (unit["Id"], unit["Name"])))


def _account(raw: Any, path: Path = ()) -> Account:
    joined = raw.get("JoinedTimestamp")
    return Account(
        id=raw["Id"],
        name=raw.get("Name", ""),
        email=raw.get("Email", ""),
        ou_path="/".join(name for _, name in path),
        ou_ids=tuple(identifier for identifier, _ in path),
        # `State` takes the place of `Status`, which Organizations retires in September 2026.
        status=raw.get("State") or raw.get("Status", ""),
        joined=iso(joined) if joined else "",
        # An account's ARN names the management account that owns the organization, then the account itself.
        is_management=f"::{raw['Id']}:account/" in raw.get("Arn", ""),
    )
