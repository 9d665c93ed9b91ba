"""From deployment targets to accounts and Regions."""

import re
from typing import Any

from localorg import organization, templates
from localorg.stacksets.model import Place, StackSet
from localorg.stacksets.wire import StackSetError

FILTERS = ("NONE", "INTERSECTION", "DIFFERENCE", "UNION")
OUS_ONLY = "StackSets with SERVICE_MANAGED permission model can only have OrganizationalUnit as target"


def check(given: dict[str, Any], regions: list[str]) -> dict[str, Any]:
    """The request's DeploymentTargets; StackSetError unless they name OUs that exist, and Regions are given.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeploymentTargets.html
    """
    targets: dict[str, Any] = given.get("DeploymentTargets") or {}
    ous = targets.get("OrganizationalUnitIds") or []
    if given.get("Accounts") or not ous:
        raise StackSetError("ValidationError", OUS_ONLY)
    if not regions:
        raise StackSetError("ValidationError", "Regions are required")
    unknown = [ou for ou in ous if not organization.exists(ou)]
    if unknown:
        raise StackSetError("ValidationError", f"Organizational units {unknown} do not exist")
    targets = _with_listed(targets)
    _check_filter(targets)
    return targets


def check_new(given: dict[str, Any], regions: list[str]) -> dict[str, Any]:
    """As `check`, for instances to be created: with accounts the filter must be said, and it cannot be UNION."""
    targets = check(given, regions)
    kind = targets.get("AccountFilterType")
    if kind == "UNION" or (targets.get("Accounts") and not kind):
        message = "Accounts need an AccountFilterType, and UNION is not supported, when stack instances are created"
        raise StackSetError("ValidationError", message)
    return targets


def check_known(one: StackSet, given: dict[str, Any], regions: list[str]) -> dict[str, Any]:
    """As `check`, for instances that exist: the stack set must have been deployed to the OUs, or within them."""
    targets = check(given, regions)
    strangers = [ou for ou in targets["OrganizationalUnitIds"] if not _is_known(one, ou)]
    if strangers:
        raise StackSetError("ValidationError", f"Organizational unit {strangers[0]} not found in StackSet")
    return targets


def _is_known(one: StackSet, ou: str) -> bool:
    above = organization.ids_above(ou).split("/")
    return bool({*one.ous}.intersection(above)) or any(_is_below(one, place, {ou}) for place in one.instances)


def _is_below(one: StackSet, place: Place, ous: set[str]) -> bool:
    """Whether the instance's account is in the OUs, or was when it was deployed to."""
    above = organization.ids_above(organization.parent_of(place[0])).split("/")
    return bool(ous.intersection([one.instances[place].target, *above]))


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
    accounts = targets.get("Accounts") or []
    kind = _filter(targets)
    if kind not in FILTERS:
        raise StackSetError("ValidationError", f"AccountFilterType must be one of {', '.join(FILTERS)}, not {kind}")
    if bool(accounts) != (kind != "NONE"):
        raise StackSetError("ValidationError", "Accounts and an AccountFilterType other than NONE go together")
    strangers = [account for account in accounts if organization.organization_id_of(account) is None]
    if strangers:
        raise StackSetError("ValidationError", f"Accounts {strangers} are not in the organization")


def _filter(targets: dict[str, Any]) -> str:
    return str(targets.get("AccountFilterType") or ("UNION" if targets.get("Accounts") else "NONE"))


def accounts(targets: dict[str, Any]) -> list[str]:
    """The accounts to create in: nested OUs included, never suspended ones or the management account."""
    inside = organization.accounts_under(targets["OrganizationalUnitIds"])
    named = set(targets.get("Accounts") or ())
    kind = _filter(targets)
    if kind == "INTERSECTION":
        return [account for account in inside if account in named]
    if kind == "DIFFERENCE":
        return [account for account in inside if account not in named]
    return inside


def places(targets: dict[str, Any], regions: list[str]) -> list[Place]:
    """Every account and Region of the targets."""
    return [(account, region) for region in regions for account in accounts(targets)]


def existing(one: StackSet, targets: dict[str, Any], regions: list[str]) -> list[Place]:
    """The instances that the targets mean, also those of accounts that were suspended since."""
    ous, named = set(targets["OrganizationalUnitIds"]), set(targets.get("Accounts") or ())
    kind = _filter(targets)

    def is_meant(place: Place) -> bool:
        inside, by_name = _is_below(one, place, ous), place[0] in named
        return {
            "INTERSECTION": inside and by_name,
            "DIFFERENCE": inside and not by_name,
            "UNION": inside or by_name,
        }.get(kind, inside)

    return [place for place in sorted(one.instances) if place[1] in regions and is_meant(place)]


def covering(ous: list[str], account: str) -> str:
    """Which of the OUs holds the account, the nearest first; empty if none does."""
    above = organization.ids_above(organization.parent_of(account)).split("/")
    return next((ou for ou in reversed(above) if ou in ous), "")
