"""A stack's resources are made as whoever works on the stack: the organization's policies may refuse each."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import get_account_id, get_region

from localorg import service_control
from localorg.cloudformation.answers import ResourceError
from localorg.organization import PARTITION

Properties = dict[str, Any]
Handlers = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Calls:
    """The calls that make, change and delete a type's resources; `arn` is filled with place and name."""

    create: str
    update: str
    delete: str
    arn: str
    name: str


# The types whose calls are checked; of the others nothing is.
CALLS = {
    "AWS::CloudTrail::Trail": Calls(
        "cloudtrail:CreateTrail",
        "cloudtrail:UpdateTrail",
        "cloudtrail:DeleteTrail",
        "cloudtrail:{region}:{account}:trail/{name}",
        "TrailName",
    ),
    "AWS::Events::Rule": Calls(
        "events:PutRule", "events:PutRule", "events:DeleteRule", "events:{region}:{account}:rule/{name}", "Name"
    ),
    "AWS::IAM::Role": Calls(
        "iam:CreateRole", "iam:UpdateRole", "iam:DeleteRole", "iam::{account}:role/{name}", "RoleName"
    ),
    "AWS::Lambda::Function": Calls(
        "lambda:CreateFunction",
        "lambda:UpdateFunctionConfiguration",
        "lambda:DeleteFunction",
        "lambda:{region}:{account}:function:{name}",
        "FunctionName",
    ),
    "AWS::Logs::LogGroup": Calls(
        "logs:CreateLogGroup",
        "logs:PutRetentionPolicy",
        "logs:DeleteLogGroup",
        "logs:{region}:{account}:log-group:{name}",
        "LogGroupName",
    ),
    "AWS::S3::Bucket": Calls(
        "s3:CreateBucket", "s3:PutBucketVersioning", "s3:DeleteBucket", "s3:::{name}", "BucketName"
    ),
    "AWS::SQS::Queue": Calls(
        "sqs:CreateQueue", "sqs:SetQueueAttributes", "sqs:DeleteQueue", "sqs:{region}:{account}:{name}", "QueueName"
    ),
}


def bounded(handlers: Handlers) -> Handlers:
    """The handlers of the types above, each asking before it acts."""
    return {kind: _asking(calls, handlers[kind]) for kind, calls in CALLS.items()}


def _asking(calls: Calls, handler: dict[str, Any]) -> dict[str, Any]:
    asking = {
        "create": lambda _logical_id, properties, *_: _check(calls.create, calls, properties.get(calls.name, "*")),
        "update": lambda physical_id, *_: _check(calls.update, calls, physical_id),
        "delete": lambda physical_id, *_: _check(calls.delete, calls, physical_id),
    }
    return {name: _after(asking[name], act) if name in asking else act for name, act in handler.items()}


def _after(check: Callable[..., None], act: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(act)
    def checked(*arguments: Any, **named: Any) -> Any:
        check(*arguments)
        return act(*arguments, **named)

    return checked


def _check(action: str, calls: Calls, name: str) -> None:
    # A queue's physical id is its URL.
    named = name.split("/", 4)[-1] if "://" in name else name
    place = {"region": get_region(), "account": get_account_id(), "name": named}
    reason = service_control.refusal(action, f"arn:{PARTITION}:{calls.arn.format(**place)}")
    if reason:
        raise ResourceError(reason)
