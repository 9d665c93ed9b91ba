"""Security Hub, which MiniStack does not have: on or off by account and Region, and the findings that products import.

https://docs.aws.amazon.com/securityhub/1.0/APIReference/
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import ministack.app
from ministack.core import iam_actions
from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region

from localorg import patches
from localorg.answers import ApiError, Response, refusal, success
from localorg.organization import PARTITION
from localorg.securityhub import findings

Body = dict[str, Any]

SERVICE, HUB = "securityhub", "hub"
_hubs = AccountRegionScopedDict()
OFF = ApiError("InvalidAccessException", "Account is not subscribed to AWS Security Hub")


def install() -> None:
    """Answer the service's requests, and let IAM know its calls."""
    patches.require(ministack.app, "_lazy_handler", "handle_request(method, path, headers, body, query_params)")
    ministack.app.SERVICE_HANDLERS[SERVICE] = handle_request
    patches.require(iam_actions, "_match_rest_action", "_BOTOCORE_SERVICE_MAP")
    iam_actions.SERVICE_TO_IAM_NAMESPACE[SERVICE] = SERVICE
    iam_actions._BOTOCORE_SERVICE_MAP[SERVICE] = [SERVICE]


async def handle_request(method: str, path: str, _headers: Any, body: bytes, _query: Any) -> Response:
    """Answer a request in MiniStack's form."""
    operation = OPERATIONS.get((method, path.rstrip("/")))
    if operation is None:
        return refusal(ApiError("InvalidInputException", f"not emulated: {method} {path}"))
    try:
        return success(operation(json.loads(body or b"{}")))
    except ApiError as error:
        return refusal(error)


def enable(_body: Body) -> Body:
    """EnableSecurityHub: once."""
    if HUB in _hubs:
        raise ApiError("ResourceConflictException", "Account is already subscribed to Security Hub")
    _hubs[HUB] = time.time()
    return {}


def disable(_body: Body) -> Body:
    """DisableSecurityHub: its findings go too."""
    check_on()
    del _hubs[HUB]
    findings.forget()
    return {}


def describe(_body: Body) -> Body:
    """DescribeHub."""
    check_on()
    arn = f"arn:{PARTITION}:securityhub:{get_region()}:{get_account_id()}:hub/default"
    return {"HubArn": arn, "SubscribedAt": datetime.fromtimestamp(_hubs[HUB], UTC).isoformat()}


def check_on() -> None:
    """InvalidAccessException where Security Hub is off."""
    if HUB not in _hubs:
        raise OFF


def _where_on(operation: Callable[[Body], Body]) -> Callable[[Body], Body]:
    def checked(body: Body) -> Body:
        check_on()
        return operation(body)

    return checked


OPERATIONS: dict[tuple[str, str], Callable[[Body], Body]] = {
    ("DELETE", "/accounts"): disable,
    ("GET", "/accounts"): describe,
    ("POST", "/accounts"): enable,
    ("POST", "/findings"): _where_on(findings.get_findings),
    ("POST", "/findings/import"): _where_on(findings.batch_import),
}
