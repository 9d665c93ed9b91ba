"""The list as a file: exactly the findings that the page shows."""

import csv
import io
from collections.abc import Iterable

from contract.finding import Finding

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
