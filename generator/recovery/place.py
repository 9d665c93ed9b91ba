"""Where dead letters lie: an account and a Region, with a session that works there."""

from pathlib import Path
from typing import Any

import boto3
import msgspec

from generator.config import Config
from generator.problems import BadInputError, ProblemError
from generator.rollout.session import hub_session
from generator.rollout.stacks import stack_status
from generator.rollout.step import RolloutError


class Place(msgspec.Struct, frozen=True):
    """An account's Region; `session` is a boto3 session of the account."""

    account: str
    region: str
    session: Any

    def client(self, service: str) -> Any:
        """Return a client of a service there."""
        return self.session.client(service, region_name=self.region)


def hub_place(config: Config, folder: Path) -> Place:
    """Return the hub; `ProblemError` when the credentials are another account's or no hub is deployed."""
    session = hub_session(config, folder)
    _check_account(session, config.aws.hub_account, "set aws.profile in muster.toml, or AWS_PROFILE")
    name = config.names.hub_stack
    if stack_status(session.client("cloudformation"), name) is None:
        raise ProblemError(f"there is no stack {name}; roll out with `muster deploy`")
    return Place(config.aws.hub_account, config.aws.home_region, session)


def spoke_places(config: Config, folder: Path, account: str, region: str | None, profile: str) -> list[Place]:
    """Return an account's Region, or without one every Region that has spokes; `BadInputError` names the option."""
    if region and region not in config.regions:
        raise BadInputError(f"--region: {region} has no spokes; give one of {', '.join(config.regions)}")
    if not profile and account != config.aws.hub_account:
        raise BadInputError(f"--profile: name a profile of account {account} in your AWS configuration")
    session = _profile_session(config, folder, profile) if profile else hub_session(config, folder)
    _check_account(session, account, "name a profile of that account with --profile")
    return [Place(account, one, session) for one in ([region] if region else config.regions)]


def _profile_session(config: Config, folder: Path, profile: str) -> boto3.Session:
    aws = config.aws.model_copy(update={"profile": profile})
    try:
        return hub_session(config.model_copy(update={"aws": aws}), folder)
    except RolloutError as error:
        raise BadInputError(f"--profile: {error.__cause__}; name a profile of your AWS configuration") from error


def _check_account(session: boto3.Session, wanted: str, mend: str) -> None:
    found = session.client("sts").get_caller_identity()["Account"]
    if found != wanted:
        raise ProblemError(f"the credentials are of account {found}, not of {wanted}; {mend}")
