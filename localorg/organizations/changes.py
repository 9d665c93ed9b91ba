"""The operations that change the tree."""

import time
from itertools import count
from typing import Any

from ministack.services import organizations

from localorg import organization
from localorg.organizations.answers import OrganizationsError, Payload, account_of, parent_in, public
from localorg.seed import MANAGEMENT, Seed

_created = count(1)


def create_ou(payload: Payload) -> dict[str, Any]:
    """Make an OU."""
    parent = parent_in(payload, "ParentId", "ParentNotFoundException")
    name = str(payload.get("Name", ""))
    if any((ou["_ParentId"], ou["Name"]) == (parent, name) for ou in organizations._ous.values()):
        raise OrganizationsError("DuplicateOrganizationalUnitException", f"An OU named {name} already exists.")
    ou = organization.add_ou(parent, name)
    organizations._tags[ou] = {tag["Key"]: tag["Value"] for tag in payload.get("Tags") or []}
    return {"OrganizationalUnit": public(organizations._ous[ou])}


def update_ou(payload: Payload) -> dict[str, Any]:
    """Rename an OU."""
    ou = organizations._ous.get(payload.get("OrganizationalUnitId"))
    if ou is None:
        raise OrganizationsError("OrganizationalUnitNotFoundException", "You specified an OU that doesn't exist.")
    ou["Name"] = payload.get("Name", ou["Name"])
    return {"OrganizationalUnit": public(ou)}


def delete_ou(payload: Payload) -> dict[str, Any]:
    """Delete an OU that is empty."""
    ou = payload.get("OrganizationalUnitId")
    if ou not in organizations._ous:
        raise OrganizationsError("OrganizationalUnitNotFoundException", "You specified an OU that doesn't exist.")
    children = [*organizations._ous.values(), *organizations._accounts.values()]
    if any(child["_ParentId"] == ou for child in children):
        raise OrganizationsError("OrganizationalUnitNotEmptyException", "The specified OU is not empty.")
    del organizations._ous[ou]
    return {}


def create_account(payload: Payload) -> dict[str, Any]:
    """Make an account below the root; it succeeds at once."""
    name, email = payload.get("AccountName"), payload.get("Email")
    if not name or not email:
        raise OrganizationsError("InvalidInputException", "You must provide Email and AccountName.")
    now = int(time.time())
    status = {"Id": f"car-{time.time_ns():x}", "AccountName": name, "RequestedTimestamp": now}
    if any(account["Email"] == email for account in organization.members()):
        status |= {"State": "FAILED", "FailureReason": "EMAIL_ALREADY_EXISTS", "CompletedTimestamp": now}
    else:
        account = f"6666{next(_created):08d}"
        organization.add_account(Seed(account, name, (), "", ""), organization.ROOT)
        organizations._accounts[account]["Email"] = email
        organizations._tags[account] = {tag["Key"]: tag["Value"] for tag in payload.get("Tags") or []}
        status |= {"State": "SUCCEEDED", "AccountId": account, "CompletedTimestamp": now}
        organization.announce(account)
    organizations._create_statuses[status["Id"]] = status
    return {"CreateAccountStatus": status}


def move_account(payload: Payload) -> dict[str, Any]:
    """Move an account from its root or OU to another."""
    account = account_of(payload)
    source = parent_in(payload, "SourceParentId", "SourceParentNotFoundException")
    destination = parent_in(payload, "DestinationParentId", "DestinationParentNotFoundException")
    if account["_ParentId"] != source:
        raise OrganizationsError("AccountNotFoundException", "The account is not in the specified source parent.")
    if source == destination:
        raise OrganizationsError("DuplicateAccountException", "That account is already in the specified destination.")
    _change(account, _ParentId=destination)
    return {}


def close_account(payload: Payload) -> dict[str, Any]:
    """Close (suspend) an account."""
    account = account_of(payload)
    if account["Id"] == MANAGEMENT:
        raise OrganizationsError("ConstraintViolationException", "You can't close the management account.")
    if account["Status"] != "ACTIVE":
        raise OrganizationsError("AccountAlreadyClosedException", "You attempted to close an account already closed.")
    _change(account, Status="SUSPENDED", State="CLOSED")
    return {}


def _change(account: dict[str, Any], **changes: str) -> None:
    organizations._accounts[account["Id"]] = {**account, **changes}
    organization.announce(account["Id"])


def refuse_organization(_payload: Payload) -> dict[str, Any]:
    """There is one organization already."""
    raise OrganizationsError("AlreadyInOrganizationException", "The AWS account is already a member.")
