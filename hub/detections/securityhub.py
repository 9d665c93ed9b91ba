"""Security Hub."""

from collections.abc import Iterator

from contract.cloudtrail import CloudTrailEvent
from contract.fields import Fields
from contract.finding import Severity
from hub.detections.detection import calls, detection

# OCSF's `status_id` of a finding: suppressed, archived.
_HIDDEN_STATUS = {"3", "5"}


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
    Response: enable Security Hub again from the delegated administrator and associate the members. Findings of the time
    between are lost: review the actor's other calls, and end their sessions if they cannot explain it.
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
)
def standards_disabled(event: CloudTrailEvent) -> bool:
    """A standard, a control or a product's feed was switched off: what it found is no longer looked for.

    False positives: controls that the organization decided against.
    Response: check that somebody decided so and wrote it down. Otherwise enable the standard or control again
    (securityhub:BatchEnableStandards, UpdateStandardsControl), and look at what it would have found since.
    """
    if event.name == "UpdateStandardsControl":
        return event.request.text("controlStatus") == "DISABLED"
    if event.name == "BatchUpdateStandardsControlAssociations":
        path = "standardsControlAssociationUpdates.associationStatus"
        return "DISABLED" in event.request.texts(path)
    return True


def _updates(event: CloudTrailEvent) -> Iterator[Fields]:
    """What is done to findings: by the call itself, or by the actions of the rules that it writes."""
    yield event.request
    for rule in (event.request, *event.request.objects("updateAutomationRulesRequestItems")):
        yield from rule.objects("actions.findingFieldsUpdate")


def _hides(update: Fields) -> bool:
    is_hidden = update.text("workflow.status") == "SUPPRESSED" or update.text("recordState") == "ARCHIVED"
    return is_hidden or update.text("statusId") in _HIDDEN_STATUS


@detection(
    title="{actor} hid findings of Security Hub in {region} of account {account} ({eventName})",
    severity=Severity.LOW,
    api_calls=calls(
        "securityhub",
        "BatchUpdateFindings",
        "BatchUpdateFindingsV2",
        "UpdateFindings",
        "CreateAutomationRule",
        "BatchUpdateAutomationRules",
        "CreateAutomationRuleV2",
        "UpdateAutomationRuleV2",
        "UpdateInsight",
        "DeleteInsight",
    ),
    attack="T1562.001",
)
def findings_suppressed(event: CloudTrailEvent) -> bool:
    """Findings were suppressed or archived, by hand or by a rule that goes on doing so, or an insight was changed.

    False positives: the security team's own triage.
    Response: if the actor is not of the security team, set the findings' workflow back to NEW
    (`BatchUpdateFindings`), disable the automation rule, and look at what the hidden findings were about.
    """
    return event.name.endswith("Insight") or any(_hides(update) for update in _updates(event))
