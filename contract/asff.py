"""Security Hub's findings (ASFF), read with the fields that Muster shows; whose they are."""

from collections.abc import Mapping
from typing import Any

from contract.fields import Fields
from contract.finding import Severity

IMPORTED = "Security Hub Findings - Imported"
# What Muster calls itself on the findings that it publishes.
OWN_PRODUCT = "Muster"


def is_asff(value: Any) -> bool:
    """Return whether a value is a bare ASFF finding."""
    return isinstance(value, Mapping) and "ProductArn" in value and "Id" in value


def is_own_product(finding: Mapping[str, Any], hub_account: str) -> bool:
    """Return whether a finding is one that the hub published: what comes back must not be stored a second time.

    The product's ARN is the hub account's own, under which only that account may import (BatchImportFindings); the name
    alone could be anybody's.
    """
    fields = Fields(dict(finding))
    is_hubs = fields.text("ProductArn").endswith(f":{hub_account}:product/{hub_account}/default")
    return is_hubs and fields.text("ProductName") == OWN_PRODUCT


def wrapped_finding(finding: Mapping[str, Any]) -> dict[str, Any]:
    """Return a bare finding as Security Hub's event carries it: one finding an event."""
    return {
        "version": "0",
        "id": str(finding.get("Id")),
        "detail-type": IMPORTED,
        "source": "aws.securityhub",
        "account": str(finding.get("AwsAccountId") or ""),
        "time": finding.get("UpdatedAt"),
        "region": str(finding.get("Region") or ""),
        "resources": [finding.get("Id")],
        "detail": {"findings": [dict(finding)]},
    }


def described(finding: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a finding says, in Muster's words; a field that it lacks is empty.

    Severity: `Severity.Label`, else by `Severity.Normalized` (ASFF required attributes: 0, 1-39, 40-69, 70-89, 90-100).
    """
    fields = Fields(dict(finding))
    product_arn = fields.text("ProductArn")
    return {
        "id": fields.text("Id"),
        "product_arn": product_arn,
        "severity": _severity(fields),
        "title": fields.text("Title"),
        "account": fields.text("AwsAccountId"),
        "region": fields.text("Region") or _region_of(product_arn),
        "resources": fields.texts("Resources[].Id"),
        "workflow_status": fields.text("Workflow.Status") or fields.text("WorkflowState") or "NEW",
        "record_state": fields.text("RecordState") or "ACTIVE",
        "compliance_status": fields.text("Compliance.Status"),
    }


def _severity(fields: Fields) -> str:
    label = (fields.text("Severity.Label") or fields.text("FindingProviderFields.Severity.Label")).upper()
    if label in Severity.__members__:
        return label
    score = fields.get("Severity.Normalized", 0)
    score = score if isinstance(score, int | float) else 0
    bands = ((90, "CRITICAL"), (70, "HIGH"), (40, "MEDIUM"), (1, "LOW"))
    return next((name for least, name in bands if score >= least), "INFORMATIONAL")


def _region_of(arn: str) -> str:
    parts = arn.split(":")
    return parts[3] if len(parts) > 3 else ""
