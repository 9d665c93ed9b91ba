"""The emulated organization: its tree, its accounts, and who administers it."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import organizations

from localorg.seed import HUB, MANAGEMENT, Seed, seeds

ORGANIZATION = "o-exampleorgid"
ROOT = "r-examplerootid111"
STACKSETS_PRINCIPAL = "member.org.stacksets.cloudformation.amazonaws.com"
# MiniStack's own ARNs know this partition only.
PARTITION = "aws"


@dataclass
class Administration:
    """Who may act for the organization: trusted services, and delegated administrators per service (epoch seconds)."""

    trusted: dict[str, float]
    delegated: dict[str, dict[str, float]]


ADMINISTRATION = Administration({}, {})
# Called with the account's id after it was created, moved or closed.
OBSERVERS: list[Callable[[str], None]] = []


@contextmanager
def as_management() -> Iterator[None]:
    """The scope in which MiniStack keeps the one organization."""
    with request_scope(MANAGEMENT, "us-east-1"):
        yield


def arn(kind: str, name: str) -> str:
    """The ARN of one of the organization's parts."""
    return f"arn:{PARTITION}:organizations::{MANAGEMENT}:{kind}/{ORGANIZATION}/{name}"


def build(members: int, *, bare: bool = False) -> None:
    """Make the organization with its tree, the hub and `members` member accounts.

    The hub administers StackSets, unless the organization is to be bare: nothing is delegated then.
    """
    with as_management():
        _found()
        for seed in seeds(members):
            parent = ROOT
            for name in seed.path:
                parent = _ou_named(parent, name)
            add_account(seed, parent)
    if bare:
        return
    now = time.time()
    ADMINISTRATION.trusted[STACKSETS_PRINCIPAL] = now
    ADMINISTRATION.delegated[HUB] = {STACKSETS_PRINCIPAL: now}


def _found() -> None:
    organizations._ensure_org()
    made = organizations._orgs["self"]
    made.update(
        Id=ORGANIZATION,
        Arn=f"arn:{PARTITION}:organizations::{MANAGEMENT}:organization/{ORGANIZATION}",
        MasterAccountArn=arn("account", MANAGEMENT),
        MasterAccountEmail="management@example.com",
    )
    (old,) = organizations._roots.keys()
    organizations._roots[ROOT] = {**organizations._roots.pop(old), "Id": ROOT, "Arn": arn("root", ROOT)}
    full_access = organizations._attachments[organizations.FULL_ACCESS_POLICY_ID]
    organizations._attachments[organizations.FULL_ACCESS_POLICY_ID] = [ROOT, *(x for x in full_access if x != old)]
    organizations._accounts.pop(MANAGEMENT)
    add_account(Seed(MANAGEMENT, "management", (), "management", "production"), ROOT, joined="INVITED")


def add_account(seed: Seed, parent: str, joined: str = "CREATED") -> None:
    """Put an account with its tags under the root or OU `parent`."""
    organizations._accounts[seed.id] = {
        "Id": seed.id,
        "Arn": arn("account", seed.id),
        "Email": f"{seed.name}@example.com",
        "Name": seed.name,
        "Status": "ACTIVE",
        "State": "ACTIVE",
        "JoinedMethod": joined,
        "JoinedTimestamp": int(time.time()),
        "_ParentId": parent,
    }
    organizations._tags[seed.id] = seed.tags


def _ou_named(parent: str, name: str) -> str:
    found = [key for key, ou in organizations._ous.items() if (ou["_ParentId"], ou["Name"]) == (parent, name)]
    return found[0] if found else add_ou(parent, name)


def add_ou(parent: str, name: str) -> str:
    """Make an OU under `parent`; its id follows from its place, so that it is the same in every run."""
    digest = hashlib.sha256(f"{parent}/{name}".encode()).hexdigest()[:10]
    ou = f"ou-{ROOT.removeprefix('r-')}-{digest}"
    organizations._ous[ou] = {"Id": ou, "Arn": arn("ou", ou), "Name": name, "_ParentId": parent}
    return ou


def parent_of(account: str) -> str:
    """The root or OU that holds the account."""
    with as_management():
        return str(organizations._accounts[account]["_ParentId"])


def path_of(parent: str) -> str:
    """Where a root or OU stands, as people write it: "Root/Workloads/Production"."""
    with as_management():
        ou = organizations._ous.get(parent)
    return f"{path_of(ou['_ParentId'])}/{ou['Name']}" if ou else "Root"


def ids_above(parent: str) -> str:
    """Where a root or OU stands, as AWS writes it: "o-…/r-…/ou-…"."""
    with as_management():
        ou = organizations._ous.get(parent)
    return f"{ids_above(ou['_ParentId'])}/{parent}" if ou else f"{ORGANIZATION}/{ROOT}"


def accounts_under(parents: list[str]) -> list[str]:
    """Active member accounts anywhere below these roots and OUs, never the management account; sorted."""
    with as_management():
        accounts = organizations._accounts.values()
    wanted = set(parents)
    return sorted(
        account["Id"]
        for account in accounts
        if account["Status"] == "ACTIVE"
        and account["Id"] != MANAGEMENT
        and wanted.intersection(ids_above(account["_ParentId"]).split("/"))
    )


def members() -> list[dict[str, Any]]:
    """Every account's record, in the order in which they joined."""
    with as_management():
        return list(organizations._accounts.values())


def exists(parent: str) -> bool:
    """Whether the root or OU is in the organization."""
    with as_management():
        return parent in organizations._ous or parent in organizations._roots


def organization_id_of(account: str) -> str | None:
    """The organization's id for its accounts, None for a stranger."""
    with as_management():
        return ORGANIZATION if account in organizations._accounts else None


def is_active(account: str) -> bool:
    """Whether the account is in the organization and not closed."""
    with as_management():
        return bool(organizations._accounts.get(account, {}).get("Status") == "ACTIVE")


def is_delegated(account: str, principal: str | None = None) -> bool:
    """Whether the account is a delegated administrator (of that service, if given)."""
    services = ADMINISTRATION.delegated.get(account, {})
    return principal in services if principal else bool(services)


def announce(account: str) -> None:
    """Tell everyone who follows the tree that an account came, moved or went."""
    for observer in OBSERVERS:
        observer(account)


def describe() -> dict[str, Any]:
    """The organization as the gateway prints it when it is ready."""
    with as_management():
        ous = {path_of(ou): ou for ou in organizations._ous}
    return {
        "id": ORGANIZATION,
        "root": ROOT,
        "management": MANAGEMENT,
        "hub": HUB,
        "members": [
            {"id": account["Id"], "name": account["Name"], "ou_path": path_of(account["_ParentId"])}
            for account in members()
            if account["Id"] not in (MANAGEMENT, HUB)
        ],
        "ous": ous,
    }
