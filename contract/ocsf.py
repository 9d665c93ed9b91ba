"""Findings of the new Security Hub (OCSF), read with the fields that Muster shows."""

from collections.abc import Mapping
from typing import Any

from contract.fields import Fields

IMPORTED = "Findings Imported V2"
_SEVERITIES = {"1": "INFORMATIONAL", "2": "LOW", "3": "MEDIUM", "4": "HIGH", "5": "CRITICAL", "6": "CRITICAL"}


def is_ocsf(value: Any) -> bool:
    """Return whether a value is a bare OCSF finding."""
    return isinstance(value, Mapping) and "finding_info" in value and "metadata" in value


def wrapped_finding(finding: Mapping[str, Any]) -> dict[str, Any]:
    """Return a bare finding as Security Hub's event carries it: one finding an event."""
    fields = Fields(dict(finding))
    return {
        "version": "0",
        "id": fields.text("metadata.uid"),
        "detail-type": IMPORTED,
        "source": "aws.securityhub",
        "account": fields.text("cloud.account.uid"),
        "time": fields.text("finding_info.modified_time_dt"),
        "region": fields.text("cloud.region"),
        "resources": [fields.text("metadata.uid")],
        "detail": {"findings": [dict(finding)]},
    }


def described(finding: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a finding says, in Muster's words; a field that it lacks is empty.

    Severity ids: OCSF schema, `severity_id` (0 unknown, 1 informational to 5 critical, 6 fatal). A finding whose
    activity is Close is archived.
    """
    fields = Fields(dict(finding))
    return {
        "id": fields.text("finding_info.uid"),
        "product_arn": fields.text("metadata.product.uid"),
        "severity": _SEVERITIES.get(fields.text("severity_id"), "INFORMATIONAL"),
        "title": fields.text("finding_info.title"),
        "account": fields.text("cloud.account.uid"),
        "region": fields.text("cloud.region"),
        "resources": fields.texts("resources[].uid"),
        "workflow_status": fields.text("status").upper(),
        "record_state": "ARCHIVED" if fields.text("activity_name") == "Close" else "ACTIVE",
        "compliance_status": fields.text("compliance.status").upper(),
    }
