"""Whether the hub account is whom the organization lets roll out and read."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from generator.config import Config, Trail
from generator.delegation.grants import CLOUDTRAIL, PRINCIPALS, STACK_SETS
from generator.doctor.diagnosis import Hub, Verdict, failed, well
from generator.rollout.operation import CALL_AS

DELEGATE = "`muster delegate` with credentials of the management account; `muster delegate --print` shows its commands"
_SERVICES = {
    STACK_SETS: "StackSets",
    CLOUDTRAIL: "CloudTrail",
    **dict(PRINCIPALS.values()),
}


def credentials(hub: Hub) -> Verdict:
    """Look whose credentials these are."""
    wanted = hub.config.aws.hub_account
    account = hub.client("sts").get_caller_identity()["Account"]
    if account == wanted:
        return well(f"of the hub account {account}")
    return failed(
        f"of account {account}, aws.hub_account is {wanted}", "set aws.profile in muster.toml, or AWS_PROFILE"
    )


def organization(hub: Hub) -> Verdict:
    """Look whether the account is in the organization of the settings; any member may ask."""
    client = hub.client("organizations")
    try:
        found = client.describe_organization()["Organization"]
    except client.exceptions.AWSOrganizationsNotInUseException:
        return failed("the hub account is in none", f"invite it into {hub.config.organization.id}")
    return next(_misfits(hub.config, found), well(f"{found['Id']}, managed by {found['MasterAccountId']}"))


def _misfits(config: Config, found: dict[str, Any]) -> Iterator[Verdict]:
    identifier, management = found["Id"], found["MasterAccountId"]
    if identifier != config.organization.id:
        yield failed(
            f"the account is in {identifier}, organization.id is {config.organization.id}",
            f'set id = "{identifier}" in [organization] of muster.toml',
        )
    if config.aws.hub_account == management:
        yield failed(f"the hub {management} is the management account", "choose a member account as aws.hub_account")
    if config.organization.management_account not in {"", management}:
        yield failed(
            f"it is managed by {management}, organization.management_account is another",
            f'set management_account = "{management}" in [organization] of muster.toml',
        )
    if found["FeatureSet"] != "ALL":
        yield failed("it has consolidated billing only", "`aws organizations enable-all-features`, management account")


def administrator(hub: Hub) -> Verdict:
    """Look whether the hub administers what it rolls out with."""
    account = hub.config.aws.hub_account
    has_trail = hub.config.spoke.trail is Trail.ORGANIZATION
    enabled = [PRINCIPALS[one][0] for one in hub.config.enable.services]
    wanted = [STACK_SETS, *([CLOUDTRAIL] if has_trail else []), *enabled]
    missing = [_SERVICES[one] for one in wanted if one not in _administered(hub, account)]
    if missing:
        return failed(f"{account} is not the delegated administrator of {', '.join(missing)}", DELEGATE)
    return well(f"{account} administers {', '.join(_SERVICES[one] for one in wanted)}")


def _administered(hub: Hub, account: str) -> list[str]:
    """Return the services; an account that administers none may not even ask."""
    paginator = hub.client("organizations").get_paginator("list_delegated_services_for_account")
    try:
        return [
            one["ServicePrincipal"]
            for page in paginator.paginate(AccountId=account)
            for one in page["DelegatedServices"]
        ]
    except ClientError as error:
        if is_refused_by_organization(error):
            return []
        raise


def trusted_access(hub: Hub) -> Verdict:
    """Look whether StackSets may work in the organization."""
    try:
        status = hub.client("cloudformation").describe_organizations_access(CallAs=CALL_AS)["Status"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return failed("only a delegated administrator may see it", DELEGATE)
    if status == "ENABLED":
        return well("StackSets may work in the organization")
    return failed(f"StackSets' access to the organization is {status}", DELEGATE)


def reading(hub: Hub) -> Verdict:
    """Make the calls that the hub's functions make."""
    client = hub.client("organizations")
    refused: list[str] = []
    account = hub.config.aws.hub_account
    roots = _asked(refused, client.list_roots).get("Roots", [])
    _asked(refused, client.list_accounts, MaxResults=1)
    _asked(refused, client.list_tags_for_resource, ResourceId=account)
    for root in roots:
        _asked(refused, client.list_accounts_for_parent, ParentId=root["Id"])
        _asked(refused, client.list_organizational_units_for_parent, ParentId=root["Id"])
    if refused:
        return failed(f"Organizations refuses {', '.join(refused)}", DELEGATE)
    return well("the hub may read accounts, units and tags")


def _asked(refused: list[str], call: Any, **arguments: Any) -> dict[str, Any]:
    try:
        return dict(call(**arguments))
    except ClientError as error:
        if not is_refused_by_organization(error):
            raise
        refused.append(error.operation_name)
        return {}


def is_refused_by_organization(error: ClientError) -> bool:
    """Return whether it is the organization that refuses; IAM names what the caller is not authorized to perform."""
    refusal = error.response["Error"]
    return refusal["Code"] == "AccessDeniedException" and "not authorized" not in refusal["Message"]
