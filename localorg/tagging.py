"""The Resource Groups Tagging API: every write is the service's own tag call, made with the caller's credentials.

So a caller needs tag:TagResources and the service's action on that ARN, as on AWS, and every service sees the tags.
"""

import json
import re
import threading
from collections.abc import Callable
from typing import Any

import botocore.session
from botocore.exceptions import ClientError, ParamValidationError
from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.concurrency import run_reentrant
from ministack.core.iam_evaluator import CredentialResolutionError, resolve_credential
from ministack.core.responses import get_account_id, get_region
from ministack.core.router import extract_access_key_id
from ministack.services import s3, tagging

from localorg import patches, resource_tags, unknown_resources
from localorg.tag_calls import TagCall, call_for

Act = Callable[[TagCall, Any, str], None]

ARN_LIMIT, TAG_LIMIT, ARN_FILTER_LIMIT = 20, 50, 100  # API reference, TagResources and GetResources
PAGE_DEFAULT = 50
TAG_KEY = re.compile(r"(?!aws:)[\w\s.:/=+\-@]{1,128}", re.IGNORECASE)
TAG_VALUE = re.compile(r"[\w\s.:/=+\-@]{0,256}")
HOME_OF_GLOBAL = "us-east-1"
DENIED = re.compile(r"AccessDenied|UnauthorizedOperation|AuthorizationError|NotAuthorized")
_SESSION = botocore.session.Session()  # holds the parsed service models
_SESSION_LOCK = threading.Lock()


class RequestError(ValueError):
    """A request that the API refuses as a whole."""


def install() -> None:
    """Take over the operations that read or write resources' tags."""
    others = patches.require(tagging, "handle_request", "_HANDLERS.get(action)", "x-amz-target")

    async def handle_request(method: str, path: str, headers: Any, body: bytes, params: Any) -> Any:
        operation = OPERATIONS.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if operation is None:
            return await others(method, path, headers, body, params)
        access_key = extract_access_key_id(headers, params)
        return await run_reentrant(_answer, operation, json.loads(body or b"{}"), access_key)

    patches.replace(tagging, "handle_request", handle_request)
    unknown_resources.install()


def tag_resources(request: dict[str, Any], access_key: str) -> dict[str, Any]:
    """TagResources: at most 20 ARNs and 50 tags; what a service refused is in FailedResourcesMap."""
    tags = request.get("Tags") or {}
    if not 1 <= len(tags) <= TAG_LIMIT:
        raise RequestError(f"Tags must have between 1 and {TAG_LIMIT} entries")
    for key, value in tags.items():
        if not TAG_KEY.fullmatch(key) or not TAG_VALUE.fullmatch(value):
            raise RequestError(f"The tag {key!r}: {value!r} has characters, a prefix or a length that are not allowed")
    return _each(request, access_key, "TagResources", lambda call, client, arn: call.apply(client, arn, tags))


def untag_resources(request: dict[str, Any], access_key: str) -> dict[str, Any]:
    """UntagResources: as TagResources."""
    keys = request.get("TagKeys") or []
    if not 1 <= len(keys) <= TAG_LIMIT:
        raise RequestError(f"TagKeys must have between 1 and {TAG_LIMIT} entries")
    return _each(request, access_key, "UntagResources", lambda call, client, arn: call.remove(client, arn, keys))


def get_resources(request: dict[str, Any], _access_key: str) -> dict[str, Any]:
    """GetResources: tagged resources of this account and Region, filtered, in pages."""
    arns, kinds = request.get("ResourceARNList") or [], request.get("ResourceTypeFilters") or []
    if len(arns) > ARN_FILTER_LIMIT:
        raise RequestError(f"ResourceARNList must have at most {ARN_FILTER_LIMIT} entries")
    services = {kind.split(":")[0] for kind in kinds} & set(resource_tags.SOURCES) if kinds else resource_tags.SOURCES
    found = {arn: tags for arn, tags in resource_tags.tagged(services) if _is_wanted(arn, tags, request)}
    start, size = int(request.get("PaginationToken") or 0), request.get("ResourcesPerPage") or PAGE_DEFAULT
    page = sorted(found)[start : start + size]
    mappings = [{"ResourceARN": arn, "Tags": [{"Key": k, "Value": v} for k, v in found[arn].items()]} for arn in page]
    more = start + size < len(found)
    return {"ResourceTagMappingList": mappings, "PaginationToken": str(start + size) if more else ""}


