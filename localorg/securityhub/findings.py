"""Security Hub's findings: what products import, in what customers made of it, and the events of it."""

from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region

from localorg.answers import ApiError
from localorg.eventbus import entries
from localorg.organization import PARTITION

Finding = dict[str, Any]

BATCH, PAGE = 100, 100
IMPORTED = "Security Hub Findings - Imported"
# BatchImportFindings: what it never changes once a finding is there.
CUSTOMERS = ("Note", "UserDefinedFields", "VerificationState", "Workflow")
REQUIRED = (
    *("AwsAccountId", "CreatedAt", "Description", "GeneratorId", "Id"),
    *("ProductArn", "Resources", "SchemaVersion", "Title", "UpdatedAt"),
)
# The filters that are emulated, all with EQUALS, and where a finding has the value.
FILTERS = {
    "Id": lambda one: one["Id"],
    "ProductArn": lambda one: one["ProductArn"],
    "ProductName": lambda one: one.get("ProductName", "Default"),
    "RecordState": lambda one: one["RecordState"],
    "WorkflowStatus": lambda one: one["Workflow"]["Status"],
}
_findings = AccountRegionScopedDict()


def batch_import(body: dict[str, Any]) -> dict[str, Any]:
    """BatchImportFindings: at most a hundred; what is refused is named and stops no other."""
    given = body.get("Findings") or []
    if not 1 <= len(given) <= BATCH:
        raise ApiError("InvalidInputException", f"Findings must have between 1 and {BATCH} entries")
    refusals = [(one, _refusal(one)) for one in given]
    for one, reason in refusals:
        if not reason:
            _import(one)
    failed = [
        {"Id": str(one.get("Id")), "ErrorCode": "InvalidInput", "ErrorMessage": reason}
        for one, reason in refusals
        if reason
    ]
    return {"FailedCount": len(failed), "SuccessCount": len(given) - len(failed), "FailedFindings": failed}


def get_findings(body: dict[str, Any]) -> dict[str, Any]:
    """GetFindings: filtered, in pages, the newest first."""
    filters = body.get("Filters") or {}
    if unknown := sorted(set(filters) - set(FILTERS)):
        raise ApiError("InvalidInputException", f"not emulated: filters {', '.join(unknown)}")
    found = [one for one in _findings.values() if all(_passes(one, name, filters[name]) for name in filters)]
    found.sort(key=lambda one: str(one["UpdatedAt"]), reverse=True)
    start, size = int(body.get("NextToken") or 0), min(body.get("MaxResults") or PAGE, PAGE)
    more = {"NextToken": str(start + size)} if start + size < len(found) else {}
    return {"Findings": found[start : start + size], **more}


def forget() -> None:
    """Remove the findings of this account and Region."""
    for key in list(_findings):
        del _findings[key]


def _passes(one: Finding, name: str, wanted: list[dict[str, str]]) -> bool:
    if any(test.get("Comparison") != "EQUALS" for test in wanted):
        raise ApiError("InvalidInputException", f"not emulated: {name} by another comparison than EQUALS")
    return any(FILTERS[name](one) == test.get("Value") for test in wanted)


def _refusal(one: Finding) -> str:
    """Why a finding cannot be imported; empty when it can. Only an account's own product is emulated."""
    if missing := [name for name in REQUIRED if not one.get(name)]:
        return f"missing: {', '.join(missing)}"
    account = get_account_id()
    if one["ProductArn"] != f"arn:{PARTITION}:securityhub:{get_region()}:{account}:product/{account}/default":
        return "the product is not enabled in this account and Region"
    if one["AwsAccountId"] != account:
        return "AwsAccountId is not the account of the product"
    severities = (one.get("Severity"), (one.get("FindingProviderFields") or {}).get("Severity"))
    return "" if any(severities) else "missing: Severity"


def _import(given: Finding) -> None:
    before = _findings.get(given["Id"])
    if before and given["UpdatedAt"] <= before["UpdatedAt"]:
        return
    provider = given.get("FindingProviderFields") or {}
    state = given.get("RecordState", "ACTIVE")
    kept = {name: before[name] for name in CUSTOMERS if before and name in before}
    one = {**_of_provider(before, provider), **given, "RecordState": state, **kept}
    if not before or (before["RecordState"], state) == ("ARCHIVED", "ACTIVE"):
        one["Workflow"] = {"Status": "NEW"}
    _findings[given["Id"]] = one
    event = {
        "source": "aws.securityhub",
        "detail-type": IMPORTED,
        "resources": [f"{given['ProductArn']}/{given['Id']}"],
    }
    entries.inject(get_account_id(), get_region(), {**event, "detail": {"findings": [one]}})


def _of_provider(before: Finding | None, provider: Finding) -> Finding:
    """Severity and types are the provider's while a finding is new; later the customer may have changed them."""
    source = before or provider
    return {name: source[name] for name in ("Severity", "Types") if name in source}
