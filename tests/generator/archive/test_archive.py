"""The archive is asked in SQL, wherever it lies, and gives days back."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from typer.testing import CliRunner

from contract import archive
from contract.finding import Finding, Severity, Workflow
from dashboard.archive.asking import ArchiveError, ask_athena, ask_bucket, ask_files, files_of
from dashboard.archive.saved import SAVED
from generator.archive.restoring import restore
from generator.cli import app
from hub.store.findings import FindingStore
from hub.store.schema import FINDINGS, definition

NOW = datetime(2027, 6, 1, tzinfo=UTC)
REGION = "eu-central-1"


def finding(name: str, **changes: Any) -> Finding:
    usual: dict[str, Any] = {
        "detection": "iam.user_created",
        "title": "User created",
        "severity": Severity.HIGH,
        "account": "111122223333",
        "region": REGION,
        "resource": "arn:aws:iam::111122223333:user/alice",
        "workflow": Workflow.RESOLVED,
        "workflow_at": "2026-11-20T10:00:00.000000Z",
    }
    return Finding(id=name, **{**usual, **changes})


FINDINGS_OF = {
    "2027-02-18": [finding("f1"), finding("f2", severity=Severity.CRITICAL, account="444455556666")],
    "2027-03-01": [finding("f3", workflow=Workflow.SUPPRESSED, suppression="a drill", workflow_by="alice")],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for day, findings in FINDINGS_OF.items():
        path = tmp_path / archive.part_of(day, 3, 0)
        path.parent.mkdir(parents=True)
        path.write_bytes(archive.written(findings))
    return tmp_path


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield lambda service: boto3.client(service, region_name=REGION)


@pytest.fixture
def s3(aws: Callable[[str], Any], folder: Path) -> Any:
    client = aws("s3")
    client.create_bucket(Bucket="archive", CreateBucketConfiguration={"LocationConstraint": REGION})
    for path in folder.rglob("*.gz"):
        client.put_object(Bucket="archive", Key=str(path.relative_to(folder)), Body=path.read_bytes())
    return client


def test_files_answer_by_columns_and_partitions(folder: Path) -> None:
    answer = ask_files("SELECT month, count(*) FROM findings GROUP BY 1 ORDER BY 1", folder)
    assert (answer.columns[0], answer.rows) == ("month", [("02", 2), ("03", 1)])
    (row,) = ask_files("SELECT id, finding FROM findings WHERE status = 'SUPPRESSED'", folder).rows
    assert row[0] == "f3"
    assert json.loads(row[1])["suppression"] == "a drill"


@pytest.mark.parametrize("saved", SAVED, ids=lambda one: one.title)
def test_every_saved_question_has_an_answer(folder: Path, saved: Any) -> None:
    answer = ask_files(saved.sql, folder)
    assert answer.columns
    assert answer.rows


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT nothing FROM findings",
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY findings TO '/tmp/stolen.csv'",
        "DELETE FROM findings",
    ],
)
def test_what_is_no_question_to_the_archive_is_refused(folder: Path, sql: str) -> None:
    with pytest.raises(ArchiveError, match="the archive did not understand"):
        ask_files(sql, folder)


def test_an_archive_that_is_empty_yet_says_so(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no archived findings"):
        ask_files("SELECT 1", tmp_path)


def test_a_bucket_without_athena_answers_too(s3: Any) -> None:
    assert ask_bucket("SELECT count(*) FROM findings", s3, "archive").rows == [(3,)]


def test_athena_is_followed_to_its_answer() -> None:
    client = botocore.session.get_session().create_client(
        "athena", REGION, aws_access_key_id="x", aws_secret_access_key="y"
    )
    started = {"QueryString": "SELECT 1", "QueryExecutionContext": {"Database": "db"}, "WorkGroup": "db"}
    rows = [{"Data": [{"VarCharValue": "n"}, {"VarCharValue": "m"}]}, {"Data": [{"VarCharValue": "3"}, {}]}]
    with Stubber(client) as stubber:
        stubber.add_response("start_query_execution", {"QueryExecutionId": "q"}, started)
        for state in ("QUEUED", "RUNNING", "SUCCEEDED"):
            stubber.add_response("get_query_execution", {"QueryExecution": {"Status": {"State": state}}})
        stubber.add_response("get_query_results", {"ResultSet": {"Rows": rows}})
        answer = ask_athena("SELECT 1", client, "db", sleep=lambda _: None)
        assert (answer.columns, answer.rows) == (("n", "m"), [("3", None)])
        stubber.add_response("start_query_execution", {"QueryExecutionId": "q"})
        failed = {"State": "FAILED", "StateChangeReason": "line 1: no such column"}
        stubber.add_response("get_query_execution", {"QueryExecution": {"Status": failed}})
        with pytest.raises(ArchiveError, match="no such column"):
            ask_athena("SELECT 1", client, "db", sleep=lambda _: None)


def test_a_day_comes_back_for_two_weeks_beside_what_is_newer(s3: Any, aws: Callable[[str], Any]) -> None:
    dynamodb = aws("dynamodb")
    dynamodb.create_table(TableName="findings", **definition(FINDINGS))
    store = FindingStore(dynamodb, "findings")
    store.upsert([finding("f2", note="newer")])
    day = archive.folder_of("2027-02-18")
    assert restore(files_of(s3, "archive", day), store, NOW) == (1, 1)
    assert restore(files_of(s3, "archive", day), store, NOW) == (0, 2)
    assert store.get("f1") == FINDINGS_OF["2027-02-18"][0]
    newer = store.get("f2")
    assert newer is not None
    assert newer.note == "newer"
    item = dynamodb.get_item(TableName="findings", Key={"id": {"S": "f1"}})["Item"]
    assert int(item["ttl_timestamp"]["N"]) == datetime(2027, 6, 15, tzinfo=UTC).timestamp()


def test_the_command_prints_a_table_or_lines_of_json(folder: Path) -> None:
    runner = CliRunner()
    sql = "SELECT id, severity FROM findings ORDER BY id"
    shown = runner.invoke(app, ["archive", "query", sql, "--folder", str(folder)])
    assert shown.exit_code == 0
    assert shown.stdout.split() == ["id", "severity", "f1", "HIGH", "f2", "CRITICAL", "f3", "HIGH"]
    lines = runner.invoke(app, ["archive", "query", "worst accounts", "--folder", str(folder), "--json"])
    assert [json.loads(line)["account"] for line in lines.stdout.splitlines()] == ["111122223333", "444455556666"]
