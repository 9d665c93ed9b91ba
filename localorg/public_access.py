"""What keeps the public out of whole accounts, and whether S3 calls a policy public: calls that MiniStack lacks."""

from collections.abc import Awaitable, Callable
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import ministack.app
from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2, s3

from localorg import patches
from localorg.answers import Response

CONTROL_PATH = "/v20180820/configuration/publicAccessBlock"
SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
ACTIONS = {
    "GET": "s3:GetAccountPublicAccessBlock",
    "PUT": "s3:PutAccountPublicAccessBlock",
    "DELETE": "s3:PutAccountPublicAccessBlock",
}
UNBLOCKED = "unblocked"

# Of the accounts that block public access to their buckets, the settings that are on.
_BLOCKS: dict[str, frozenset[str]] = {}
# By account and Region, how public snapshots are blocked.
_SNAPSHOT_STATES: dict[tuple[str, str], str] = {}


def install() -> None:
    """Answer the calls, and let an account's block hold for its buckets."""
    dispatch = patches.require(s3, "_dispatch", "return _get_public_access_block(bucket)")
    patches.replace(s3, "_dispatch", _with_policy_status(dispatch))
    is_blocked = patches.require(s3, "_public_access_blocked", 'record.get("_public_access_block")')
    patches.replace(s3, "_public_access_blocked", _also_by_account(is_blocked))
    points = patches.require(s3, "handle_access_point_control", "access_point_control_route(path)")
    patches.replace(s3, "handle_access_point_control", _with_point_status(points))
    control = patches.require(ministack.app, "_handle_s3_control_request", "s3.s3control_account_error(headers)")
    patches.replace(ministack.app, "_handle_s3_control_request", _with_account_block(control))
    patches.require(ec2, "_xml", "root_tag, inner")
    ec2._ACTION_MAP.update(
        GetSnapshotBlockPublicAccessState=lambda _: _snapshot_answer("GetSnapshotBlockPublicAccessState"),
        EnableSnapshotBlockPublicAccess=_enable_snapshot_block,
        DisableSnapshotBlockPublicAccess=_disable_snapshot_block,
    )


def _with_policy_status(dispatch: Callable[..., Response]) -> Callable[..., Response]:
    def dispatch_more(  # noqa: PLR0913, PLR0917 - MiniStack's signature
        method: str, bucket: str, key: str, headers: Any, body: bytes, query: Any
    ) -> Response:
        if method == "GET" and bucket and not key and "policyStatus" in query:
            return _bucket_policy_status(bucket)
        return dispatch(method, bucket, key, headers, body, query)

    return dispatch_more


def _bucket_policy_status(bucket: str) -> Response:
    found: Response = s3._get_bucket_policy(bucket)
    if found[0] != 200:
        return found
    return _policy_status("PolicyStatus", s3.S3_NS, found[2].decode() if isinstance(found[2], bytes) else found[2])


def _with_point_status(control: Callable[..., Response]) -> Callable[..., Response]:
    def control_more(method: str, path: str, headers: Any, body: bytes, query: Any) -> Response:
        route = s3.access_point_control_route(path)
        if method != "GET" or route is None or route[1] != "policyStatus":
            return control(method, path, headers, body, query)
        found: Response = s3._access_point_policy(route[0], "GET", b"")
        if found[0] != 200:
            return found
        policy = s3._access_points.get(route[0])["Policy"]
        return _policy_status("GetAccessPointPolicyStatusResult", s3.S3CONTROL_NS, policy, within="PolicyStatus")

    return control_more


def _policy_status(name: str, namespace: str, policy: str, within: str = "") -> Response:
    root = Element(name, xmlns=namespace)
    status = SubElement(root, within) if within else root
    SubElement(status, "IsPublic").text = "true" if s3._policy_is_public(policy) else "false"
    return _answer(root)


def _also_by_account(is_blocked: Callable[[str, str, str], bool]) -> Callable[[str, str, str], bool]:
    """The stricter of an account's and a bucket's settings holds (S3 guide, "Blocking public access")."""

    def is_blocked_anywhere(account: str, bucket: str, setting: str) -> bool:
        return setting in _BLOCKS.get(account, ()) or is_blocked(account, bucket, setting)

    return is_blocked_anywhere


def _with_account_block(control: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def control_more(  # noqa: PLR0913, PLR0917 - MiniStack's signature
        path: str, method: str, body: bytes, query: Any, request: str, headers: Any = None
    ) -> Any:
        if path != CONTROL_PATH or method not in ACTIONS:
            return await control(path, method, body, query, request, headers)
        denied = ministack.app._enforce_data_plane("s3", ACTIONS[method], headers or {}, query, request)
        return denied or s3.s3control_account_error(headers or {}) or _account_block(method, body)

    return control_more


def _account_block(method: str, body: bytes) -> Response:
    if method == "PUT":
        named = {one.tag.rpartition("}")[2]: one.text for one in s3.fromstring(body).iter()}
        _BLOCKS[get_account_id()] = frozenset(one for one in SETTINGS if (named.get(one) or "").lower() == "true")
        return 200, {}, b""
    if method == "DELETE":
        _BLOCKS.pop(get_account_id(), None)
        return 204, {}, b""
    block = _BLOCKS.get(get_account_id())
    if block is None:
        text = "The public access block configuration was not found"
        missing: Response = s3.s3control_error("NoSuchPublicAccessBlockConfiguration", text, 404)
        return missing
    root = Element("PublicAccessBlockConfiguration", xmlns=s3.S3CONTROL_NS)
    for setting in SETTINGS:
        SubElement(root, setting).text = "true" if setting in block else "false"
    return _answer(root)


def _answer(root: Element) -> Response:
    answer: Response = s3._s3control_response(root)
    return answer


def _enable_snapshot_block(parameters: Any) -> Response:
    state = ec2._p(parameters, "State")
    if state not in {"block-all-sharing", "block-new-sharing"}:
        refused: Response = ec2._error("InvalidParameterValue", f"Value ({state}) for parameter State is invalid.", 400)
        return refused
    _SNAPSHOT_STATES[get_account_id(), get_region()] = state
    return _snapshot_answer("EnableSnapshotBlockPublicAccess")


def _disable_snapshot_block(_: Any) -> Response:
    _SNAPSHOT_STATES.pop((get_account_id(), get_region()), None)
    return _snapshot_answer("DisableSnapshotBlockPublicAccess")


def _snapshot_answer(call: str) -> Response:
    state = _SNAPSHOT_STATES.get((get_account_id(), get_region()), UNBLOCKED)
    answer: Response = ec2._xml(200, f"{call}Response", f"<state>{state}</state>")
    return answer
