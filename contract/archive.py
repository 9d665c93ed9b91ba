"""The archive's files: JSON Lines, gzip, by the day on which their findings were due."""

import gzip
from collections.abc import Iterable
from io import BytesIO
from typing import Any

import msgspec

from contract.finding import Finding

FOLDER = "findings/"
# Half the time of the highest level for six in a hundred bytes more.
_LEVEL = 6
# What the table of the archive shows of a finding, in this order; `finding` is the whole of it as JSON.
COLUMNS = (
    *("id", "detection", "title", "severity", "status", "account", "region", "resource", "product", "actor"),
    *(
        "compliance",
        "workflow",
        "workflow_by",
        "suppression",
        "note",
        "assignee",
        "first_seen",
        "updated_at",
        "finding",
    ),
)


def folder_of(day: str) -> str:
    """Return where the files of a day (`2027-02-18`) lie."""
    year, month, date = day.split("-")
    return f"{FOLDER}year={year}/month={month}/day={date}/"


def part_of(day: str, shard: int, part: int) -> str:
    """Return the key of a part: always the same for the same findings."""
    return f"{folder_of(day)}part-{shard:02}-{part:05}.jsonl.gz"


def late_part_of(day: str, finding: str) -> str:
    """Return the key of a finding that was deleted before its day was archived."""
    return f"{folder_of(day)}late-{finding}.jsonl.gz"


def written(findings: Iterable[Finding]) -> bytes:
    """Return a file; the same findings make the same bytes."""
    encoder, file = msgspec.json.Encoder(order="deterministic"), BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=file, mtime=0) as lines:
        for one in findings:
            lines.write(encoder.encode(_row(one, encoder)) + b"\n")
    return file.getvalue()


def read(body: bytes) -> list[Finding]:
    """Return the findings of a file."""
    lines = gzip.decompress(body).splitlines()
    return [msgspec.json.decode(msgspec.json.decode(line)["finding"], type=Finding) for line in lines]


def _row(finding: Finding, encoder: msgspec.json.Encoder) -> dict[str, Any]:
    plain = {name: str(getattr(finding, name)) for name in COLUMNS if name != "finding"}
    return {**plain, "finding": encoder.encode(finding).decode()}
