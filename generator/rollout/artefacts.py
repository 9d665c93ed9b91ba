"""Templates and zips in the artefact bucket of each Region; content-addressed, so nothing is uploaded twice."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def upload(s3: "S3Client", bucket: str, files: Iterable[tuple[str, Path]]) -> int:
    """Put each file under its key unless it is there; return how many were uploaded."""
    missing = [(key, path) for key, path in files if not _exists(s3, bucket, key)]
    for key, path in missing:
        s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
    return len(missing)


def template_key(name: str, body: str) -> str:
    """Return the key of a template: `templates/spoke/<sha256>.json`."""
    return f"templates/{name}/{hashlib.sha256(body.encode()).hexdigest()}.json"


def template_url(bucket: str, key: str, region: str) -> str:
    """Return the address that CloudFormation reads a template from (virtual-hosted style, no website endpoint)."""
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://{bucket}.s3.{region}.{suffix}/{key}"


def _exists(s3: "S3Client", bucket: str, key: str) -> bool:
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchKey", "NotFound"}:
            return False
        raise
    return True
