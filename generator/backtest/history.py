"""The files of a CloudTrail history, in directories or in buckets, one after the other."""

import io
import os
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from generator.reading import InputError

S3 = "s3://"
_ENDINGS = (".json", ".jsonl", ".json.gz", ".jsonl.gz")
_DAY = re.compile(r"/(\d{4})/(\d\d)/(\d\d)/[^/]*$")
# A file holds what happened shortly before it was written; midnight may lie between.
_LATE = timedelta(days=1)
Client = Callable[[], Any]


class ReadError(Exception):
    """A file of which nothing or no more can be read; the others go on."""


class Period(msgspec.Struct, frozen=True):
    """From when on, and until before when (UTC); either may be left open."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        """Whether a moment is in it."""
        return (self.since is None or moment >= self.since) and (self.until is None or moment < self.until)

    def may_hold(self, name: str) -> bool:
        """Whether a file whose path names a day may hold something of it."""
        day = _day_of(name)
        if day is None:
            return True
        return (self.since is None or day + _LATE >= self.since.date()) and (
            self.until is None or day - _LATE <= self.until.date()
        )


def _day_of(name: str) -> date | None:
    found = _DAY.search(name)
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None


class File(msgspec.Struct, frozen=True):
    """A file by its name; `is_log` when it may be one of CloudTrail's logs."""

    name: str
    is_log: bool
    open: Callable[[], io.BufferedReader]


def files(paths: list[str], s3: Client) -> Iterator[File]:
    """Yield the files of directories (recursively, by name), of `s3://bucket/prefix`, and the named ones.

    `s3` makes the client, should one be needed. `InputError` names a path that is not there.
    """
    for path in paths:
        yield from _stored(path, s3()) if path.startswith(S3) else _local(Path(path))


def _local(path: Path) -> Iterator[File]:
    if not path.is_dir():
        if not path.exists():
            raise InputError(
                f"cannot read {path}: there is no such file; give a file, a directory or s3://bucket/prefix"
            )
        yield File(str(path), is_log=True, open=lambda: path.open("rb"))
        return
    for folder, inner, names in os.walk(path, onerror=_refuse):
        inner.sort()
        for name in sorted(names):
            file = Path(folder, name)
            yield File(str(file), is_log=_is_log(str(file)), open=lambda file=file: file.open("rb"))  # type: ignore[misc]


def _refuse(error: OSError) -> None:
    raise error


def _stored(address: str, client: Any) -> Iterator[File]:
    bucket, _, prefix = address.removeprefix(S3).partition("/")
    if not bucket:
        raise InputError(f"{address}: names no bucket; give s3://bucket/prefix")
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for one in page.get("Contents", []):
            name = f"{S3}{bucket}/{one['Key']}"
            yield File(name, is_log=_is_log(name), open=_opener(client, bucket, one["Key"]))


def _opener(client: Any, bucket: str, key: str) -> Callable[[], io.BufferedReader]:
    def opened() -> io.BufferedReader:
        body = client.get_object(Bucket=bucket, Key=key)["Body"]
        return cast("io.BufferedReader", io.BufferedReader(_Body(body)))

    return opened


class _Body(io.RawIOBase):
    """An object's content as it arrives."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)
        try:
            taken = self._body.read(len(view))
        except (BotoCoreError, ClientError) as error:
            raise ReadError(str(error)) from error
        view[: len(taken)] = taken
        return len(taken)


def _is_log(name: str) -> bool:
    """Digests and Insights stand in folders beside the logs (CloudTrail user guide, "log file names")."""
    return name.endswith(_ENDINGS) and "/CloudTrail-" not in name
