"""Amazon Macie."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from hub.detections.detection import calls, detection

_STATUS = {"UpdateMacieSession": "PAUSED", "UpdateMemberSession": "PAUSED"}
_FILTERS = {"CreateFindingsFilter", "UpdateFindingsFilter"}
_DISCOVERY = "UpdateAutomatedDiscoveryConfiguration"


@detection(
    title="Macie paused, disabled or blinded in {region} of account {account} ({eventName})",
    severity=Severity.HIGH,
    api_calls=calls(
        "macie2",
        "DisableMacie",
        "DisassociateFromAdministratorAccount",
        "DisassociateFromMasterAccount",
        "DisassociateMember",
        "DeleteMember",
        "DisableOrganizationAdminAccount",
        _DISCOVERY,
        *sorted(_FILTERS),
        *sorted(_STATUS),
    ),
    attack="T1562.001",
)
def disabled(event: CloudTrailEvent) -> bool:
    """Sensitive data in buckets, and buckets that became public, are no longer reported from here.

    False positives: an account that is closed; filters that the security team wrote.
    Response: enable Macie again from the delegated administrator (`EnableMacie`, `UpdateMacieSession` with ENABLED): a
    disabled session has lost its findings. Read a new filter's criteria, and look at what the actor did to buckets.
    """
    if event.name in _FILTERS:
        return event.request.text("action") == "ARCHIVE"
    if event.name == _DISCOVERY:
        return event.request.text("status") == "DISABLED"
    return event.request.text("status") == _STATUS[event.name] if event.name in _STATUS else True
