"""Lambda code in S3: fetched as the deploying account, through the bucket policy of whoever owns the bucket."""

import functools
from collections.abc import Callable
from typing import Any

from ministack.core.iam_evaluator import EvalContext, caller_arn, resource_policy_allows
from ministack.core.responses import error_response_json, get_account_id, get_region, request_scope
from ministack.services import lambda_svc, s3

from localorg import patches
from localorg.organization import PARTITION

FETCHERS = ("_create_function", "_update_code", "_publish_layer_version")


class CodeFetchError(ValueError):
    """S3 did not give the code: Lambda's error code, HTTP status and message for it."""

    def __init__(self, code: str, status: int, message: str) -> None:
        """Take what Lambda answers."""
        super().__init__(message)
        self.code, self.status = code, status


def install() -> None:
    """Take over where the code comes from; MiniStack looks in the caller's account only and ignores what is missing."""
    region_message = patches.require(lambda_svc, "s3_code_region_message", "PermanentRedirect", "layer: bool")

    def message_for_owner(bucket: str, layer: bool = False) -> Any:
        with request_scope(_owner(bucket), get_region()):
            return region_message(bucket, layer)

    patches.replace(lambda_svc, "s3_code_region_message", message_for_owner)
    read = patches.require(lambda_svc, "_fetch_code_from_s3", "_get_object_data(bucket, key, version_id=version_id)")
    patches.replace(lambda_svc, "_fetch_code_from_s3", functools.partial(fetch, read))
    for name in FETCHERS:
        original = patches.require(lambda_svc, name, "_fetch_code_from_s3(")
        patches.replace(lambda_svc, name, _answering(original))


def fetch(read: Callable[..., bytes | None], bucket: str, key: str, version_id: str | None = None) -> bytes:
    """The object's bytes; CodeFetchError when S3 would refuse the caller or has no such object."""
    owner = _owner(bucket)
    if not _may_read(bucket, key, owner):
        message = "Your access has been denied by S3, please make sure your request credentials have permission to "
        details = f"GetObject for {bucket}/{key}. S3 Error Code: AccessDenied. S3 Error Message: Access Denied"
        raise CodeFetchError("AccessDeniedException", 403, message + details)
    with request_scope(owner, get_region()):
        code = read(bucket, key, version_id)
    if code is None:
        raise _refused("NoSuchKey", "The specified key does not exist.")
    return code


def _owner(bucket: str) -> str:
    owner: str | None = s3._bucket_owner_account(bucket)
    if owner is None:
        raise _refused("NoSuchBucket", "The specified bucket does not exist")
    return owner


def _may_read(bucket: str, key: str, owner: str) -> bool:
    account, caller = get_account_id(), caller_arn()
    context = EvalContext(
        principal_arn=caller,
        principal_type="AssumedRole" if ":assumed-role/" in caller else "Root",
        principal_account=account,
        action="s3:GetObject",
        resource_arn=f"arn:{PARTITION}:s3:::{bucket}/{key}",
        region=get_region(),
    )
    policy = s3._bucket_policies.get_scoped(owner, None, bucket)
    return bool(resource_policy_allows(policy, context, same_account=owner == account))


def _refused(code: str, reason: str) -> CodeFetchError:
    message = f"Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {reason}"
    return CodeFetchError("InvalidParameterValueException", 400, message)


def _answering(original: Callable[..., Any]) -> Callable[..., Any]:
    """The API operation, with the fetch's error as its answer. CloudFormation shows the message as the reason."""

    @functools.wraps(original)
    def answer(*arguments: Any, **named: Any) -> Any:
        try:
            return original(*arguments, **named)
        except CodeFetchError as error:
            return error_response_json(error.code, str(error), error.status)

    return answer
