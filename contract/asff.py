"""Security Hub's findings (ASFF) as Muster stores them; whose they are."""

from collections.abc import Mapping
from typing import Any

from contract.clock import EPOCH, iso
from contract.cloudtrail import timestamp
from contract.fields import Fields
from contract.finding import Finding, RecordState, Severity, Workflow, provider_finding_id

IMPORTED = "Security Hub Findings - Imported"
# What Muster calls itself on the findings that it publishes.
OWN_PRODUCT = "Muster"
# What customers may change of a finding (BatchUpdateFindings); its severity and types too, which `_split` tells apart.
CUSTOMERS = (
    *("Confidence", "Criticality", "Note", "RelatedFindings", "UserDefinedFields"),
    *("VerificationState", "Workflow", "WorkflowState"),
)
# What moves although nobody says anything new.
_UNSAID = ("ProcessedAt",)
# Muster's own words about a finding that ASFF has no field for, as user-defined fields.
ASSIGNEE, UNTIL, SUPPRESSION = "MusterAssignee", "MusterUntil", "MusterSuppression"

# ASFF required attributes, `Severity.Normalized`.
_BANDS = ((90, Severity.CRITICAL), (70, Severity.HIGH), (40, Severity.MEDIUM), (1, Severity.LOW))
# The retired WorkflowState (ASFF, "Retired attributes") in today's words.
_STATES = {"RESOLVED": Workflow.RESOLVED, "DEFERRED": Workflow.SUPPRESSED, "DUPLICATE": Workflow.SUPPRESSED}
_CONSOLIDATED = "CONSOLIDATED_CONTROL_FINDINGS"
_NAME_LENGTH = 200
_TITLE_LENGTH = 256
UNKNOWN = "unknown"


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


def finding_of(asff: Mapping[str, Any], observed_at: str) -> Finding:
    """Return what a finding says. `observed_at` is when it was seen so (`contract.clock.iso` text).

    Nothing that a product writes raises: a field of another form than ASFF's counts as absent, and what has no field
    here stands in `source` and `customer`. https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html
    """
    fields = Fields(dict(asff))
    product_arn, source_id = fields.text("ProductArn"), fields.text("Id")
    source, customer = _split(fields)
    compliance, record_state = fields.text("Compliance.Status").upper(), _record_state(fields)
    has_passed = compliance == "PASSED" and record_state is RecordState.ACTIVE
    updated_at = _time(fields, "UpdatedAt", "LastObservedAt", "CreatedAt") or observed_at
    resources = fields.texts("Resources[].Id")
    severity, given = _severity(fields, "Severity"), _severity(fields, "FindingProviderFields.Severity")
    return Finding(
        id=provider_finding_id(product_arn, source_id),
        detection=_detection(fields),
        title=_title(fields),
        severity=severity or given or Severity.INFORMATIONAL,
        provider_severity=given or severity or Severity.INFORMATIONAL,
        account=fields.text("AwsAccountId") or _part(product_arn, 4) or UNKNOWN,
        region=fields.text("Region") or fields.text("Resources[].Region") or _part(product_arn, 3),
        resource=next(iter(resources), ""),
        resources=tuple(resources),
        resource_types=tuple(fields.texts("Resources[].Type")),
        product=_product(fields),
        company=_company(fields),
        product_arn=product_arn,
        source_id=source_id,
        generator=fields.text("GeneratorId"),
        control=control_of(fields),
        description=fields.text("Description"),
        types=tuple(fields.texts("FindingProviderFields.Types") or fields.texts("Types")),
        standards=tuple(fields.texts("Compliance.AssociatedStandards[].StandardsId")),
        remediation=fields.text("Remediation.Recommendation.Text"),
        help_url=fields.text("Remediation.Recommendation.Url"),
        compliance=compliance,
        record_state=record_state,
        is_consolidated_away=_is_consolidated_away(fields, record_state),
        source=source,
        first_seen=_time(fields, "CreatedAt", "FirstObservedAt") or updated_at,
        updated_at=updated_at,
        observed_at=observed_at,
        passed_at=updated_at if has_passed else EPOCH,
        workflow=_workflow(fields),
        workflow_at=observed_at,
        workflow_by=fields.text("Note.UpdatedBy"),
        workflow_until=fields.text(f"UserDefinedFields.{UNTIL}"),
        acted_at=_time(fields, "Note.UpdatedAt"),
        assignee=fields.text(f"UserDefinedFields.{ASSIGNEE}"),
        suppression=fields.text(f"UserDefinedFields.{SUPPRESSION}"),
        note=fields.text("Note.Text"),
        customer=customer,
    )


