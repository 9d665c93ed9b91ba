"""Asks the archive in SQL: Athena where it is, DuckDB over the same files elsewhere."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import msgspec

from contract.archive import COLUMNS, FOLDER
from generator.problems import BadInputError, ProblemError

_FINISHED = ("SUCCEEDED", "FAILED", "CANCELLED")


class Answer(msgspec.Struct, frozen=True):
    """The names of the columns, and the rows."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def ask_files(sql: str, folder: Path, place: str = "") -> Answer:
    """Return the answer of DuckDB over a folder that holds the archive's `findings/`, or raise `ProblemError`.

    `place` is what people know the folder as.
    """
    files = folder / FOLDER
    if not any(files.rglob("*.jsonl.gz")):
        raise ProblemError(
            f"{place or folder}: no archived findings there; closed ones come to the archive after 90 days"
        )
    columns = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS) + "}"
    with duckdb.connect() as connection:
        connection.execute(
            f"CREATE VIEW findings AS SELECT * FROM read_json('{_quoted(files)}/**/*.jsonl.gz', "  # noqa: S608 - quoted
            f"format='newline_delimited', hive_partitioning=true, hive_types_autocast=false, columns={columns})"
        )
        # Only the files: no other path, no network, nothing that changes this machine.
        connection.execute(f"SET allowed_directories=['{_quoted(folder)}']; SET enable_external_access=false")
        try:
            statements = connection.extract_statements(sql)
            if len(statements) != 1:
                raise BadInputError(f"ask one question, not {len(statements)}; `muster archive query --help` has some")
            asked = connection.execute(statements[0])
            return Answer(tuple(one[0] for one in asked.description or ()), asked.fetchall())
        except duckdb.Error as error:
            said = " ".join(str(error).split())
            raise ProblemError(f"the archive did not understand: {said}") from error


def ask_bucket(sql: str, s3: Any, bucket: str) -> Answer:
    """Return the answer of DuckDB over copies of a bucket's files, for where there is no Athena."""
    with TemporaryDirectory() as folder:
        for key in keys(s3, bucket):
            target = Path(folder) / key
            target.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(bucket, key, str(target))
        return ask_files(sql, Path(folder), f"bucket {bucket}")


def keys(s3: Any, bucket: str, prefix: str = FOLDER) -> Iterator[str]:
    """Yield the keys of the archive's files."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (one["Key"] for one in page.get("Contents", ()))


def ask_athena(
    sql: str, athena: Any, database: str, sleep: Callable[[float], None] = time.sleep, poll_seconds: float = 1
) -> Answer:
    """Return Athena's answer; the workgroup says where it is kept and how much may be read for it."""
    started = athena.start_query_execution(
        QueryString=sql, QueryExecutionContext={"Database": database}, WorkGroup=database
    )
    name = started["QueryExecutionId"]
    while True:
        status = athena.get_query_execution(QueryExecutionId=name)["QueryExecution"]["Status"]
        if status["State"] in _FINISHED:
            break
        sleep(poll_seconds)
    if status["State"] != "SUCCEEDED":
        raise ProblemError(f"the archive did not understand: {status.get('StateChangeReason', status['State'])}")
    return _answer(athena.get_paginator("get_query_results").paginate(QueryExecutionId=name))


def _answer(pages: Any) -> Answer:
    """Return the rows; the first of the first page holds the names."""
    rows = [
        tuple(one.get("VarCharValue") for one in row["Data"]) for page in pages for row in page["ResultSet"]["Rows"]
    ]
    names = tuple(str(one) for one in rows[0]) if rows else ()
    return Answer(names, rows[1:])


def files_of(s3: Any, bucket: str, prefix: str) -> Iterator[bytes]:
    """Yield the archive's files below a prefix."""
    for key in keys(s3, bucket, prefix):
        yield s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''").rstrip("/")
