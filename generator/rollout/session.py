"""The AWS sessions that a rollout works with."""

from pathlib import Path

import boto3
import botocore.session
import msgspec
from botocore.exceptions import BotoCoreError

from generator.config import Config
from generator.rollout.step import RolloutError


class Sessions(msgspec.Struct, frozen=True):
    """Of the hub account and, where it gets a spoke, of the management account; both in the home Region."""

    hub: boto3.Session
    management: boto3.Session | None = None


def open_sessions(config: Config, folder: Path) -> Sessions:
    """Return the sessions that the settings need; `RolloutError` when one is of another account than they say."""
    hub = hub_session(config, folder)
    check_account(hub, config.aws.hub_account, "aws.hub_account", "aws.profile")
    if not config.organization.include_management_account:
        return Sessions(hub)
    management, wanted = management_session(config, folder), config.organization.management_account
    check_account(management, wanted, "organization.management_account", "aws.management_profile")
    return Sessions(hub, management)


def hub_session(config: Config, folder: Path) -> boto3.Session:
    """Return a session of the hub account in the home Region, from `aws.profile` and `aws.config_file` when set.

    A relative `aws.config_file` is relative to `folder`, the folder of `muster.toml`.
    """
    return _session(config, folder, config.aws.profile, "aws.profile")


def management_session(config: Config, folder: Path) -> boto3.Session:
    """Return a session of the management account, from `aws.management_profile`, else with the usual credentials."""
    return _session(config, folder, config.aws.management_profile, "aws.management_profile")


def check_account(session: boto3.Session, wanted: str, setting: str, profile: str) -> None:
    """Raise `RolloutError` unless the credentials are of the wanted account; `setting` and `profile` name the mend."""
    account = session.client("sts").get_caller_identity()["Account"]
    if account != wanted:
        raise RolloutError(
            f"the credentials are of account {account}, {setting} is {wanted}; set {profile} in muster.toml, or "
            "AWS_PROFILE"
        )


def _session(config: Config, folder: Path, profile: str, setting: str) -> boto3.Session:
    core = botocore.session.Session(profile=profile or None)
    if config.aws.config_file:
        core.set_config_variable("config_file", str(folder / config.aws.config_file))
    try:
        return boto3.Session(botocore_session=core, region_name=config.aws.home_region)
    except BotoCoreError as error:
        raise RolloutError(f"{setting} in muster.toml: {error}; name a profile of your AWS configuration") from error
