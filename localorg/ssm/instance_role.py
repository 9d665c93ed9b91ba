"""What an instance does as its role: calls of this same gateway, so that IAM and the bucket's policy decide."""

import hashlib
import time
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from ministack.core.responses import request_scope
from ministack.services import sts

from localorg.organization import PARTITION
from localorg.ssm.nodes import Node

SETTINGS = Config(retries={"total_max_attempts": 2}, s3={"addressing_style": "path"})
LIFETIME = 6 * 3600  # seconds, as the instance metadata service gives out


class RefusedError(Exception):
    """What S3 did not give; the text is its answer."""


def read_object(node: Node, bucket: str, region: str, key: str) -> bytes:
    """An object's bytes; RefusedError when S3 refuses the instance's role, or has no such object.

    The agent lists what lies below the key first, to tell a folder from a file, and gives up where it may not:
    `ListS3Directory` in its agent/fileutil/artifact.
    """
    try:
        client = boto3.client("s3", region_name=region, config=SETTINGS, **_credentials(node))
        client.list_objects(Bucket=bucket, Prefix=f"{key.rstrip('/')}/")
        data: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    except (ClientError, BotoCoreError) as error:
        raise RefusedError(str(error)) from error
    return data


def _credentials(node: Node) -> dict[str, Any]:
    """A session of the instance's role, named like the instance, as on AWS."""
    account = node.place[0]
    with request_scope(*node.place):
        role = node.role
    if not role:
        raise RefusedError("NoCredentialProviders: no valid providers in chain: the instance profile has no role")
    digest = hashlib.sha256(f"{role}:{node.instance}".encode()).hexdigest()
    key, secret, token = f"ASIA{digest[:16].upper()}", digest[16:56], f"token-{digest}"
    name = role.rpartition("/")[2]
    with request_scope(*node.place):
        sts.register_session(
            key,
            {
                "Arn": f"arn:{PARTITION}:sts::{account}:assumed-role/{name}/{node.instance}",
                "UserId": f"{name}:{node.instance}",
                "SecretAccessKey": secret,
                "SessionToken": token,
                "Expiration": time.time() + LIFETIME,
            },
        )
    return {"aws_access_key_id": key, "aws_secret_access_key": secret, "aws_session_token": token}
