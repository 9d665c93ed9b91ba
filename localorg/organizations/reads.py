"""The operations that show the organization."""

from typing import Any

from ministack.services import organizations

from localorg import organization
from localorg.organizations.answers import (
    OrganizationsError,
    Payload,
    account_of,
    page,
    parent_in,
    public,
    show,
)


def list_accounts(payload: Payload) -> dict[str, Any]:
    """Every account of the organization."""
    return page("Accounts", [show(account) for account in organization.members()], payload)


def describe_account(payload: Payload) -> dict[str, Any]:
    """One account."""
    return {"Account": show(account_of(payload))}


def list_accounts_for_parent(payload: Payload) -> dict[str, Any]:
    """The accounts directly below a root or OU."""
    parent = parent_in(payload, "ParentId", "ParentNotFoundException")
    found = [show(account) for account in organization.members() if account["_ParentId"] == parent]
    return page("Accounts", found, payload)


def list_roots(payload: Payload) -> dict[str, Any]:
    """The one root."""
    return page("Roots", [public(root) for root in organizations._roots.values()], payload)


def list_ous_for_parent(payload: Payload) -> dict[str, Any]:
    """The OUs directly below a root or OU."""
    parent = parent_in(payload, "ParentId", "ParentNotFoundException")
    found = [public(ou) for ou in organizations._ous.values() if ou["_ParentId"] == parent]
    return page("OrganizationalUnits", found, payload)


def list_children(payload: Payload) -> dict[str, Any]:
    """The ids of the accounts or OUs directly below a root or OU."""
    parent = parent_in(payload, "ParentId", "ParentNotFoundException")
    stores = {"ACCOUNT": organizations._accounts, "ORGANIZATIONAL_UNIT": organizations._ous}
    kind = payload.get("ChildType", "")
    if kind not in stores:
        raise OrganizationsError("InvalidInputException", f"You provided an invalid value for ChildType: {kind}")
    found = [{"Id": key, "Type": kind} for key, child in stores[kind].items() if child["_ParentId"] == parent]
    return page("Children", found, payload)


def list_parents(payload: Payload) -> dict[str, Any]:
    """The root or OU above an account or OU."""
    child = payload.get("ChildId")
    record = organizations._ous.get(child) or organizations._accounts.get(child)
    if record is None:
        raise OrganizationsError("ChildNotFoundException", f"You specified a child that doesn't exist: {child}")
    kind = "ROOT" if record["_ParentId"] == organization.ROOT else "ORGANIZATIONAL_UNIT"
    return page("Parents", [{"Id": record["_ParentId"], "Type": kind}], payload)


def list_tags(payload: Payload) -> dict[str, Any]:
    """The tags of an account, OU, root or policy."""
    resource = payload.get("ResourceId")
    if not organizations._resource_exists(resource):
        raise OrganizationsError("TargetNotFoundException", f"You specified a target that doesn't exist: {resource}")
    return page("Tags", organizations._tag_list(resource), payload)
