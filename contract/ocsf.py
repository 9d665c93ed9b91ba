"""Findings of the new Security Hub (OCSF) as Muster stores them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from contract.clock import EPOCH, iso
from contract.cloudtrail import timestamp
from contract.fields import Fields
from contract.finding import Finding, RecordState, Severity, Workflow, provider_finding_id

IMPORTED = "Findings Imported V2"
# What customers may change of a finding (BatchUpdateFindingsV2): severity, status and comment.
CUSTOMERS = ("comment", "severity", "severity_id", "status", "status_id")
# OCSF `severity_id`: 0 unknown, 99 other; 6 is fatal.
_SEVERITIES = {
    "1": Severity.INFORMATIONAL,
    "2": Severity.LOW,
    "3": Severity.MEDIUM,
    "4": Severity.HIGH,
    "5": Severity.CRITICAL,
    "6": Severity.CRITICAL,
}
# OCSF `status_id` of findings; somebody who works on it knows of it.
_WORKFLOWS = {"2": Workflow.NOTIFIED, "3": Workflow.SUPPRESSED, "4": Workflow.RESOLVED}
# OCSF `compliance.status` in ASFF's words.
_COMPLIANCE = {"PASS": "PASSED", "FAIL": "FAILED", "WARNING": "WARNING"}
_NAME_LENGTH = 200
_TITLE_LENGTH = 256
_UNKNOWN = "unknown"


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


def finding_of(ocsf: Mapping[str, Any], observed_at: str) -> Finding:
    """Return what a finding says. `observed_at` is when it was seen so (`contract.clock.iso` text).

    Nothing that a product writes raises. A finding whose activity is Close is archived.
    https://schema.ocsf.io/1.6.0/categories/findings
    """
    raw = dict(ocsf)
    fields = Fields(raw)
    product_arn, source_id = fields.text("metadata.product.uid"), fields.text("finding_info.uid")
    control = fields.text("compliance.control")
    compliance = _compliance(fields)
    is_closed = fields.text("activity_name") == "Close"
    updated_at = _time(fields, "modified_time") or _time(fields, "last_seen_time") or _time(fields, "created_time")
    updated_at = updated_at or observed_at
    resources = fields.texts("resources[].uid")
    severity = _SEVERITIES.get(fields.text("severity_id"), Severity.INFORMATIONAL)
    product = fields.text("metadata.product.name") or product_arn.rpartition("/")[2] or _UNKNOWN
    title = fields.text("finding_info.title") or fields.text("finding_info.desc") or source_id or _UNKNOWN
    return Finding(
        id=provider_finding_id(product_arn, source_id or fields.text("metadata.uid")),
        detection=(control or f"{product}/{_kind(fields, title)}")[:_NAME_LENGTH],
        title=title[:_TITLE_LENGTH],
        severity=severity,
        account=fields.text("cloud.account.uid") or _UNKNOWN,
        region=fields.text("cloud.region") or fields.text("resources[].region"),
        resource=next(iter(resources), ""),
        resources=tuple(resources),
        resource_types=tuple(fields.texts("resources[].type")),
        product=product,
        company=fields.text("metadata.product.vendor_name"),
        product_arn=product_arn,
        source_id=source_id,
        generator=fields.text("finding_info.analytic.uid"),
        control=control,
        description=fields.text("finding_info.desc"),
        types=tuple(fields.texts("finding_info.types")),
        standards=tuple(fields.texts("compliance.standards")),
        remediation=fields.text("remediation.desc"),
        help_url=fields.text("remediation.references"),
        compliance=compliance,
        record_state=RecordState.ARCHIVED if is_closed else RecordState.ACTIVE,
        source={name: value for name, value in raw.items() if name not in CUSTOMERS},
        first_seen=_time(fields, "created_time") or _time(fields, "first_seen_time") or updated_at,
        updated_at=updated_at,
        observed_at=observed_at,
        passed_at=updated_at if compliance == "PASSED" and not is_closed else EPOCH,
        workflow=_WORKFLOWS.get(fields.text("status_id"), Workflow.NEW),
        workflow_at=observed_at,
        note=fields.text("comment"),
        customer={name: raw[name] for name in CUSTOMERS if name in raw},
    )


def metadata_uid(finding: Finding) -> str:
    """Return what BatchUpdateFindingsV2 knows a finding by."""
    return Fields(finding.source).text("metadata.uid")


def _kind(fields: Fields, otherwise: str) -> str:
    """Return the last of a finding's types, of an ASFF one its last part: `Recon:EC2/PortProbe`, `CVE`."""
    kinds = [one for one in fields.texts("finding_info.types") if one]
    if not kinds:
        return otherwise
    asff = [one.split("/", 2)[2] for one in kinds if one.count("/") > 1]
    return asff[0] if asff else kinds[-1]


def _compliance(fields: Fields) -> str:
    said = fields.text("compliance.status").upper()
    return _COMPLIANCE.get(said, said)


def _time(fields: Fields, name: str) -> str:
    """Return a time of the finding's, from its text or its milliseconds since 1970; empty when it is neither."""
    moment = timestamp(fields.text(f"finding_info.{name}_dt"))
    milliseconds = fields.get(f"finding_info.{name}")
    if moment is None and isinstance(milliseconds, int) and 0 < milliseconds < 253_402_300_800_000:
        moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return iso(moment) if moment else ""
