"""Gives to the hub what it needs, and takes it back, with credentials of the management account."""

from collections.abc import Iterator

import boto3
from botocore.exceptions import ClientError, NoCredentialsError

from generator.config import Config, Trail
from generator.delegation.grants import Clients, Grant, PolicyTooLongError, give, grants, take_back
from generator.delegation.statement import hub_root, reading_statement
from generator.problems import BadInputError
from generator.rollout.step import RolloutError, Step

_MEND = "name its profile in aws.management_profile of muster.toml, or set AWS_PROFILE"


def configured(config: Config) -> list[Grant]:
    """Return what the settings ask of the management account, in order."""
    statement = reading_statement(hub_root(config, config.partition))
    return grants(
        config.aws.hub_account,
        statement,
        has_trail=config.spoke.trail is Trail.ORGANIZATION,
        services=config.enable.services,
        regions=config.regions,
    )


def delegated(config: Config, session: boto3.Session) -> Iterator[Step]:
    """Give everything, in order; yield each step: done, already so, or failed, which stops no other."""
    _check_account(config, session)
    for grant in configured(config):
        yield _tried(grant, session.client)


def undelegated(config: Config, session: boto3.Session) -> Iterator[Step]:
    """Take back what is ours, in reverse order; yield each step, and what is left.

    `RolloutError` while there is a StackSet of spokes, which nobody but the management account could operate then.
    """
    _check_account(config, session)
    _check_uninstalled(config, session)
    for grant in reversed(configured(config)):
        yield _tried(grant, session.client, undo=True) if grant.undo else Step(grant.what, "left", "others may use it")


def _tried(grant: Grant, clients: Clients, *, undo: bool = False) -> Step:
    try:
        is_done = take_back(grant, clients) if undo else give(grant, clients)
    except (ClientError, PolicyTooLongError) as error:
        return Step(grant.what, "failed", str(error))
    if is_done:
        return Step(grant.what, "taken back" if undo else "done")
    return Step(grant.what, "not given" if undo else "already so")


def _check_uninstalled(config: Config, session: boto3.Session) -> None:
    name, client = config.names.spoke_stack_set, session.client("cloudformation")
    try:
        client.describe_stack_set(StackSetName=name)
    except client.exceptions.StackSetNotFoundException:
        return
    raise RolloutError(f"StackSet {name} is still there; take it away with `muster uninstall` first")


def _check_account(config: Config, session: boto3.Session) -> None:
    try:
        account = session.client("sts").get_caller_identity()["Account"]
    except NoCredentialsError as error:
        raise BadInputError(f"no AWS credentials of the management account; {_MEND}") from error
    client = session.client("organizations")
    try:
        organization = client.describe_organization()["Organization"]
    except client.exceptions.AWSOrganizationsNotInUseException as error:
        raise RolloutError(f"the credentials are of account {account}, which is in no organization; {_MEND}") from error
    management = organization["MasterAccountId"]
    if organization["Id"] != config.organization.id:
        raise BadInputError(
            f"the credentials are of organization {organization['Id']}, organization.id of muster.toml is "
            f"{config.organization.id}; mend one of them"
        )
    if account != management:
        raise RolloutError(f"the credentials are of account {account}, the management account is {management}; {_MEND}")
    if config.aws.hub_account == management:
        raise BadInputError(
            f"aws.hub_account {management} is the management account, which cannot be a delegated administrator; "
            "choose a member account"
        )
    if organization["FeatureSet"] != "ALL":
        raise RolloutError(
            "the organization has consolidated billing only; turn on all features with "
            "`aws organizations enable-all-features`"
        )
