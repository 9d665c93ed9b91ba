"""Security Hub for an organization: its administrator in each Region, the members, the linked Regions."""

import time

from ministack.core.responses import get_account_id, get_region, new_uuid

from localorg import organization
from localorg.answers import ApiError
from localorg.organization import ADMINISTRATION, PARTITION
from localorg.securityhub.hubs import ADMINISTRATORS, HUBS, NONE, Body, Hub, hub_here
from localorg.seed import MANAGEMENT

ENABLED = "ENABLED"
PRINCIPAL = "securityhub.amazonaws.com"


def name_administrator(body: Body) -> Body:
    """EnableOrganizationAdminAccount: by the management account, in this Region; turns Security Hub on there."""
    account, region = _named(body), get_region()
    if ADMINISTRATORS.get(region, account) != account:
        raise ApiError("ResourceConflictException", f"{ADMINISTRATORS[region]} is the administrator already")
    ADMINISTRATORS[region] = account
    HUBS.setdefault((account, region), Hub())
    ADMINISTRATION.trusted.setdefault(PRINCIPAL, time.time())
    ADMINISTRATION.delegated.setdefault(account, {}).setdefault(PRINCIPAL, time.time())
    return {"AdminAccountId": account, "Feature": "SecurityHub"}


def dismiss_administrator(body: Body) -> Body:
    """DisableOrganizationAdminAccount: its members are its no more."""
    account, region = _named(body), get_region()
    if ADMINISTRATORS.get(region) != account:
        raise ApiError("InvalidInputException", f"{account} is not the administrator")
    del ADMINISTRATORS[region]
    HUBS[account, region].members.clear()
    if account not in ADMINISTRATORS.values():
        ADMINISTRATION.delegated.get(account, {}).pop(PRINCIPAL, None)
    return {}


def list_administrators(_body: Body) -> Body:
    """ListOrganizationAdminAccounts."""
    _check_management()
    named = ADMINISTRATORS.get(get_region())
    return {"AdminAccounts": [{"AccountId": named, "Status": ENABLED}] if named else [], "Feature": "SecurityHub"}


def describe_organization(_body: Body) -> Body:
    """DescribeOrganizationConfiguration."""
    return {"MemberAccountLimitReached": False, **_administered().organization}


def configure_organization(body: Body) -> Body:
    """UpdateOrganizationConfiguration: with AutoEnable, accounts that join later are members with Security Hub on."""
    hub = _administered()
    known = ("AutoEnable", "AutoEnableStandards", "OrganizationConfiguration")
    configured = {name: body[name] for name in known if name in body}
    if is_central(configured):
        _check_central(hub, configured)
        configured["OrganizationConfiguration"] = {"ConfigurationType": "CENTRAL", "Status": ENABLED}
    hub.organization = {**hub.organization, **configured}
    return {}


def is_central(configured: Body) -> bool:
    """Whether an organization's configuration is the central one, by policies."""
    return (configured.get("OrganizationConfiguration") or {}).get("ConfigurationType") == "CENTRAL"


def _check_central(hub: Hub, configured: Body) -> None:
    if hub.aggregator is None:
        raise ApiError(
            "InvalidInputException", "Central configuration needs a home Region: create a finding aggregator"
        )
    if configured.get("AutoEnable") or configured.get("AutoEnableStandards") != "NONE":
        raise ApiError(
            "InvalidInputException", "Central configuration needs AutoEnable false and AutoEnableStandards NONE"
        )


def follow(account: str) -> None:
    """Make an account that came to the organization a member wherever that is automatic."""
    for region, administrator in ADMINISTRATORS.items():
        hub = HUBS[administrator, region]
        if hub.organization["AutoEnable"] and organization.is_active(account) and account != administrator:
            hub.members.add(account)
            HUBS.setdefault((account, region), Hub())


def create_members(body: Body) -> Body:
    """CreateMembers: of the organization, whose Security Hub turns on by that."""
    hub, region, refused = _administered(), get_region(), []
    for one in body.get("AccountDetails") or []:
        account = one["AccountId"]
        if not organization.is_active(account) or account == get_account_id():
            refused.append({"AccountId": account, "ProcessingResult": "the account cannot be a member"})
            continue
        hub.members.add(account)
        HUBS.setdefault((account, region), Hub())
    return {"UnprocessedAccounts": refused}


def list_members(_body: Body) -> Body:
    """ListMembers."""
    members = sorted(_administered().members)
    return {"Members": [{"AccountId": one, "MemberStatus": ENABLED} for one in members]}


def delete_members(body: Body) -> Body:
    """DisassociateMembers and DeleteMembers: their Security Hub stays on."""
    _administered().members.difference_update(body.get("AccountIds") or [])
    return {"UnprocessedAccounts": []}


def create_aggregator(body: Body) -> Body:
    """CreateFindingAggregator: one in an account, in its home Region."""
    hub = hub_here()
    if any(one.aggregator for place, one in HUBS.items() if place[0] == get_account_id()):
        raise ApiError("ResourceConflictException", "there is a finding aggregator")
    arn = f"arn:{PARTITION}:securityhub:{get_region()}:{get_account_id()}:finding-aggregator/{new_uuid()}"
    hub.aggregator = {"FindingAggregatorArn": arn, "FindingAggregationRegion": get_region(), **_linking(body)}
    return hub.aggregator


def update_aggregator(body: Body) -> Body:
    """UpdateFindingAggregator: in its home Region only."""
    hub = hub_here()
    hub.aggregator = {**_aggregator(body), **_linking(body)}
    return hub.aggregator


def describe_aggregator(body: Body) -> Body:
    """GetFindingAggregator."""
    return _aggregator(body)


def delete_aggregator(body: Body) -> Body:
    """DeleteFindingAggregator."""
    _aggregator(body)
    hub_here().aggregator = None
    return {}


def list_aggregators(_body: Body) -> Body:
    """ListFindingAggregators: from any Region."""
    hub_here()
    mine = [hub.aggregator for place, hub in HUBS.items() if place[0] == get_account_id() and hub.aggregator]
    return {"FindingAggregators": [{"FindingAggregatorArn": one["FindingAggregatorArn"]} for one in mine]}


def _check_management() -> None:
    if get_account_id() != MANAGEMENT:
        raise ApiError("AccessDeniedException", "You must be the organization's management account")


def _named(body: Body) -> str:
    _check_management()
    account = str(body.get("AdminAccountId", ""))
    if not organization.is_active(account) or account == MANAGEMENT:
        raise ApiError("InvalidInputException", f"{account} cannot be the administrator")
    return account


def _administered() -> Hub:
    hub = hub_here()
    if ADMINISTRATORS.get(get_region()) != get_account_id():
        raise ApiError("InvalidAccessException", "The account is not the organization's administrator")
    return hub


def _aggregator(body: Body) -> Body:
    found = hub_here().aggregator
    if not found or found["FindingAggregatorArn"] != body.get("FindingAggregatorArn"):
        raise ApiError("ResourceNotFoundException", "there is no such finding aggregator in this Region")
    return found


def _linking(body: Body) -> Body:
    mode = body.get("RegionLinkingMode", NONE)
    return {"RegionLinkingMode": mode, "Regions": body.get("Regions") or []}
