"""What the installer's functions share: where they work, what the settings there say, and errors that pass."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from spoke.agent_installer.parameters import read_parameters, rules_of
from spoke.agent_installer.reporting import Site
from spoke.agent_installer.scope import Rules
from spoke.clients import client
from spoke.heartbeat.account_settings import read_account_settings
from spoke.settings import AgentSettings

_THROTTLED = {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown"}

P = ParamSpec("P")
R = TypeVar("R")


class ThrottledError(Exception):
    """AWS asks to come back later: the machines do, with growing and random pauses."""


class SettingsUnreadError(Exception):
    """The account's settings cannot be read: nobody may guess whom they leave out."""


def site_of(context: LambdaContext, settings: AgentSettings) -> Site:
    """Return where a function works."""
    # arn:partition:lambda:region:account:function:name
    parts = context.invoked_function_arn.split(":")
    return Site(
        account=parts[4], region=parts[3], bus=settings.hub_bus_arn, dead_letters=settings.agent_dead_letters_url
    )


def parameters_of(site: Site, prefix: str) -> dict[str, str]:
    """Return the agent's parameters."""
    return read_parameters(client("ssm", site.region), f"/{prefix}/agent")


def read_rules(site: Site, prefix: str, bucket: str) -> Rules:
    """Return which instances of the account get the agent; `SettingsUnreadError` when its settings cannot be read."""
    found = read_account_settings(client("s3", site.region), bucket, site.account)
    if found.complaint:
        raise SettingsUnreadError(found.complaint)
    return rules_of(parameters_of(site, prefix), found.settings)


def patient(work: Callable[P, R]) -> Callable[P, R]:
    """Make AWS's refusals for too many calls `ThrottledError`, by whose name the machines know it."""

    @functools.wraps(work)
    def asked(*arguments: P.args, **keywords: P.kwargs) -> R:
        try:
            return work(*arguments, **keywords)
        except ClientError as error:
            if error.response["Error"]["Code"] in _THROTTLED:
                raise ThrottledError(str(error)) from error
            raise

    return asked
