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
    """Refuse strangers and other accounts where a method asks for IAM, and answer anybody where it asks for nothing.

    An API with a policy of its own stays MiniStack's.
    """
    enforce = patches.require(ministack.app, "_enforce_execute_api", 'authorization not in (None, "AWS_IAM")')
    find = patches.require(apigateway_v1, "find_api_scope", "stored_account == account_id")
    patches.require(apigateway_v1, "handle_execute", "scope = find_api_scope(api_id)")
    patches.replace(ministack.app, "_enforce_execute_api", _also_strangers(enforce))
    patches.replace(apigateway_v1, "find_api_scope", lambda api: find(api) or _scope_elsewhere(api))


def _also_strangers(enforce: Callable[..., Response | None]) -> Callable[..., Response | None]:
    def enforce_more(  # noqa: PLR0913, PLR0917 - MiniStack's signature
        api: str, stage: str, method: str, path: str, headers: Mapping[str, str], query: Any, **more: Any
    ) -> Response | None:
        asked = _asked_elsewhere(api, stage, method, path)
        if asked == "AWS_IAM":
            return _refusal(*(_FOREIGN if "authorization" in headers else _UNSIGNED))
        if asked == "NONE":
            return None
        return enforce(api, stage, method, path, headers, query, **more)

    return enforce_more


def _asked_elsewhere(api: str, stage: str, method: str, path: str) -> str:
    """Return what a method of another account's API asks for; empty where it is the caller's own, or has a policy."""
    scope = _scope_elsewhere(api)
    if scope is None or scope[0] == get_account_id():
        return ""
    with request_scope(*scope):
        is_left_alone = apigateway_v1._rest_apis.get(api, {}).get("policy")
        return "" if is_left_alone else str(apigateway_v1.method_authorization_type(api, stage, method, path) or "")


def _scope_elsewhere(api: str) -> tuple[str, str] | None:
    """Return the account and the Region of an API, whoever asks: ids are unique."""
    found = ((account, region) for (account, region, known), _ in apigateway_v1._rest_apis.all_items() if known == api)
    return next(found, None)


def _refusal(kind: str, message: str) -> Response:
    body = json.dumps({"message": message}).encode()
    return 403, {"Content-Type": "application/json", "x-amzn-ErrorType": kind}, body
