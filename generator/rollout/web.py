"""The web part's stack: CloudFront and its firewall, in the one Region that CloudFront reads."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import boto3

from generator.config import Config
from generator.rollout.stacks import ABSENT, delete_stack, deploy_stack, stack_output, stack_status
from generator.rollout.step import Step
from generator.settings.web import CDN_REGION
from generator.web_stack import ADDRESS

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


def deploy_web(config: Config, template: Mapping[str, Any], session: boto3.Session) -> Iterator[Step]:
    """Create or update the stack, and say to which name the dashboard's domain names must point."""
    cloudformation, name = web_client(session), config.names.web_stack
    step = deploy_stack(cloudformation, name, template)
    address = stack_output(cloudformation, name, ADDRESS)
    domains = ", ".join(config.web.cdn.domains if config.web.cdn else ())
    yield Step(_where(step.what), step.state, f"point {domains} at {address}")


def remove_web(config: Config, session: boto3.Session) -> Iterator[Step]:
    """Remove the stack if there is one, also one whose creation failed; its access logs stay."""
    if config.partition != "aws":
        return
    step = delete_stack(web_client(session), config.names.web_stack)
    if step.state != "absent":
        yield Step(_where(step.what), step.state, "its access logs stay")


def has_web_stack(config: Config, session: boto3.Session) -> bool:
    """Whether a deploy made the stack; other partitions than `aws` cannot have one."""
    return config.partition == "aws" and stack_status(web_client(session), config.names.web_stack) not in ABSENT


def kept_web_logs(config: Config, session: boto3.Session) -> list[str]:
    """Return the buckets of access logs, also of earlier stacks."""
    prefix = f"{config.names.web_stack}-weblogs"
    return sorted(
        one["Name"] for one in session.client("s3").list_buckets()["Buckets"] if one["Name"].startswith(prefix)
    )


def web_client(session: boto3.Session) -> "CloudFormationClient":
    """Return CloudFormation where the stack is."""
    return session.client("cloudformation", CDN_REGION)


def _where(what: str) -> str:
    return f"{what} in {CDN_REGION}"
