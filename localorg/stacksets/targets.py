"""From deployment targets to accounts and Regions."""

import re
from typing import Any

from localorg import organization, templates
from localorg.stacksets.model import Place, StackSet
from localorg.stacksets.wire import StackSetError

FILTERS = ("NONE", "INTERSECTION", "DIFFERENCE", "UNION")


def check(given: dict[str, Any], regions: list[str]) -> dict[str, Any]:
    """The request's DeploymentTargets; StackSetError unless they name OUs that exist, and Regions are given."""
    targets: dict[str, Any] = given.get("DeploymentTargets") or {}
    ous = targets.get("OrganizationalUnitIds") or []
    if given.get("Accounts"):
        raise StackSetError(
            "ValidationError", "Specify DeploymentTargets, not Accounts, for SERVICE_MANAGED stack sets"
        )
    if not ous:
        raise StackSetError("ValidationError", "OrganizationalUnitIds are required for SERVICE_MANAGED stack sets")
    if not regions:
        raise StackSetError("ValidationError", "Regions are required")
    unknown = [ou for ou in ous if not organization.exists(ou)]
    if unknown:
        raise StackSetError("ValidationError", f"Organizational units {unknown} do not exist")
    targets = _with_listed(targets)
    _check_filter(targets)
    return targets


def _with_listed(targets: dict[str, Any]) -> dict[str, Any]:
    """The targets with the accounts of the file that AccountsUrl names, one per line or separated by commas."""
    if not targets.get("AccountsUrl"):
        return targets
    try:
        listed = re.findall(r"\d{12}", templates.read(targets["AccountsUrl"]))
    except templates.TemplateError as error:
        raise StackSetError("ValidationError", str(error)) from error
    return {**targets, "Accounts": [*targets.get("Accounts", []), *listed]}


def _check_filter(targets: dict[str, Any]) -> None:
    kind, accounts = targets.get("AccountFilterType", "NONE"), targets.get("Accounts") or []
    if kind not in FILTERS:
        raise StackSetError("ValidationError", f"AccountFilterType must be one of {', '.join(FILTERS)}, not {kind}")
    if bool(accounts) != (kind != "NONE"):
        raise StackSetError("ValidationError", "Accounts and an AccountFilterType other than NONE go together")
    strangers = [account for account in accounts if organization.organization_id_of(account) is None]
    if strangers:
        raise StackSetError("ValidationError", f"Accounts {strangers} are not in the organization")


def accounts(targets: dict[str, Any]) -> list[str]:
    """The accounts that the targets mean: nested OUs included, never suspended ones or the management account."""
    inside = organization.accounts_under(targets["OrganizationalUnitIds"])
    named = set(targets.get("Accounts") or ())
    kind = targets.get("AccountFilterType", "NONE")
    if kind == "INTERSECTION":
        return [account for account in inside if account in named]
    if kind == "DIFFERENCE":
        return [account for account in inside if account not in named]
    if kind == "UNION":
        everyone = organization.accounts_under([organization.ROOT])
        return [account for account in everyone if account in named or account in inside]
    return inside


def places(targets: dict[str, Any], regions: list[str]) -> list[Place]:
    """Every account and Region of the targets."""
    return [(account, region) for region in regions for account in accounts(targets)]


def existing(one: StackSet, targets: dict[str, Any], regions: list[str]) -> list[Place]:
    """The instances that the targets mean, also those of accounts that were suspended since."""
    ous, named = set(targets["OrganizationalUnitIds"]), set(targets.get("Accounts") or ())
    kind = targets.get("AccountFilterType", "NONE")

    def is_meant(account: str) -> bool:
        inside = bool(ous.intersection(organization.ids_above(organization.parent_of(account)).split("/")))
        by_name = account in named
        return {
            "INTERSECTION": inside and by_name,
            "DIFFERENCE": inside and not by_name,
            "UNION": inside or by_name,
        }.get(kind, inside)

    return [place for place in sorted(one.instances) if place[1] in regions and is_meant(place[0])]


def covering(one: StackSet, account: str) -> str:
    """Which of the stack set's target OUs holds the account; empty if none does."""
    above = organization.ids_above(organization.parent_of(account)).split("/")
    return next((ou for ou in reversed(above) if ou in one.ous), "")
