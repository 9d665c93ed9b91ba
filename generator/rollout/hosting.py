"""The hosted dashboard's stack, in the home Region, and what CloudFront's stack needs to know of it."""

from collections.abc import Iterator, Mapping
from typing import Any

import boto3

from generator.config import Config
from generator.dashboard_stack import ORIGIN, ORIGIN_DOMAIN
from generator.rollout.stacks import ABSENT, delete_stack, deploy_stack, stack_output, stack_status
from generator.rollout.step import Step


def deploy_hosting(config: Config, template: Mapping[str, str], session: boto3.Session) -> Iterator[Step]:
    """Create or update the stack."""
    yield deploy_stack(session.client("cloudformation"), config.names.dashboard_stack, template)


def origin_parameters(config: Config, session: boto3.Session) -> dict[str, Any]:
    """Return the parameters of CloudFront's stack: where the hosted dashboard is; none without hosting."""
    if not config.web.hosting:
        return {}
    cloudformation, name = session.client("cloudformation"), config.names.dashboard_stack
    values = {key: stack_output(cloudformation, name, key) for key in (ORIGIN, ORIGIN_DOMAIN)}
    return {"Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]}


def remove_hosting(config: Config, session: boto3.Session) -> Iterator[Step]:
    """Remove the stack if there is one, after CloudFront's: an origin that is in use does not go."""
    step = delete_stack(session.client("cloudformation"), config.names.dashboard_stack)
    if step.state != "absent":
        yield step


def has_hosting(config: Config, session: boto3.Session) -> bool:
    """Whether a deploy made the stack."""
    return stack_status(session.client("cloudformation"), config.names.dashboard_stack) not in ABSENT
