"""The AWS sessions that a rollout works with."""

from pathlib import Path

import boto3
import botocore.session
from botocore.exceptions import BotoCoreError

from generator.config import Config
from generator.rollout.step import RolloutError


def hub_session(config: Config, folder: Path) -> boto3.Session:
    """Return a session of the hub account in the home Region, from `aws.profile` and `aws.config_file` when set.

    A relative `aws.config_file` is relative to `folder`, the folder of `muster.toml`.
    """
    return _session(config, folder, "profile", config.aws.profile)


def management_session(config: Config, folder: Path) -> boto3.Session:
    """Return a session of the management account, from `aws.management_profile`, else with the usual credentials."""
    return _session(config, folder, "management_profile", config.aws.management_profile)


def _session(config: Config, folder: Path, field: str, profile: str) -> boto3.Session:
    core = botocore.session.Session(profile=profile or None)
    if config.aws.config_file:
        core.set_config_variable("config_file", str(folder / config.aws.config_file))
    try:
        return boto3.Session(botocore_session=core, region_name=config.aws.home_region)
    except BotoCoreError as error:
        raise RolloutError(f"aws.{field} in muster.toml: {error}; name a profile of your AWS configuration") from error
