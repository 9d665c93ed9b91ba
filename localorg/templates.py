"""Where a stack's template comes from: the request, or an object in one of the organization's buckets."""

import hashlib
import re
from typing import Any
from urllib.parse import unquote, urlsplit

from ministack.core.iam_evaluator import EvalContext, caller_arn, evaluate_resource_policy
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import s3
from ministack.services.cloudformation import helpers

from localorg import listening, organization, patches

# Quota "Template body size in an Amazon S3 object".
LIMIT = 1_000_000
VIRTUAL_HOST = re.compile(r"(?P<bucket>[a-z0-9][a-z0-9.-]+)\.s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com(?:\.cn)?")
PATH_HOST = re.compile(r"s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com(?:\.cn)?")
# Stack sets hand their templates to their instances under this host, because those exceed a request's limit.
INTERNAL = "templates.localorg"
_kept: dict[str, str] = {}


class TemplateError(ValueError):
    """A template that cannot be read; the message is AWS's."""


def keep(body: str) -> str:
    """Keep a template for stacks of this gateway's own making; returns its URL, which names its content."""
    name = hashlib.sha256(body.encode()).hexdigest()
    _kept[name] = body
    return f"https://{INTERNAL}/stack-sets/{name}"


def read(url: str) -> str:
    """The template behind a TemplateURL, as the current caller may read it; TemplateError says why not."""
    parts = urlsplit(url)
    if parts.hostname == INTERNAL:
        return _kept[parts.path.rpartition("/")[2]]
    bucket, key = _location(url)
    body = _object(bucket, key)
    if len(body) > LIMIT:
        raise TemplateError(f"Template may not exceed {LIMIT} bytes in size.")
    return body.decode()


def _location(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    host, path = parts.hostname or "", unquote(parts.path).lstrip("/")
    virtual = VIRTUAL_HOST.fullmatch(host)
    if parts.scheme == "https" and virtual:
        return virtual["bucket"], path
    if host == listening.LOOPBACK or (parts.scheme == "https" and PATH_HOST.fullmatch(host)):
        bucket, _slash, key = path.partition("/")
        return bucket, key
    raise TemplateError("TemplateURL must be a supported URL.")


def _object(bucket: str, key: str) -> bytes:
    owner = s3._bucket_owner_account(bucket)
    arn = f"arn:{organization.PARTITION}:s3:::{bucket}/{key}"
    if owner is None or not (owner == get_account_id() or _shared(arn, owner)):
        raise TemplateError("S3 error: Access Denied")
    with request_scope(owner, get_region()):
        body = s3._get_object_data(bucket, key)
    if body is None:
        raise TemplateError("S3 error: The specified key does not exist.")
    return bytes(body)


def _shared(arn: str, owner: str) -> bool:
    account = get_account_id()
    context = EvalContext(
        principal_arn=caller_arn(),
        principal_type="Root",
        principal_account=account,
        action="s3:GetObject",
        resource_arn=arn,
        region=get_region(),
        service_context={"aws:principalorgid": organization.organization_id_of(account)},
    )
    with request_scope(owner, get_region()):
        policy = s3.bucket_policy_for_arn(arn)
    return bool(policy and evaluate_resource_policy(policy[0], context).decision == "Allow")


def resolve(params: dict[str, Any], body_key: str, url_key: str, label: str) -> tuple[str | None, Any]:
    """MiniStack's form: the document, or the response that refuses it; both None if there is none."""
    if helpers._p(params, body_key) or url_key != "TemplateURL" or not helpers._p(params, url_key):
        return _original(params, body_key, url_key, label)  # type: ignore[no-any-return]
    try:
        return read(helpers._p(params, url_key)), None
    except TemplateError as error:
        return None, helpers._error("ValidationError", str(error))


_original: Any = None


def install() -> None:
    """Let every action that takes a TemplateURL read it as AWS does."""
    global _original  # noqa: PLW0603 - the replaced function is needed once, by its replacement
    _original = patches.replace(helpers, "_resolve_document", resolve, "_s3._get_object_data(bucket_name, key)")
    patches.require(helpers, "_resolve_template", '_resolve_document(params, "TemplateBody", "TemplateURL"')
