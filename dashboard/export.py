"""Tables as files: CSV that no spreadsheet runs, and JSON."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from contract.finding import Finding
from dashboard.organization import Organization

Row = Mapping[str, object]

FINDING_COLUMNS = (
    "id",
    "severity",
    "status",
    "title",
    "account",
    "account_name",
    "ou",
    "owner",
    "region",
    "detection",
    "resource",
    "actor",
    "first_seen",
)

# Of what people accepted, also why, who said so and until when.
SUPPRESSED_COLUMNS = (*FINDING_COLUMNS, "note", "workflow_by", "workflow_until")

# A spreadsheet runs a cell that begins so (OWASP, CSV injection); titles and names come from outside.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - full-width ones run too


class Form(StrEnum):
    """How a table becomes a file."""

    CSV = "csv"
    JSON = "json"

    @property
    def mime(self) -> str:
        """Its type for a browser."""
        return "text/csv" if self is Form.CSV else "application/json"


class Export:
    """A file that grows by rows, so that nothing but its text is kept."""

    def __init__(self, form: Form, columns: Sequence[str]) -> None:
        """Begin with the columns."""
        self.count = 0
        self._form = form
        self._columns = columns
        self._file = io.StringIO()
        self._writer = csv.writer(self._file, lineterminator="\n")
        if form is Form.CSV:
            self._writer.writerow(columns)

    def add(self, rows: Iterable[Row]) -> None:
        """Write rows; a column that one lacks is empty, and what is no column is left out."""
        for row in rows:
            if self._form is Form.CSV:
                self._writer.writerow([_cell(row.get(name, "")) for name in self._columns])
            else:
                said = {name: row.get(name) for name in self._columns}
                self._file.write(f"{',' if self.count else '['}\n  {msgspec.json.encode(said).decode()}")
            self.count += 1

    def text(self) -> str:
        """Return the file as it is now."""
        if self._form is Form.CSV:
            return self._file.getvalue()
        return f"{self._file.getvalue()}\n]\n" if self.count else "[]\n"


def exported(form: Form, columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Return a whole table as a file's text."""
    export = Export(form, columns)
    export.add(rows)
    return export.text()


def finding_row(finding: Finding, organization: Organization) -> Row:
    """Return a finding as a row, with what the organization knows of its account."""
    account = organization.accounts.get(finding.account)
    known = {
        "title": organization.title(finding),
        "account_name": account.name if account else "",
        "ou": organization.path(finding.account),
        "owner": organization.owner(finding.account),
    }
    return {name: known.get(name, getattr(finding, name, "")) for name in SUPPRESSED_COLUMNS}


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, int | float):
        return value
    shown = str(value)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
