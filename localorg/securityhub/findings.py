"""Security Hub's findings: what products import, in what customers made of it, and the events of it."""

from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import get_account_id, get_region, new_uuid

from localorg.answers import ApiError
from localorg.eventbus import entries
from localorg.organization import PARTITION
from localorg.securityhub import filters
from localorg.securityhub.hubs import HUBS, Body, Place, hearing, here, hub_here, seen_from

Finding = dict[str, Any]
# A finding's product and its id there.
Key = tuple[str, str]

BATCH, PAGE = 100, 100
IMPORTED = "Security Hub Findings - Imported"
# BatchImportFindings: what it never changes once a finding is there.
CUSTOMERS = ("Note", "UserDefinedFields", "VerificationState", "Workflow")
REQUIRED = (
    *("AwsAccountId", "CreatedAt", "Description", "GeneratorId", "Id"),
    *("ProductArn", "Resources", "SchemaVersion", "Title", "UpdatedAt"),
)
# What BatchUpdateFindings sets.
UPDATABLE = (
    *("Confidence", "Criticality", "Note", "RelatedFindings", "Severity"),
    *("Types", "UserDefinedFields", "VerificationState", "Workflow"),
)
FINDINGS: dict[Place, dict[Key, Finding]] = {}
# What the pages of a GetFindings still have to show, by token; the oldest are forgotten.
_LISTS: OrderedDict[str, list[tuple[Place, Key]]] = OrderedDict()
_MOST_LISTS = 100


def batch_import(body: Body) -> Body:
    """BatchImportFindings: at most a hundred; what is refused is named and stops no other."""
    hub_here()
    given = body.get("Findings") or []
    if not 1 <= len(given) <= BATCH:
        raise ApiError("InvalidInputException", f"Findings must have between 1 and {BATCH} entries")
    refusals = [(one, _refusal(one)) for one in given]
    for one, reason in refusals:
        if not reason:
            take_in(here(), one)
    failed = [
        {"Id": str(one.get("Id")), "ErrorCode": "InvalidInput", "ErrorMessage": reason}
        for one, reason in refusals
        if reason
    ]
    return {"FailedCount": len(failed), "SuccessCount": len(given) - len(failed), "FailedFindings": failed}


def get_findings(body: Body) -> Body:
    """GetFindings: filtered, sorted (else the newest first), in pages of what was there at the first."""
    hub_here()
    size = min(body.get("MaxResults") or PAGE, PAGE)
    token = body.get("NextToken")
    if token and token not in _LISTS:
        raise ApiError("InvalidInputException", "NextToken is not valid")
    keys = _LISTS[token] if token else _listed(body)
    more = {"NextToken": _remember(keys[size:])} if len(keys) > size else {}
    found = [FINDINGS.get(place, {}).get(key) for place, key in keys[:size]]
    return {"Findings": [one for one in found if one], **more}


def batch_update(body: Body) -> Body:
    """BatchUpdateFindings: what customers may change, in this account's findings and those that it sees."""
    hub_here()
    named = body.get("FindingIdentifiers") or []
    if not 1 <= len(named) <= BATCH:
        raise ApiError("InvalidInputException", f"FindingIdentifiers must have between 1 and {BATCH} entries")
    changes = {name: body[name] for name in UPDATABLE if name in body}
    if not changes:
        raise ApiError("InvalidInputException", "nothing is to be updated")
    if note := changes.get("Note"):
        if not (note.get("Text") and note.get("UpdatedBy")):
            raise ApiError("InvalidInputException", "Note needs Text and UpdatedBy")
        changes["Note"] = {**note, "UpdatedAt": _now()}
    unprocessed = [one for one in named if not _is_updated((one["ProductArn"], one["Id"]), changes)]
    missing = {"ErrorCode": "FindingNotFound", "ErrorMessage": "Finding Not Found"}
    return {
        "ProcessedFindings": [one for one in named if one not in unprocessed],
        "UnprocessedFindings": [{"FindingIdentifier": one, **missing} for one in unprocessed],
    }


def take_in(place: Place, given: Finding) -> None:
    """Take what a product says of a finding, unless it is older than what is known, and tell everybody who sees it."""
    known = FINDINGS.setdefault(place, {})
    key = (given["ProductArn"], given["Id"])
    before = known.get(key)
    if before and given["UpdatedAt"] <= before["UpdatedAt"]:
        return
    provider = given.get("FindingProviderFields") or {}
    state = given.get("RecordState", "ACTIVE")
    kept = {name: before[name] for name in CUSTOMERS if before and name in before}
    one = {"Region": place[1], **_of_provider(before, provider), **given, "RecordState": state, **kept}
    known[key] = {**one, "Workflow": _workflow(before, one)}
    tell(place, known[key])


