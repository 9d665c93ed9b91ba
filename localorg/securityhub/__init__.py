"""Security Hub, which MiniStack does not have: where it is on, for whom it is administered, and its findings.

https://docs.aws.amazon.com/securityhub/1.0/APIReference/
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import ministack.app
from ministack.core import iam_actions

from localorg import organization, patches
from localorg.answers import ApiError, Response, refusal, success
from localorg.securityhub import administration, findings, hubs, policies, products
from localorg.securityhub.hubs import ADMINISTRATORS, HUBS, Body, here, hub_here

SERVICE = "securityhub"


def install() -> None:
    """Answer the service's requests, and let IAM know its calls."""
    patches.require(ministack.app, "_lazy_handler", "handle_request(method, path, headers, body, query_params)")
    ministack.app.SERVICE_HANDLERS[SERVICE] = handle_request
    patches.require(iam_actions, "_match_rest_action", "_BOTOCORE_SERVICE_MAP")
    iam_actions.SERVICE_TO_IAM_NAMESPACE[SERVICE] = SERVICE
    iam_actions._BOTOCORE_SERVICE_MAP[SERVICE] = [SERVICE]
    organization.OBSERVERS.extend((administration.follow, policies.follow))


async def handle_request(method: str, path: str, _headers: Any, body: bytes, _query: Any) -> Response:
    """Answer a request in MiniStack's form."""
    called, named = _split(unquote(path).rstrip("/"))
    operation = OPERATIONS.get((method, called))
    if operation is None:
        return refusal(ApiError("InvalidInputException", f"not emulated: {method} {path}"))
    try:
        return success(operation({**json.loads(body or b"{}"), **named}))
    except ApiError as error:
        return refusal(error)


def disable(_body: Body) -> Body:
    """DisableSecurityHub: its findings go too. Not of the organization's administrator (its API's reference)."""
    hub_here()
    account, region = here()
    if ADMINISTRATORS.get(region) == account:
        raise ApiError("InvalidAccessException", "The account is the organization's administrator of Security Hub")
    del HUBS[here()]
    findings.forget()
    return {}


def _split(path: str) -> tuple[str, Body]:
    """Return a path without the ARN at its end, and that."""
    for called in ("/findingAggregator/get", "/findingAggregator/delete"):
        if path.startswith(f"{called}/"):
            return called, {"FindingAggregatorArn": path.removeprefix(f"{called}/")}
    if path.startswith("/configurationPolicy/") and not path.endswith(("/create", "/list")):
        called, _, identifier = path.rpartition("/")
        return called, {"Identifier": identifier}
    return path, {}


OPERATIONS: dict[tuple[str, str], Callable[[Body], Body]] = {
    ("DELETE", "/accounts"): disable,
    ("GET", "/accounts"): hubs.describe,
    ("PATCH", "/accounts"): hubs.configure,
    ("POST", "/accounts"): hubs.enable,
    ("DELETE", "/findingAggregator/delete"): administration.delete_aggregator,
    ("GET", "/findingAggregator/get"): administration.describe_aggregator,
    ("GET", "/findingAggregator/list"): administration.list_aggregators,
    ("PATCH", "/findingAggregator/update"): administration.update_aggregator,
    ("POST", "/findingAggregator/create"): administration.create_aggregator,
    ("PATCH", "/findings/batchupdate"): findings.batch_update,
    ("POST", "/findings"): findings.get_findings,
    ("POST", "/findings/import"): findings.batch_import,
    ("PATCH", "/configurationPolicy"): policies.update_policy,
    ("POST", "/configurationPolicy/create"): policies.create_policy,
    ("GET", "/configurationPolicy/get"): policies.get_policy,
    ("GET", "/configurationPolicy/list"): policies.list_policies,
    ("POST", "/configurationPolicyAssociation/associate"): policies.associate,
    ("POST", "/configurationPolicyAssociation/get"): policies.get_association,
    ("GET", "/members"): administration.list_members,
    ("POST", "/members"): administration.create_members,
    ("POST", "/members/delete"): administration.delete_members,
    ("POST", "/members/disassociate"): administration.delete_members,
    ("GET", "/organization/admin"): administration.list_administrators,
    ("POST", "/organization/admin/disable"): administration.dismiss_administrator,
    ("POST", "/organization/admin/enable"): administration.name_administrator,
    ("GET", "/organization/configuration"): administration.describe_organization,
    ("POST", "/organization/configuration"): administration.configure_organization,
    ("GET", "/productSubscriptions"): products.list_products,
    ("POST", "/productSubscriptions"): products.enable_product,
    ("GET", "/standards"): products.describe_standards,
    ("POST", "/standards/deregister"): products.disable_standards,
    ("POST", "/standards/get"): products.enabled_standards,
    ("POST", "/standards/register"): products.enable_standards,
}
