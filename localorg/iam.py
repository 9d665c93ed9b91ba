"""What MiniStack's IAM does not see: the organization of a caller, resources' tags, and what a tag call is about."""

import contextvars
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import ministack.app
from ministack.core import iam_actions, iam_evaluator
from ministack.services import dynamodb_streams, tagging
from ministack.services import iam as iam_service

from localorg import patches, resource_names, resource_tags
from localorg.organization import PARTITION, organization_id_of

Parameters = Mapping[str, Any]

# The fields in which services' tag calls name their resource by its ARN.
ARN_FIELDS = ("ResourceARN", "ResourceArn", "resourceArn", "ResourceName", "ResourceId", "ARN", "CertificateArn")
# Services whose SDK model has another name than MiniStack's router; it reads from the model which calls carry tags.
MODELS = {"elasticloadbalancing": ["elbv2"], "monitoring": ["cloudwatch"], "states": ["stepfunctions"]}
# One permission covers an operation and its batch form (SQS developer guide, API permissions reference).
BATCHES = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
RPC_PATH = re.compile(r"/service/GraniteServiceVersion20100801/operation/(\w+)")
TAG_CALL = re.compile(r":(Un)?Tag|:(Add|Remove)Tags|:(Create|Delete)Tags|:ListTags|:DescribeTags")
SESSION = re.compile(r"^(arn:[^:]+):sts::(\d+):assumed-role/([^/]+)/.+$")
_LINKED_ROLE = "iam:CreateServiceLinkedRole"
EC2_OWNED_BY_NOBODY = re.compile(r"^(arn:[^:]+:ec2:[^:]*:)\d+(:(?:image|snapshot)/)")


def install() -> None:
    """Give the evaluator what it lacks. Every function is looked up at call time, so replacing it is enough."""
    _count_loopback_as_tls()
    patches.replace(iam_evaluator, "_principal_org_id", organization_id_of, "account_id", "_orgs")
    resolve = patches.require(iam_evaluator, "_resolve_condition_key", 'k == "aws:principalarn"')
    patches.replace(iam_evaluator, "_resolve_condition_key", _resolving_more(resolve))
    patches.require(iam_evaluator, "enforce", "from ministack.services.tagging import resource_tags")
    patches.replace(tagging, "resource_tags", resource_tags.tags_of, "_RESOURCE_TAG_COLLECTORS")
    extract = patches.require(iam_actions, "extract_resource_arn", "_EC2_RESOURCE_FIELDS", 'service == "rds"')
    patches.replace(iam_actions, "extract_resource_arn", _naming_more(extract))
    patches.require(dynamodb_streams, "_decode_iterator", "base64.urlsafe_b64decode")
    patches.require(dynamodb_streams, "_encode_iterator", 'payload_data["arn"] = stream_arn')
    others = patches.require(iam_actions, "verified_access_resource_arns", "query_params")
    patches.replace(iam_actions, "verified_access_resource_arns", _naming_all(others))
    action = patches.require(iam_actions, "extract_iam_action", "_action_from_target(headers)")
    patches.replace(iam_actions, "extract_iam_action", _reading_rpc(action))
    patches.require(iam_actions, "_tag_operations", "_BOTOCORE_SERVICE_MAP.get(service)")
    iam_actions._BOTOCORE_SERVICE_MAP.update(MODELS)
    context = patches.require(iam_actions, "request_tag_context", "aws:TagKeys")
    patches.replace(iam_actions, "request_tag_context", _with_namespace(context))