def control_of(fields: Fields) -> str:
    """Return the control that a finding is about, such as `EC2.19`; empty when it is of no control.

    `Compliance.SecurityControlId`, else the end of the generator of one of Security Hub's own findings
    (Security Hub guide, "Consolidated control findings").
    """
    named = fields.text("Compliance.SecurityControlId")
    if named or not fields.text("ProductArn").endswith(":product/aws/securityhub"):
        return named
    return _generator(fields).rpartition("/")[2]


def _generator(fields: Fields) -> str:
    return fields.text("GeneratorId") or fields.text("ProductFields.StandardsControlArn")


def _detection(fields: Fields) -> str:
    """Return by what a finding is grouped: its control, else the product and its kind of finding."""
    control = control_of(fields)
    if control[:1].isdigit():  # CIS: the number alone means another control in each version
        return f"CIS {_generator(fields).partition('/v/')[2].partition('/')[0]}/{control}"[:_NAME_LENGTH]
    return control[:_NAME_LENGTH] or f"{_product(fields)}/{_kind(fields)}"[:_NAME_LENGTH]


def _kind(fields: Fields) -> str:
    """Return a type's last part (ASFF's are `namespace/category/classifier`), else what generated the finding."""
    kinds = [one.split("/", 2) for one in fields.texts("FindingProviderFields.Types") or fields.texts("Types")]
    named = next((one[2] for one in kinds if len(one) > 2), "")
    generator = fields.text("GeneratorId")
    return named or generator.rpartition("/")[2].rpartition(":")[2] or _title(fields)


def _title(fields: Fields) -> str:
    return (fields.text("Title") or fields.text("Description") or fields.text("Id"))[:_TITLE_LENGTH] or UNKNOWN


def _product(fields: Fields) -> str:
    said = fields.text("ProductName") or fields.text("ProductFields.aws/securityhub/ProductName")
    return said or fields.text("ProductArn").rpartition("/")[2] or UNKNOWN


def _company(fields: Fields) -> str:
    return fields.text("CompanyName") or fields.text("ProductFields.aws/securityhub/CompanyName")


def _severity(fields: Fields, path: str) -> Severity | None:
    """Return the label, else the band of the score; None when there is neither."""
    label = fields.text(f"{path}.Label").upper()
    if label in Severity.__members__:
        return Severity[label]
    score = fields.get(f"{path}.Normalized")
    if isinstance(score, bool) or not isinstance(score, int | float):
        return None
    return next((severity for least, severity in _BANDS if score >= least), Severity.INFORMATIONAL)


def _record_state(fields: Fields) -> RecordState:
    return RecordState.ARCHIVED if fields.text("RecordState").upper() == "ARCHIVED" else RecordState.ACTIVE


def _is_consolidated_away(fields: Fields, state: RecordState) -> bool:
    """Return whether it was archived because control findings were switched to, or from, consolidated ones."""
    reasons = fields.raw.get("ProductFields")
    named = reasons if isinstance(reasons, dict) else {}
    said = (str(value) for name, value in named.items() if name.startswith("ArchivalReasons:"))
    return state is RecordState.ARCHIVED and any(_CONSOLIDATED in one for one in said)


def _workflow(fields: Fields) -> Workflow:
    said = fields.text("Workflow.Status").upper()
    if said in Workflow.__members__:
        return Workflow[said]
    return _STATES.get(fields.text("WorkflowState").upper(), Workflow.NEW)


def _time(fields: Fields, *paths: str) -> str:
    """Return the first of the times that is one; products write them with a `T` or a space between."""
    for path in paths:
        moment = timestamp(fields.text(path).replace(" ", "T", 1))
        if moment:
            return iso(moment)
    return ""


def _split(fields: Fields) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the provider says and what its customers may have changed.

    Severity and types are the customers' where the provider's own stand in `FindingProviderFields`.
    """
    raw = fields.raw
    is_given = {name for name in ("Severity", "Types") if fields.get(f"FindingProviderFields.{name}")}
    theirs = {*CUSTOMERS, *is_given}
    source = {name: value for name, value in raw.items() if name not in theirs and name not in _UNSAID}
    return source, {name: raw[name] for name in raw if name in theirs}


def document(finding: Finding) -> dict[str, Any]:
    """Return a finding of Security Hub's as it was last seen there."""
    return {**finding.source, **finding.customer}


def _part(arn: str, place: int) -> str:
    parts = arn.split(":")
    return parts[place] if len(parts) > place else ""
