import csv
import io

from contract.finding import Finding, Severity
from dashboard.export import as_csv


def _exported(**changes: str) -> dict[str, str]:
    finding = Finding(
        **{
            "id": "f1",
            "detection": "iam.user_created",
            "title": "User a created",
            "severity": Severity.LOW,
            "account": "111122223333",
            "region": "eu-west-1",
            "resource": "arn:aws:iam::111122223333:user/a",
            **changes,
        }
    )
    return next(csv.DictReader(io.StringIO(as_csv([finding], {"111122223333": "prod"}))))


def test_a_row_has_the_finding_and_the_accounts_name() -> None:
    row = _exported()
    assert row["severity"] == "LOW"
    assert row["status"] == "OPEN"
    assert row["account_name"] == "prod"


def test_an_account_without_a_name_has_an_empty_cell() -> None:
    assert _exported(account="444455556666")["account_name"] == ""


def test_a_title_that_a_spreadsheet_would_run_is_text() -> None:
    assert _exported(title='=HYPERLINK("http://x")')["title"] == '\'=HYPERLINK("http://x")'


def test_commas_and_line_breaks_stay_in_their_cell() -> None:
    assert _exported(title='a, "b"\nc')["title"] == 'a, "b"\nc'
