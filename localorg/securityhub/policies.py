"""Security Hub's central configuration: policies, and the root, units and accounts that follow them."""

from ministack.core.responses import get_account_id, get_region, new_uuid

from localorg import organization
from localorg.answers import ApiError
from localorg.organization import PARTITION
from localorg.securityhub.administration import is_central
from localorg.securityhub.hubs import ADMINISTRATORS, HUBS, Body, Hub, hub_here, is_linked

_KINDS = ("RootId", "OrganizationalUnitId", "AccountId")


def create_policy(body: Body) -> Body:
    """CreateConfigurationPolicy."""
    hub, name = _central(), new_uuid()
    if any(one["Name"] == body["Name"] for one in hub.policies.values()):
        raise ApiError("ResourceConflictException", f"there is a policy {body['Name']}")
    arn = f"arn:{PARTITION}:securityhub:{get_region()}:{get_account_id()}:configuration-policy/{name}"
    hub.policies[name] = {
        "Arn": arn,
        "Id": name,
        "Name": body["Name"],
        "ConfigurationPolicy": body["ConfigurationPolicy"],
    }
    return hub.policies[name]


def update_policy(body: Body) -> Body:
    """UpdateConfigurationPolicy: whoever follows it follows at once."""
    policy = _policy(body["Identifier"])
    policy["ConfigurationPolicy"] = body["ConfigurationPolicy"]
    _apply(_central())
    return policy


def get_policy(body: Body) -> Body:
    """GetConfigurationPolicy."""
    return _policy(body["Identifier"])


def list_policies(_body: Body) -> Body:
    """ListConfigurationPolicies."""
    shown = ("Arn", "Id", "Name")
    return {
        "ConfigurationPolicySummaries": [
            {**{name: one[name] for name in shown}, "ServiceEnabled": True} for one in _central().policies.values()
        ]
    }


def associate(body: Body) -> Body:
    """StartConfigurationPolicyAssociation: done at once."""
    hub, policy, target = _central(), _policy(body["ConfigurationPolicyIdentifier"]), _target(body)
    hub.associations[target] = policy["Id"]
    _apply(hub)
    return _association(hub, target)


def get_association(body: Body) -> Body:
    """GetConfigurationPolicyAssociation: the target's own, or what it inherits."""
    hub, target = _central(), _target(body)
    if target not in hub.associations and not _inherited(hub, target):
        raise ApiError("ResourceNotFoundException", f"{target} follows no policy")
    return _association(hub, target)


def follow(account: str) -> None:
    """Let an account that came or moved follow its unit's policy."""
    for region, administrator in ADMINISTRATORS.items():
        hub = HUBS[administrator, region]
        if organization.is_active(account) and is_central(hub.organization):
            _apply(hub)


def _central() -> Hub:
    hub = hub_here()
    if ADMINISTRATORS.get(get_region()) != get_account_id() or not is_central(hub.organization):
        raise ApiError("InvalidAccessException", "The organization has no central configuration here")
    return hub


def _policy(identifier: str) -> Body:
    for one in _central().policies.values():
        if identifier in {one["Id"], one["Arn"]}:
            return one
    raise ApiError("ResourceNotFoundException", f"there is no policy {identifier}")


def _target(body: Body) -> str:
    target = body["Target"]
    return str(next(target[kind] for kind in _KINDS if kind in target))


def _inherited(hub: Hub, target: str) -> str:
    is_account = organization.organization_id_of(target) is not None
    path = organization.ids_above(organization.parent_of(target) if is_account else target).split("/")
    above = [one for one in reversed(path) if one != target]
    return next((hub.associations[one] for one in above if one in hub.associations), "")


def _association(hub: Hub, target: str) -> Body:
    policy = hub.associations.get(target) or _inherited(hub, target)
    return {
        "ConfigurationPolicyId": policy,
        "TargetId": target,
        "AssociationType": "APPLIED" if target in hub.associations else "INHERITED",
        "AssociationStatus": "SUCCESS",
    }


def _apply(hub: Hub) -> None:
    """Switch Security Hub and the policy's standards on, here and in the linked Regions."""
    administrator, home = next(place for place, one in HUBS.items() if one is hub)
    regions = [home, *(region for region in ADMINISTRATORS if region != home and is_linked(hub, region))]
    for account in organization.accounts_under([organization.ROOT]):
        name = hub.associations.get(account) or _inherited(hub, account)
        if not name:
            continue
        chosen = hub.policies[name]["ConfigurationPolicy"]["SecurityHub"]["EnabledStandardIdentifiers"]
        for region in regions:
            member = HUBS.setdefault((account, region), Hub())
            member.standards = {arn: _subscription(arn, account, region) for arn in chosen}
            if account != administrator and (administrator, region) in HUBS:
                HUBS[administrator, region].members.add(account)


def _subscription(arn: str, account: str, region: str) -> str:
    name = arn.partition("standards/")[2] or arn.partition("ruleset/")[2]
    return f"arn:{PARTITION}:securityhub:{region}:{account}:subscription/{name}"
