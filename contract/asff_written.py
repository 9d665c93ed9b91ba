"""Muster's own findings as Security Hub takes them (ASFF, BatchImportFindings)."""

import json
from typing import Any

from contract.asff import OWN_PRODUCT
from contract.asff_types import finding_type, resource_type
from contract.catalogue import DetectionText
from contract.finding import Finding, Mode, RecordState
from contract.links import finding_address
from contract.names import VERSION, partition_of

# ASFF syntax, "Required attributes" and "Optional top-level attributes"; BatchImportFindings: 240 KB for one finding.
LIMIT = 240_000
_TITLE = 256
_DESCRIPTION = 1_024
_RECOMMENDATION = 512
_RESOURCES = 32
_FIELDS = 50
_FIELD_NAME = 128
# ASFF takes 2,048 characters; fifty of those would not fit into a finding.
_FIELD_VALUE = 512
_ARN = 512


def published_id(finding: str) -> str:
    """Return the id that Security Hub knows one of our findings by."""
    return f"muster/{finding}"


def published(finding: Finding, text: DetectionText | None, product_arn: str, dashboard: str) -> dict[str, Any]:
    """Return one of our findings as ASFF. `product_arn` is the default one of the hub account.

    Under it only findings of the hub's own account may be imported, so the account in which it happened stands in
    title, resources and product fields. What customers write (workflow status, note) is not said: Security Hub keeps
    theirs, sets it back to NEW by itself when a finding becomes active again, and ignores what is older than it has.
    """
    parts = {
        "SchemaVersion": "2018-10-08",
        "Id": published_id(finding.id),
        "ProductArn": product_arn,
        "ProductName": OWN_PRODUCT,
        "CompanyName": OWN_PRODUCT,
        "GeneratorId": f"muster/{finding.detection}",
        "AwsAccountId": product_arn.split(":")[4],
        "CreatedAt": finding.first_seen,
        "UpdatedAt": changed_at(finding),
        "FirstObservedAt": finding.first_seen,
        "LastObservedAt": finding.updated_at,
        "Title": _title(finding),
        "Description": _shortened(text.what if text else finding.title, _DESCRIPTION),
        "Remediation": _remediation(text),
        "SourceUrl": _address(finding, dashboard),
        "ProductFields": _product_fields(finding),
        "Resources": _resources(finding),
        "RecordState": _record_state(finding),
        "FindingProviderFields": {
            "Severity": {"Label": finding.severity.value, "Original": finding.severity.value},
            "Types": [finding_type(text.attack if text else "")],
        },
    }
    return _fitted({name: value for name, value in parts.items() if value})


def changed_at(finding: Finding) -> str:
    """Return when anything about a finding last changed, which is what Security Hub orders updates by."""
    return max(finding.first_seen, finding.updated_at, finding.observed_at, finding.workflow_at)


def _record_state(finding: Finding) -> str:
    is_told = finding.is_open and finding.mode is Mode.LIVE
    return (RecordState.ACTIVE if is_told else RecordState.ARCHIVED).value


def _title(finding: Finding) -> str:
    if finding.account in finding.title:
        return _shortened(finding.title, _TITLE)
    place = f" (account {finding.account})"
    return _shortened(finding.title, _TITLE - len(place)) + place


def _remediation(text: DetectionText | None) -> dict[str, Any]:
    return {"Recommendation": {"Text": _shortened(text.response, _RECOMMENDATION)}} if text and text.response else {}


def _address(finding: Finding, dashboard: str) -> str:
    return (
        f"{dashboard.rstrip('/')}/{finding_address(finding.id)}"
        if dashboard.startswith(("https://", "http://"))
        else ""
    )


def _resources(finding: Finding) -> list[dict[str, str]]:
    partition = partition_of(finding.region)
    place = {"Partition": partition, **({"Region": finding.region} if finding.region else {})}
    account = {"Type": "AwsAccount", "Id": f"AWS::::Account:{finding.account}", **place}
    arns = dict.fromkeys(arn for arn in (finding.resource, *finding.resources) if 0 < len(arn) <= _ARN)
    judged = [{"Type": resource_type(arn), "Id": arn, **place} for arn in arns]
    return [*[one for one in judged if one["Type"] != "AwsAccount"][: _RESOURCES - 1], account]


def _product_fields(finding: Finding) -> dict[str, str]:
    facts = {
        "account": finding.account,
        "region": finding.region,
        "detection": finding.detection,
        "also": ", ".join(finding.also),
        "confidence": finding.confidence.value,
        "attempt": "true" if finding.is_attempt else "",
        "actor": finding.actor,
        "actor-kind": finding.actor_kind,
        "actor-role": finding.actor_role,
        "actor-arn": finding.actor_arn,
        "api-call": finding.api_call,
        "event-id": finding.event_id,
        "source-ip": finding.source_ip,
        "user-agent": finding.user_agent,
        "status": finding.status.value,
        **{f"details/{name}": _detail(value) for name, value in finding.details.items()},
    }
    named = {
        "ProviderName": OWN_PRODUCT,
        "ProviderVersion": VERSION,
        **{f"muster/{name}": facts[name] for name in facts},
    }
    kept = {name[:_FIELD_NAME]: _shortened(value, _FIELD_VALUE) for name, value in named.items() if value.strip()}
    return dict(list(kept.items())[:_FIELDS])


def _detail(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _fitted(finding: dict[str, Any]) -> dict[str, Any]:
    """Leave out the details, then most resources, of a finding that would be too large (forged names can be)."""
    if len(json.dumps(finding)) <= LIMIT:
        return finding
    fields = {name: value for name, value in finding["ProductFields"].items() if not name.startswith("muster/details/")}
    return {**finding, "ProductFields": fields, "Resources": finding["Resources"][-1:]}