def _resolving_more(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Of a session, `aws:PrincipalArn` is the role's ARN; of an email, `ses:FromAddress` is who sends it.

    Of a resource, `aws:ResourceOrgID` is its owner's organization.

    IAM guide, "AWS global condition context keys"; service authorization reference. A session does not say its role's
    path: roles with one are named without it. The sender stands in the resource, where `_naming_more` put it.
    """

    def resolve_condition_key(key: str, context: Any) -> Any:
        if key.lower() == "ses:fromaddress":
            return context.resource_arn.partition(":identity/")[2] or None
        if key.lower() == "aws:resourceorgid":
            return organization_id_of(resolve("aws:ResourceAccount", context))
        value = resolve(key, context)
        return SESSION.sub(r"\1:iam::\2:role/\3", value) if key.lower() == "aws:principalarn" else value

    return resolve_condition_key


def _count_loopback_as_tls() -> None:
    """AWS's endpoints are TLS: what the emulator serves in clear text on loopback stands for them.

    A policy that denies clear text (`aws:SecureTransport` false) would refuse every call otherwise.
    """
    patches.require(iam_evaluator, "EvalContext", "_request_origin.get()[1]")
    origin = contextvars.ContextVar("localorg_request_origin", default=("127.0.0.1", True))
    patches.replace(iam_evaluator, "_request_origin", origin)
    patches.require(iam_evaluator, "pin_request_origin", "_request_origin.set")
    patches.replace(ministack.app, "pin_request_origin", lambda address, _: origin.set((address, True)))


def tagged_arns(service: str, parameters: Parameters) -> list[str]:
    """The ARNs of the resources that a tag call names; empty when MiniStack's own reading is right."""
    if service == "ec2":
        return [resource_tags.ec2_arn(value) for value in _numbered(parameters, "ResourceId")]
    if service == "elasticloadbalancing":
        return _numbered(parameters, "ResourceArns.member")
    if service == "iam":
        return _iam_arn(parameters)
    values = [_first(parameters.get(name)) for name in ARN_FIELDS]
    return [value for value in values if str(value).startswith("arn:")][:1]


def _iam_arn(parameters: Parameters) -> list[str]:
    """IAM's ARNs hold the path, which the request does not."""
    stores = {
        "RoleName": iam_service._roles,
        "UserName": iam_service._users,
        "InstanceProfileName": iam_service._instance_profiles,
    }
    for name, store in stores.items():
        if record := store.get(_first(parameters.get(name))):
            return [record["Arn"]]
    return []


def _naming_more(extract: Callable[..., str]) -> Callable[..., str]:
    def extract_resource_arn(  # noqa: PLR0913, PLR0917 - MiniStack's signature
        service: str, method: str, path: str, headers: Any, body: bytes, params: Any, region: str, account: str
    ) -> str:
        action = iam_actions.extract_iam_action(service, method, path, headers, body, params) or ""
        document = _document(body)
        if TAG_CALL.search(action) and (arns := tagged_arns(service, {**params, **document})):
            return arns[0]
        if action == _LINKED_ROLE:
            path = f"aws-service-role/{_first(params.get('AWSServiceName'))}/AWSServiceRoleFor"
            return f"arn:{PARTITION}:iam::{account}:role/{path}"
        if service == "iam" and (found := _iam_arn(params)):
            return found[0]
        call = resource_names.Call(service, action, path, document, region, account)
        arn = resource_names.named(call) or extract(service, method, path, headers, body, params, region, account)
        return EC2_OWNED_BY_NOBODY.sub(r"\1\2", arn)

    return extract_resource_arn


def _naming_all(others: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """One CreateTags may name many resources, and each must be allowed; the dispatcher checks all but the first."""

    def verified_access_resource_arns(params: Any, region: str, account: str) -> list[str]:
        if _first(params.get("Action")) in {"CreateTags", "DeleteTags"}:
            return tagged_arns("ec2", params)
        return others(params, region, account)

    return verified_access_resource_arns


def _reading_rpc(extract: Callable[..., str | None]) -> Callable[..., str | None]:
    """CloudWatch's RPC protocol names the operation in the path; MiniStack would let such a call pass unchecked."""

    def extract_iam_action(service: str, method: str, path: str, *others: Any) -> str | None:
        operation = RPC_PATH.fullmatch(path) if service == "monitoring" else None
        action = f"cloudwatch:{operation[1]}" if operation else extract(service, method, path, *others)
        return BATCHES.get(action or "", action)

    return extract_iam_action


def _with_namespace(context: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """PutMetricData carries its namespace, calls about service-linked roles and organizations a service.

    Service authorization reference.
    """

    def request_context(service: str, action: str, body: bytes, params: Any) -> dict[str, Any]:
        found = context(service, action, body, params)
        if action == "cloudwatch:PutMetricData":
            namespace = _first(params.get("Namespace")) or _document(body).get("Namespace")
            return {**found, "cloudwatch:namespace": namespace}
        if service == "organizations" and (principal := _document(body).get("ServicePrincipal")):
            return {**found, "organizations:serviceprincipal": principal}
        if action == _LINKED_ROLE:
            return {**found, "iam:awsservicename": _first(params.get("AWSServiceName"))}
        return found

    return request_context


def _document(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body) if body[:1] == b"{" else {}
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _numbered(parameters: Parameters, prefix: str) -> list[str]:
    names = [name for name in parameters if re.fullmatch(rf"{re.escape(prefix)}\.\d+", name)]
    return [str(_first(parameters[name])) for name in sorted(names, key=lambda name: int(name.rsplit(".", 1)[1]))]


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value
