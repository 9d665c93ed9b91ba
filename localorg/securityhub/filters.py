"""What GetFindings asks for: AwsSecurityFindingFilters, as many as are emulated.

https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFindingFilters.html
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from localorg.answers import ApiError

Finding = dict[str, Any]
Test = dict[str, Any]

# Where a finding has what a filter by text looks at; `[]` stands for each of a list.
TEXTS = {
    "AwsAccountId": "AwsAccountId",
    "CompanyName": "CompanyName",
    "ComplianceAssociatedStandardsId": "Compliance.AssociatedStandards[].StandardsId",
    "ComplianceSecurityControlId": "Compliance.SecurityControlId",
    "ComplianceStatus": "Compliance.Status",
    "Description": "Description",
    "GeneratorId": "GeneratorId",
    "Id": "Id",
    "NoteText": "Note.Text",
    "ProductArn": "ProductArn",
    "ProductName": "ProductName",
    "RecordState": "RecordState",
    "Region": "Region",
    "ResourceId": "Resources[].Id",
    "ResourceType": "Resources[].Type",
    "SeverityLabel": "Severity.Label",
    "Title": "Title",
    "Type": "Types[]",
    "VerificationState": "VerificationState",
    "WorkflowStatus": "Workflow.Status",
}
DATES = ("CreatedAt", "FirstObservedAt", "LastObservedAt", "UpdatedAt")
COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "EQUALS": lambda value, wanted: value == wanted,
    "PREFIX": lambda value, wanted: value.startswith(wanted),
    "CONTAINS": lambda value, wanted: wanted in value,
}
NOT = "NOT_"
MOST_FILTERS, MOST_VALUES = 10, 20


def passing(filters: dict[str, list[Test]]) -> Callable[[Finding], bool]:
    """Return what tells whether a finding meets every filter; InvalidInputException for what is not taken."""
    if len(filters) > MOST_FILTERS or any(len(tests) > MOST_VALUES for tests in filters.values()):
        raise ApiError("InvalidInputException", f"at most {MOST_FILTERS} filters of {MOST_VALUES} values")
    if unknown := sorted(filters.keys() - {*TEXTS, *DATES}):
        raise ApiError("InvalidInputException", f"not emulated: filters {', '.join(unknown)}")
    passes = [_by_date(name, tests) if name in DATES else _by_text(name, tests) for name, tests in filters.items()]
    return lambda one: all(test(one) for test in passes)


def values(one: Any, path: str) -> Iterator[str]:
    """Yield the texts that stand at a path of a finding."""
    name, _, rest = path.partition(".")
    each = one.get(name.removesuffix("[]")) if isinstance(one, dict) else None
    for value in each or [] if name.endswith("[]") else [each]:
        if rest:
            yield from values(value, rest)
        elif value is not None:
            yield str(value)


def moment(text: str) -> datetime:
    """Return the time of an ISO 8601 text."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _by_text(name: str, tests: list[Test]) -> Callable[[Finding], bool]:
    """Any of what is wanted, and none of what is not."""
    for test in tests:
        if str(test.get("Comparison", "")).removeprefix(NOT) not in COMPARISONS:
            raise ApiError("InvalidInputException", f"{name}: no comparison {test.get('Comparison')}")
    wanted = [test for test in tests if not test["Comparison"].startswith(NOT)]
    unwanted = [test for test in tests if test["Comparison"].startswith(NOT)]

    def passes(one: Finding) -> bool:
        found = list(values(one, TEXTS[name]))
        return (not wanted or any(_holds(test, found) for test in wanted)) and not any(
            _holds(test, found) for test in unwanted
        )

    return passes


def _holds(test: Test, found: list[str]) -> bool:
    compare = COMPARISONS[test["Comparison"].removeprefix(NOT)]
    return any(compare(value, test["Value"]) for value in found)


def _by_date(name: str, tests: list[Test]) -> Callable[[Finding], bool]:
    spans = [_span(name, test) for test in tests]
    return lambda one: name in one and any(start <= moment(one[name]) <= end for start, end in spans)


def _span(name: str, test: Test) -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    if days := test.get("DateRange"):
        return now - timedelta(days=int(days["Value"])), now
    if "Start" not in test or "End" not in test:
        raise ApiError("InvalidInputException", f"{name}: give Start and End, or DateRange")
    return moment(test["Start"]), moment(test["End"])