OPERATIONS: dict[str, Callable[[dict[str, Any], str], dict[str, Any]]] = {
    "GetResources": get_resources,
    "TagResources": tag_resources,
    "UntagResources": untag_resources,
}


def _is_wanted(arn: str, tags: dict[str, str], request: dict[str, Any]) -> bool:
    as_list = [{"Key": key, "Value": value} for key, value in tags.items()]
    arns = request.get("ResourceARNList")
    return (
        (not arns or arn in arns)
        and tagging._matches_type_filters(arn, request.get("ResourceTypeFilters"))
        and tagging._matches_tag_filters(as_list, request.get("TagFilters"))
    )


def _answer(operation: Callable[[dict[str, Any], str], Any], request: dict[str, Any], access_key: str) -> Any:
    try:
        status, answer = 200, operation(request, access_key)
    except RequestError as error:
        status, answer = 400, {"__type": "InvalidParameterException", "message": str(error)}
    return status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(answer).encode()


def _each(request: dict[str, Any], access_key: str, operation: str, act: Act) -> dict[str, Any]:
    arns = request.get("ResourceARNList") or []
    if not 1 <= len(arns) <= ARN_LIMIT:
        raise RequestError(f"ResourceARNList must have between 1 and {ARN_LIMIT} entries")
    for arn in arns:
        _check_arn(arn, operation)
    clients: dict[str, Any] = {}
    failures = {arn: _failure_of(arn, clients, access_key, act) for arn in arns}
    return {"FailedResourcesMap": {arn: failure for arn, failure in failures.items() if failure}}


def _check_arn(arn: str, operation: str) -> None:
    """One malformed or foreign-Region ARN fails the whole call."""
    try:
        spec = parse_arn(arn)
    except ArnParseError as error:
        raise RequestError(f"{arn} is not a valid AmazonResourceName (ARN)") from error
    if spec.region and spec.region != get_region():
        raise RequestError(
            f"Region in the ARN {arn} does not match with the region in which {operation} API is invoked"
        )


def _failure_of(arn: str, clients: dict[str, Any], access_key: str, act: Act) -> dict[str, Any] | None:
    call = call_for(arn)
    if call is None:
        return _failed("InvalidParameterException", "Unrecognized service or resource type for tagging", 400)
    if _account(arn) not in {"", get_account_id()} or not _is_home(arn):
        return _failed("InvalidParameterException", f"{arn} does not belong to this account and Region", 400)
    if unknown_resources.is_missing(arn):
        return _failed("InvalidParameterException", f"{arn} does not exist", 400)
    try:
        if call.client not in clients:
            clients[call.client] = _client(call.client, access_key)
        act(call, clients[call.client], arn)
    except ClientError as error:
        return _refusal(error.response)
    except ParamValidationError as error:
        return _failed("InvalidParameterException", str(error), 400)
    return None


def _account(arn: str) -> str:
    return arn.split(":")[4]


def _is_home(arn: str) -> bool:
    """Whether a resource without a Region in its ARN is tagged from here."""
    service, region = arn.split(":")[2:4]
    if service == "s3":
        return s3.bucket_region(arn.split(":")[5]) in {None, get_region()}  # None: S3 says that it does not exist
    return bool(region) or get_region() == HOME_OF_GLOBAL


def _refusal(response: Any) -> dict[str, Any]:
    error, status = response["Error"], response["ResponseMetadata"]["HTTPStatusCode"]
    if DENIED.search(error["Code"]):
        return _failed("AccessDeniedException", error["Message"], 403)
    if status >= 500:
        return _failed("InternalServiceException", error["Message"], 500)
    return _failed("InvalidParameterException", f"{error['Code']}: {error['Message']}", 400)


def _failed(code: str, message: str, status: int) -> dict[str, Any]:
    return {"ErrorCode": code, "ErrorMessage": message, "StatusCode": status}


def _client(service: str, access_key: str) -> Any:
    """A client with the credentials that the caller signed with."""
    caller = resolve_credential(access_key, get_account_id())
    if isinstance(caller, CredentialResolutionError):
        raise RequestError(caller.message)
    with _SESSION_LOCK:
        return _SESSION.create_client(
            service,
            region_name=get_region(),
            aws_access_key_id=caller.access_key_id,
            aws_secret_access_key=caller.secret_access_key,
            aws_session_token=caller.session_token,
        )
