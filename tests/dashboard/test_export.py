import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from contract.clock import iso, now
from contract.finding import Severity
from dashboard.export import FINDING_COLUMNS, Export, Form, Row, exported, finding_row
from dashboard.organization import Organization
from dashboard.views import exporting
from hub.store.accounts import Account
from hub.store.findings import FindingStore
from tests.dashboard.conftest import PAYMENTS, Show, made

Markup = Callable[[AppTest], str]
KNOWN = Organization(
    id="o-example",
    read_at="",
    accounts={PAYMENTS: Account(id=PAYMENTS, name="prod", ou_path="Root/Workloads", owner="team-a")},
)


def _read(row: Row) -> dict[str, str]:
    return next(csv.DictReader(io.StringIO(exported(Form.CSV, FINDING_COLUMNS, [row]))))


def test_a_row_has_the_finding_and_what_is_known_of_its_account() -> None:
    row = _read(finding_row(made("a"), KNOWN))
    assert (row["severity"], row["status"], row["account_name"]) == ("LOW", "OPEN", "prod")
    assert (row["ou"], row["owner"]) == ("Root/Workloads", "team-a")


def test_an_account_that_nobody_knows_has_empty_cells() -> None:
    row = _read(finding_row(made("a", account="999999999999"), KNOWN))
    assert (row["account_name"], row["ou"], row["owner"]) == ("", "", "")


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_what_a_spreadsheet_would_run_is_text(begin: str) -> None:
    title = f'{begin}HYPERLINK("http://x")'
    row = csv.reader(io.StringIO(exported(Form.CSV, ("title",), [{"title": title}]), newline=""))
    assert list(row)[1] == [f"'{title}"]


def test_numbers_stay_numbers() -> None:
    assert exported(Form.CSV, ("a", "b"), [{"a": -5, "b": None}]) == "a,b\n-5,\n"


def test_commas_and_line_breaks_stay_in_their_cell() -> None:
    assert _read(finding_row(made("a", title='a, "b"\nc'), KNOWN))["title"] == 'a, "b"\nc'


def test_json_holds_the_same_rows_untouched() -> None:
    rows = json.loads(exported(Form.JSON, ("title", "n"), [{"title": "=1+1", "n": 2}, {"title": "b"}]))
    assert rows == [{"title": "=1+1", "n": 2}, {"title": "b", "n": None}]
    assert json.loads(exported(Form.JSON, ("title",), [])) == []


def test_a_file_grows_page_by_page() -> None:
    export = Export(Form.JSON, ("n",))
    export.add([{"n": 1}])
    export.add([{"n": 2}])
    assert (json.loads(export.text()), export.count) == ([{"n": 1}, {"n": 2}], 2)


def test_a_list_that_goes_on_is_exported_whole(tables: Any, show: Show) -> None:
    _fill(tables, 60)
    app = show("findings", severity="MEDIUM")
    next(one for one in app.button if one.label == "Export all as CSV").click().run()
    assert not app.exception
    assert any("Save CSV (60 rows)" in str(one.proto.label) for one in app.get("download_button"))


def test_an_export_that_is_cut_says_so(tables: Any, show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    _fill(tables, 60)
    monkeypatch.setattr(exporting, "MOST_EXPORTED", 55)
    app = show("findings", severity="MEDIUM")
    next(one for one in app.button if one.label == "Export all as JSON").click().run()
    assert any("Only the first 55" in one.value for one in app.caption)


def test_what_was_prepared_is_of_its_own_filters_only(tables: Any, show: Show) -> None:
    _fill(tables, 60)
    app = show("findings", severity="MEDIUM")
    next(one for one in app.button if one.label == "Export all as CSV").click().run()
    app.query_params["region"] = "us-east-1"
    app.run()
    assert not any("60 rows" in str(one.proto.label) for one in app.get("download_button"))


def _fill(client: Any, number: int) -> None:
    moment = now() - timedelta(hours=2)
    many = [
        made(f"m{place}", severity=Severity.MEDIUM, first_seen=iso(moment - timedelta(seconds=place)))
        for place in range(number)
    ]
    FindingStore(client, "muster-findings").upsert(many)
