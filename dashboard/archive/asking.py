"""Asks the archive in SQL: Athena where it is, DuckDB over the same files elsewhere."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec

from contract.archive import COLUMNS, FOLDER
from dashboard.archive.question import QuestionError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_FINISHED = ("SUCCEEDED", "FAILED", "CANCELLED")


class ArchiveError(RuntimeError):
    """The archive has no answer; the text says why."""


class Limits(msgspec.Struct, frozen=True):
    """How many rows an answer may have, how many seconds it may take, and how much is copied for it; 0: no limit."""

    rows: int = 0
    seconds: float = 0
    megabytes: float = 0


NO_LIMITS = Limits()
_AT_ONCE = 8


class Answer(msgspec.Struct, frozen=True):
    """The names of the columns, and the rows; `is_cut`: there are more."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    is_cut: bool = False


def ask_files(sql: str, folder: Path, place: str = "", limits: Limits = NO_LIMITS) -> Answer:
    """Return the answer of DuckDB over a folder that holds the archive's `findings/`, or raise `ArchiveError`.

    `place` is what people know the folder as.
    """
    # The hosted dashboard asks Athena; its image has no DuckDB.
    import duckdb  # noqa: PLC0415

    files = folder / FOLDER
    if not any(files.rglob("*.jsonl.gz")):
        raise ArchiveError(
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
        connection.execute("SET lock_configuration=true")
        try:
            statements = connection.extract_statements(sql)
            if len(statements) != 1:
                raise QuestionError(f"ask one question, not {len(statements)}; `muster archive query --help` has some")
            with _interrupted(connection, limits.seconds):
                asked = connection.execute(statements[0])
                names = tuple(one[0] for one in asked.description or ())
                return _cut(names, iter(asked.fetchone, None), limits)
        except duckdb.InterruptException as error:
            raise ArchiveError(_too_long(limits)) from error
        except duckdb.Error as error:
            said = " ".join(str(error).split())
            raise ArchiveError(f"the archive did not understand: {said}") from error


@contextmanager
def _interrupted(connection: "DuckDBPyConnection", seconds: float) -> Iterator[None]:
    """Interrupt what runs inside after so many seconds."""
    if not seconds:
        yield
        return
    timer = threading.Timer(seconds, connection.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _cut(names: tuple[str, ...], rows: Iterable[tuple[Any, ...]], limits: Limits) -> Answer:
    """Return as many rows as may be."""
    if not limits.rows:
        return Answer(names, list(rows))
    found = list(islice(rows, limits.rows + 1))
    return Answer(names, found[: limits.rows], len(found) > limits.rows)


def _too_long(limits: Limits) -> str:
    return f"it took longer than {limits.seconds:g} seconds; ask of fewer months (year, month and day are columns)"


def ask_bucket(sql: str, s3: Any, bucket: str, limits: Limits = NO_LIMITS) -> Answer:
    """Return the answer of DuckDB over copies of a bucket's files, for where there is no Athena."""
    begun = time.monotonic()
    found = list(_objects(s3, bucket, FOLDER))
    size = sum(one["Size"] for one in found)
    if limits.megabytes and size > limits.megabytes * 1_000_000:
        raise ArchiveError(
            f"the archive holds {size / 1_000_000:,.1f} MB, and {limits.megabytes:,} are read here without Athena; "
            "muster archive query reads all"
        )

    def copy(key: str) -> None:
        if limits.seconds and time.monotonic() - begun > limits.seconds:
            raise ArchiveError(_too_long(limits))
        target = Path(folder) / key
        target.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(bucket, key, str(target))

    with TemporaryDirectory() as folder:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(copy, (one["Key"] for one in found)))
        return ask_files(sql, Path(folder), f"bucket {bucket}", limits)


def keys(s3: Any, bucket: str, prefix: str = FOLDER) -> Iterator[str]:
    """Yield the keys of the archive's files."""
    return (one["Key"] for one in _objects(s3, bucket, prefix))


def _objects(s3: Any, bucket: str, prefix: str) -> Iterator[Any]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", ())


def ask_athena(  # noqa: PLR0913 - the last two are for tests
    sql: str,
    athena: Any,
    database: str,
    limits: Limits = NO_LIMITS,
    *,
    sleep: Callable[[float], None] = time.sleep,
    poll_seconds: float = 1,
) -> Answer:
    """Return Athena's answer; the workgroup says where it is kept and how much may be read for it."""
    started = athena.start_query_execution(
        QueryString=sql, QueryExecutionContext={"Database": database}, WorkGroup=database
    )
    name = started["QueryExecutionId"]
    waited = 0.0
    while True:
        status = athena.get_query_execution(QueryExecutionId=name)["QueryExecution"]["Status"]
        if status["State"] in _FINISHED:
            break
        if limits.seconds and waited >= limits.seconds:
            athena.stop_query_execution(QueryExecutionId=name)
            raise ArchiveError(_too_long(limits))
        sleep(poll_seconds)
        waited += poll_seconds
    if status["State"] != "SUCCEEDED":
        raise ArchiveError(f"the archive did not understand: {status.get('StateChangeReason', status['State'])}")
    return _answer(athena.get_paginator("get_query_results").paginate(QueryExecutionId=name), limits)


def _answer(pages: Any, limits: Limits) -> Answer:
    """Return the rows; the first of the first page holds the names."""
    rows = (
        tuple(one.get("VarCharValue") for one in row["Data"]) for page in pages for row in page["ResultSet"]["Rows"]
    )
    return _cut(tuple(map(str, next(rows, ()))), rows, limits)


def files_of(s3: Any, bucket: str, prefix: str) -> Iterator[bytes]:
    """Yield the archive's files below a prefix."""
    for key in keys(s3, bucket, prefix):
        yield s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''").rstrip("/")
