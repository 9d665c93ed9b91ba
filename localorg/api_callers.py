"""Who calls an API of API Gateway: its address is open to all, which MiniStack shows to its own account only."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import ministack.app
from ministack.core.responses import get_account_id, request_scope
from ministack.services import apigateway_v1

from localorg import patches
from localorg.answers import Response

# What API Gateway says (developer guide, "Gateway response types").
_UNSIGNED = ("MissingAuthenticationTokenException", "Missing Authentication Token")
_FOREIGN = ("AccessDeniedException", "User is not authorized to access this resource")


def install() -> None:
    """Refuse strangers and other accounts where a method asks for IAM and the API has no policy of its own."""
    enforce = patches.require(ministack.app, "_enforce_execute_api", 'authorization not in (None, "AWS_IAM")')
    patches.require(apigateway_v1, "find_api_scope", "stored_account == account_id")
    patches.replace(ministack.app, "_enforce_execute_api", _also_strangers(enforce))


def _also_strangers(enforce: Callable[..., Response | None]) -> Callable[..., Response | None]:
    def enforce_more(  # noqa: PLR0913, PLR0917 - MiniStack's signature
        api: str, stage: str, method: str, path: str, headers: Mapping[str, str], query: Any, **more: Any
    ) -> Response | None:
        if _asks_for_iam_elsewhere(api, stage, method, path):
            return _refusal(*(_FOREIGN if "authorization" in headers else _UNSIGNED))
        return enforce(api, stage, method, path, headers, query, **more)

    return enforce_more


def _asks_for_iam_elsewhere(api: str, stage: str, method: str, path: str) -> bool:
    for (account, region, known), described in apigateway_v1._rest_apis.all_items():
        if known == api and account != get_account_id() and not described.get("policy"):
            with request_scope(account, region):
                return bool(apigateway_v1.method_authorization_type(api, stage, method, path) == "AWS_IAM")
    return False


def _refusal(kind: str, message: str) -> Response:
    body = json.dumps({"message": message}).encode()
    return 403, {"Content-Type": "application/json", "x-amzn-ErrorType": kind}, body
