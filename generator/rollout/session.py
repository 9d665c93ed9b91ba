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
    core = botocore.session.Session(profile=config.aws.profile or None)
    if config.aws.config_file:
        core.set_config_variable("config_file", str(folder / config.aws.config_file))
    try:
        return boto3.Session(botocore_session=core, region_name=config.aws.home_region)
    except BotoCoreError as error:
        raise RolloutError(f"aws.profile in muster.toml: {error}; name a profile of your AWS configuration") from error
