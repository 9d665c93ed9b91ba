from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from streamlit.testing.v1 import AppTest

from contract import archive
from dashboard import data
from dashboard.archive import asked
from dashboard.archive.asking import ArchiveError, Limits, ask_athena, ask_files
from dashboard.archive.question import QuestionError, question_of
from hub.store.deployed import Deployed, DeployedStore
from tests.dashboard.conftest import made

Show = Callable[..., AppTest]
Markup = Callable[[AppTest], str]
BUCKET = "archive-of-the-demo"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / archive.part_of("2027-02-18", 3, 0)
    path.parent.mkdir(parents=True)
    path.write_bytes(archive.written([made("one"), made("two", title="A <b>bold</b> one"), made("three")]))
    return tmp_path


def deployed(client: Any, **changes: Any) -> None:
    DeployedStore(client, "muster-state").write(Deployed(version="0.1.0", **changes), ())


@pytest.fixture
def archived(tables: Any, folder: Path) -> Any:
    deployed(tables, archive_engine="duckdb", archive_bucket=BUCKET)
    s3 = boto3.client("s3", region_name="eu-west-1")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for path in folder.rglob("*.gz"):
        s3.put_object(Bucket=BUCKET, Key=str(path.relative_to(folder)), Body=path.read_bytes())
    return tables


def ask(app: AppTest, sql: str) -> AppTest:
    app.text_area[0].set_value(sql)
    return sent(app)


def sent(app: AppTest) -> AppTest:
    (button,) = (one for one in app.button if one.label == "Ask")
    return button.click().run()


def test_a_saved_question_has_an_answer_that_is_a_file_too(archived: Any, show: Show, markup: Markup) -> None:
    app = show("archive")
    assert "Nothing was asked yet" in markup(app)
    (question,) = (one for one in app.selectbox if one.label == "Question")
    question.set_value("findings by month").run()
    app = sent(app)
    assert not app.exception
    assert "1 row" in markup(app)
    assert "<td>2027</td><td>02</td><td>LOW</td><td>3</td>" in markup(app)
    assert "Save CSV (1 row)" in [one.label for one in app.get("download_button")]


def test_a_question_of_ones_own_is_answered_and_what_it_finds_is_escaped(
    archived: Any, show: Show, markup: Markup
) -> None:
    app = ask(show("archive"), "SELECT title FROM findings WHERE id = 'two';")
    assert "A &lt;b&gt;bold&lt;/<wbr>b&gt; one" in markup(app)


def test_a_question_that_would_change_something_is_refused(archived: Any, show: Show, markup: Markup) -> None:
    app = ask(show("archive"), "DROP TABLE findings")
    assert not app.exception
    assert "the archive is only read here" in markup(app)


def test_more_rows_than_the_limit_are_cut_and_told(
    archived: Any, show: Show, markup: Markup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "LIMITS", Limits(rows=2, seconds=60))
    assert "The first 2 rows; there are more" in markup(ask(show("archive"), "SELECT id FROM findings"))


def test_an_archive_that_is_too_large_to_copy_says_where_to_ask(
    archived: Any, show: Show, markup: Markup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "LIMITS", Limits(megabytes=0.000_1))
    assert "muster archive query reads all" in markup(ask(show("archive"), "SELECT id FROM findings"))


def test_a_wrong_question_says_what_the_archive_did_not_understand(archived: Any, show: Show, markup: Markup) -> None:
    assert "did not understand" in markup(ask(show("archive"), "SELECT nothing FROM findings"))


def test_without_an_archive_the_page_says_how_to_have_one(tables: Any, show: Show, markup: Markup) -> None:
    deployed(tables)
    assert "archive.enabled = true" in markup(show("archive"))


def test_before_the_hub_has_said_what_is_deployed_the_page_waits(tables: Any, show: Show, markup: Markup) -> None:
    app = show("archive")
    assert not app.exception
    assert "the hub has not stored yet what is deployed" in markup(app)


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "-- nothing",
        "DELETE FROM findings",
        "insert into findings select 1",
        "UNLOAD (SELECT 1) TO 's3://somewhere'",
        "CREATE TABLE stolen AS SELECT 1",
        "/* SELECT */ DROP TABLE findings",
        "SELECT 1; DROP TABLE findings",
        "SELECT ';' ; SELECT 2",
        '"SELECT" 1',
        "EXPLAIN ANALYZE INSERT INTO findings SELECT 1",
        "; DROP TABLE findings",
    ],
)
def test_only_one_query_that_reads_may_be_asked(sql: str) -> None:
    with pytest.raises(QuestionError):
        question_of(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "  select ';' as x from findings ;  ",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "-- a comment; with a semicolon\nSELECT 1",
        "(SELECT 1) UNION (SELECT 2)",
        'SELECT "a;b" FROM findings /* ; */',
    ],
)
def test_queries_may_be_asked(sql: str) -> None:
    assert question_of(sql) == sql.strip().rstrip(";").strip()


def test_a_question_that_takes_too_long_ends(folder: Path) -> None:
    slow = "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range * b.range % 7 = 3"
    with pytest.raises(ArchiveError, match=r"longer than 0\.2 seconds"):
        ask_files(slow, folder, limits=Limits(rows=10, seconds=0.2))


def test_settings_of_the_engine_cannot_be_changed_by_a_question(folder: Path) -> None:
    with pytest.raises(ArchiveError, match="did not understand"):
        ask_files("SET enable_external_access = true", folder)


class SlowAthena:
    """Runs for ever."""

    def __init__(self) -> None:
        self.stopped: list[str] = []

    def start_query_execution(self, **_: Any) -> dict[str, str]:
        return {"QueryExecutionId": "q1"}

    def get_query_execution(self, **_: Any) -> dict[str, Any]:
        return {"QueryExecution": {"Status": {"State": "RUNNING"}}}

    def stop_query_execution(self, QueryExecutionId: str) -> None:  # noqa: N803 - boto3's name
        self.stopped.append(QueryExecutionId)


@pytest.mark.parametrize(
    "refusal", [("AccessDeniedException", "Use a profile"), ("InvalidRequestException", "Change the question")]
)
def test_what_athena_refuses_says_what_to_do(
    tables: Any, show: Show, markup: Markup, monkeypatch: pytest.MonkeyPatch, refusal: tuple[str, str]
) -> None:
    code, mend = refusal

    class Refusing:
        def start_query_execution(self, **_: Any) -> None:
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "StartQueryExecution")

    deployed(tables, archive_engine="athena", archive_database="muster_archive")
    monkeypatch.setattr(data, "aws_client", lambda service: Refusing() if service == "athena" else tables)
    page = markup(ask(show("archive"), "SELECT 1"))
    assert "No answer" in page
    assert mend in page


def test_athena_is_stopped_after_the_time_that_a_question_has() -> None:
    athena = SlowAthena()
    with pytest.raises(ArchiveError, match="longer than 3 seconds"):
        ask_athena("SELECT 1", athena, "db", Limits(seconds=3), sleep=lambda _: None)
    assert athena.stopped == ["q1"]
