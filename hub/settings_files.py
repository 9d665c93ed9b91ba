"""Accounts' settings in the artefact bucket of a Region: what differs is written, what is left over is deleted."""

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from contract.account_settings import SETTINGS_FOLDER

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# DeleteObjects takes this many keys.
_DELETED_AT_ONCE = 1_000


class SettingsLeftError(RuntimeError):
    """S3 did not delete the settings of an account that left."""


class Written(msgspec.Struct, frozen=True):
    """How many files were put and deleted, and how many must wait for the next time."""

    put: int
    deleted: int
    left: int


def write_settings(s3: "S3Client", bucket: str, files: Mapping[str, bytes], has_time: Callable[[], bool]) -> Written:
    """Make the bucket's folder of settings hold just the files (key → body), as far as there is time."""
    present = _present(s3, bucket)
    differing = [key for key, body in files.items() if present.get(key) != _etag(body)]
    put = 0
    for key in differing:
        if not has_time():
            break
        s3.put_object(Bucket=bucket, Key=key, Body=files[key], ContentType="application/json")
        put += 1
    gone = sorted(present.keys() - files.keys())
    _delete(s3, bucket, gone)
    return Written(put, len(gone), len(differing) - put)


def _present(s3: "S3Client", bucket: str) -> dict[str, str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=SETTINGS_FOLDER)
    return {one["Key"]: one["ETag"].strip('"') for page in pages for one in page.get("Contents", [])}


def _etag(body: bytes) -> str:
    """Return the ETag of an object in one part under SSE-S3: its MD5 (S3 API, Object)."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def _delete(s3: "S3Client", bucket: str, keys: list[str]) -> None:
    for start in range(0, len(keys), _DELETED_AT_ONCE):
        objects = [{"Key": key} for key in keys[start : start + _DELETED_AT_ONCE]]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})  # type: ignore[typeddict-item]
        # DeleteObjects answers 200 also when it deleted nothing.
        if errors := answer.get("Errors"):
            raise SettingsLeftError(f"{bucket}/{errors[0].get('Key')}: {errors[0].get('Message')}")
