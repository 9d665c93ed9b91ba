"""Tables as files: CSV that no spreadsheet runs, and JSON."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from contract.finding import Finding

Row = Mapping[str, object]

_COLUMNS = (
    "id",
    "severity",
    "status",
    "title",
    "account",
    "account_name",
    "region",
    "detection",
    "resource",
    "actor",
    "first_seen",
)

# A spreadsheet runs a cell that begins so (OWASP, CSV injection); titles and names come from outside.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(findings: Iterable[Finding], names: dict[str, str]) -> str:
    """Return findings as CSV with a header; `names` are the accounts' names by id."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([_harmless(cell) for cell in _row(finding, names)] for finding in findings)
    return file.getvalue()


def _row(finding: Finding, names: dict[str, str]) -> tuple[str, ...]:
    known = {"account_name": names.get(finding.account, "")}
    return tuple(known.get(column) or str(getattr(finding, column, "")) for column in _COLUMNS)


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


class Form(StrEnum):
    """How a table becomes a file."""

    CSV = "csv"
    JSON = "json"

    @property
    def mime(self) -> str:
        """Its type for a browser."""
        return "text/csv" if self is Form.CSV else "application/json"


def exported(form: Form, columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Return a whole table as a file's text; a column that a row lacks is empty."""
    if form is Form.JSON:
        lines = ",".join(
            f"\n  {msgspec.json.encode({name: row.get(name) for name in columns}).decode()}" for row in rows
        )
        return f"[{lines}\n]\n" if lines else "[]\n"
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name, "")) for name in columns] for row in rows)
    return file.getvalue()


def _cell(value: object) -> object:
    if value is None:
        return ""
    return value if isinstance(value, int | float) else _harmless(str(value))