def tell(place: Place, one: Finding) -> None:
    """Send the event of a finding to every bus whose account and Region see it."""
    event = {
        "source": "aws.securityhub",
        "detail-type": IMPORTED,
        "resources": [f"{one['ProductArn']}/{one['Id']}"],
        "detail": {"findings": [one]},
    }
    for account, region in hearing(place):
        entries.inject(account, region, event)


def inject(account: str, region: str, event: dict[str, Any]) -> str:
    """Put a service's event on a bus; what Security Hub says of findings, where it is on, it also remembers."""
    if event.get("detail-type") != IMPORTED or (account, region) not in HUBS:
        return entries.inject(account, region, event)
    for one in event["detail"]["findings"]:
        place = (str(one["AwsAccountId"]), str(one.get("Region") or region))
        FINDINGS.setdefault(place, {})[one["ProductArn"], one["Id"]] = one
        tell(place if place in HUBS else (account, region), one)
    return str(event.get("id", ""))


def forget() -> None:
    """Remove the findings of this account and Region."""
    FINDINGS.pop(here(), None)


def _listed(body: Body) -> list[tuple[Place, Key]]:
    passes = filters.passing(body.get("Filters") or {})
    found = [
        (one, (place, key))
        for place in seen_from(here())
        for key, one in FINDINGS.get(place, {}).items()
        if passes(one)
    ]
    for order in reversed(body.get("SortCriteria") or [{"Field": "UpdatedAt", "SortOrder": "desc"}]):
        path = filters.TEXTS.get(order["Field"], order["Field"])
        found.sort(key=lambda pair: next(filters.values(pair[0], path), ""), reverse=order.get("SortOrder") == "desc")
    return [where for _, where in found]


def _remember(keys: list[tuple[Place, Key]]) -> str:
    token = new_uuid()
    _LISTS[token] = keys
    while len(_LISTS) > _MOST_LISTS:
        _LISTS.popitem(last=False)
    return str(token)


def _is_updated(key: Key, changes: dict[str, Any]) -> bool:
    """Update a finding where it is seen. BatchUpdateFindings leaves UpdatedAt as it is."""
    for place in seen_from(here()):
        if one := FINDINGS.get(place, {}).get(key):
            FINDINGS[place][key] = {**one, **changes}
            tell(place, FINDINGS[place][key])
            return True
    return False


def _refusal(one: Finding) -> str:
    """Why a finding cannot be imported; empty when it can: by the account's own product, or one that is enabled."""
    if missing := [name for name in REQUIRED if not one.get(name)]:
        return f"missing: {', '.join(missing)}"
    account = get_account_id()
    own = f"arn:{PARTITION}:securityhub:{get_region()}:{account}:product/{account}/default"
    if one["ProductArn"] not in {own, *hub_here().products}:
        return "the product is not enabled in this account and Region"
    if one["AwsAccountId"] != account:
        return "AwsAccountId is not the account of the product"
    severities = (one.get("Severity"), (one.get("FindingProviderFields") or {}).get("Severity"))
    return "" if any(severities) else "missing: Severity"


def _of_provider(before: Finding | None, provider: Finding) -> Finding:
    """Severity and types are the provider's while a finding is new; later the customer may have changed them."""
    source = before or provider
    return {name: source[name] for name in ("Severity", "Types") if name in source}


def _workflow(before: Finding | None, one: Finding) -> dict[str, str]:
    """Security Hub's guide, "Setting the workflow status": what passes is resolved, what comes back is new."""
    compliance = (one.get("Compliance") or {}).get("Status", "")
    if compliance == "PASSED" and (not before or before["Workflow"]["Status"] != "SUPPRESSED"):
        return {"Status": "RESOLVED"}
    if not before:
        return {"Status": "NEW"}
    was_passing = (before.get("Compliance") or {}).get("Status", "") == "PASSED"
    is_back = (before["RecordState"], one["RecordState"]) == ("ARCHIVED", "ACTIVE") or was_passing
    is_kept = before["Workflow"]["Status"] == "SUPPRESSED" or not is_back or compliance == "PASSED"
    return before["Workflow"] if is_kept else {"Status": "NEW"}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
