"""A finding of Security Hub's as scripts read it (`docs/architecture.md`, black-box interfaces)."""

from typing import Any

from contract.fields import Fields
from contract.finding import Finding, Severity

# ASFF required attributes, `Severity.Label`: the score that Security Hub gives to a label.
_SCORES = {Severity.INFORMATIONAL: 0, Severity.LOW: 1, Severity.MEDIUM: 40, Severity.HIGH: 70, Severity.CRITICAL: 90}


def normalised(finding: Finding) -> dict[str, Any]:
    """Return what the hub stores of a finding; what it does not say is empty."""
    return {
        "id": finding.source_id,
        "product_arn": finding.product_arn,
        "severity": finding.severity,
        "title": finding.title,
        "account": finding.account,
        "region": finding.region,
        "resources": list(finding.resources),
        "workflow_status": finding.workflow,
        "record_state": finding.record_state,
        "compliance_status": finding.compliance,
        "detection": finding.detection,
        "control": finding.control,
        "product": finding.product,
        "company": finding.company,
        "generator": finding.generator,
        "resource_types": list(finding.resource_types),
        "severity_normalized": _score(finding),
        "updated_at": finding.updated_at,
        "status": finding.status,
        "actionable": finding.is_open,
    }


def _score(finding: Finding) -> int:
    said = Fields({**finding.source, **finding.customer}).get("Severity.Normalized")
    is_score = isinstance(said, int | float) and not isinstance(said, bool)
    return int(said) if is_score else _SCORES[finding.severity]
