"""Security Hub."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from hub.detections.detection import calls, detection


@detection(
    title="Security Hub of account {account} disabled or its members detached in {region} ({eventName})",
    severity=Severity.CRITICAL,
    api_calls=calls(
        "securityhub",
        "DisableSecurityHub",
        "DisableSecurityHubV2",
        "DisassociateFromAdministratorAccount",
        "DisassociateFromMasterAccount",
        "DisassociateMembers",
        "DeleteMembers",
        "DisableOrganizationAdminAccount",
        "DeleteFindingAggregator",
        "DeleteAggregatorV2",
    ),
    attempts=True,
    attack="T1562.001",
    cis="monitoring.security_hub",
)
def disabled(_event: CloudTrailEvent) -> bool:
    """Findings of an account, or of all, no longer reach the security team.

    False positives: an account that is closed or moved out.
    Response: enable Security Hub again from the delegated administrator, and review the actor's other calls.
    """
    return True


@detection(
    title="Security standards or controls of account {account} disabled in {region}",
    severity=Severity.MEDIUM,
    api_calls=calls(
        "securityhub",
        "BatchDisableStandards",
        "UpdateStandardsControl",
        "BatchUpdateStandardsControlAssociations",
        "DisableImportFindingsForProduct",
    ),
    attack="T1562.001",
    cis="monitoring.security_hub",
)
def standards_disabled(event: CloudTrailEvent) -> bool:
    """A standard, a control or a product's feed was switched off: what it found is no longer looked for.

    False positives: controls that the organization decided against.
    Response: check that the decision is written down; otherwise enable it again.
    """
    if event.name == "UpdateStandardsControl":
        return event.request.text("controlStatus") == "DISABLED"
    if event.name == "BatchUpdateStandardsControlAssociations":
        path = "standardsControlAssociationUpdates.associationStatus"
        return "DISABLED" in event.request.texts(path)
    return True
