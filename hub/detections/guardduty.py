"""GuardDuty."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection

_DETECTOR = ResourceArn("arn:{partition}:guardduty:{region}:{account}:detector/{id}", ("requestParameters.detectorId",))
_OFF = {"DISABLED", "FALSE", "NONE"}
_EBS = "dataSources.malwareProtection.scanEc2InstanceWithFindings.ebsVolumes"
_PLANS = (
    "features.status",
    "features.autoEnable",
    "autoEnable",
    "autoEnableOrganizationMembers",
    "dataSources.s3Logs.enable",
    "dataSources.s3Logs.autoEnable",
    "dataSources.kubernetes.auditLogs.enable",
    "dataSources.kubernetes.auditLogs.autoEnable",
    _EBS,
    f"{_EBS}.autoEnable",
)
_PARTS_OF_PLANS = ("features.additionalConfiguration.status", "features.additionalConfiguration.autoEnable")


@detection(
    title="GuardDuty switched off in {region} of account {account}",
    severity=Severity.CRITICAL,
    api_calls=calls("guardduty", "DeleteDetector", "UpdateDetector"),
    resource=_DETECTOR,
    family="guardduty.detector",
    attempts=True,
    attack="T1562.001",
)
def disabled(event: CloudTrailEvent) -> bool:
    """The detector was deleted or suspended: threats in this Region are no longer found.

    False positives: a Region that is given up on purpose.
    Response: switch GuardDuty on again in this Region from the delegated administrator's account. Threats of the time
    between are not found afterwards: review the actor's other calls and the account's CloudTrail yourself, and end the
    actor's sessions if they cannot explain it.
    """
    return event.name == "DeleteDetector" or event.request.is_false("enable")


def _is_off(event: CloudTrailEvent, *paths: str) -> bool:
    return any(text.upper() in _OFF for path in paths for text in event.request.texts(path))


@detection(
    title="GuardDuty protection reduced in {region} of account {account}",
    severity=Severity.HIGH,
    api_calls=calls(
        "guardduty",
        "UpdateDetector",
        "UpdateOrganizationConfiguration",
        "UpdateMemberDetectors",
        "UpdateMalwareScanSettings",
    ),
    resource=_DETECTOR,
    family="guardduty.detector",
    attack="T1562.001",
)
def features_reduced(event: CloudTrailEvent) -> bool | Match:
    """A protection plan or the enrolment of new accounts was switched off: some threats or accounts are no longer seen.

    MEDIUM for a part of a plan, such as an agent that GuardDuty no longer installs by itself, and for machines that the
    malware scan leaves out by their tags.
    False positives: a plan that is left out to save money.
    Response: check with the security team that it was planned. If not, switch the feature on again
    (guardduty:UpdateDetector, UpdateOrganizationConfiguration), and ask the actor.
    """
    if _is_off(event, *_PLANS):
        return True
    is_scan_narrower = any(event.request.all(f"scanResourceCriteria.{one}") for one in ("include", "exclude"))
    return Match(severity=Severity.MEDIUM) if is_scan_narrower or _is_off(event, *_PARTS_OF_PLANS) else False


def _suppresses(event: CloudTrailEvent) -> bool:
    if event.name in {"CreateFilter", "UpdateFilter"}:
        return event.request.text("action") == "ARCHIVE"
    if event.name in {"CreateIPSet", "UpdateIPSet", "CreateTrustedEntitySet"}:
        return event.request.is_true("activate")
    return True


@detection(
    title="GuardDuty findings of account {account} are suppressed in {region} ({eventName})",
    severity=Severity.HIGH,
    api_calls=calls(
        "guardduty",
        "CreateFilter",
        "UpdateFilter",
        "CreateIPSet",
        "UpdateIPSet",
        "ArchiveFindings",
        "CreateTrustedEntitySet",
        "DeletePublishingDestination",
        "DeleteThreatIntelSet",
    ),
    resource=_DETECTOR,
    attempts=True,
    attack="T1562.001",
)
def suppression(event: CloudTrailEvent) -> bool:
    """Findings are hidden by a filter, a trusted list, archiving, or the loss of their destination.

    False positives: tuning by the security team.
    Response: read the filter, the list or the publishing destination. If the security team did not make it, delete it
    and look at the findings that it archived: they are what somebody wanted to hide.
    """
    return _suppresses(event)


@detection(
    title="GuardDuty administration of account {account} broken off in {region} ({eventName})",
    severity=Severity.HIGH,
    api_calls=calls(
        "guardduty",
        "DisassociateFromAdministratorAccount",
        "DisassociateFromMasterAccount",
        "DisassociateMembers",
        "DeleteMembers",
        "StopMonitoringMembers",
        "DeleteInvitations",
        "DisableOrganizationAdminAccount",
    ),
    resource=_DETECTOR,
    attempts=True,
    attack="T1562.001",
)
def member_detached(_event: CloudTrailEvent) -> bool:
    """A member account and its GuardDuty administrator were separated: the security team no longer sees its findings.

    False positives: an account that is closed or moved out.
    Response: associate the account again from the delegated administrator. Check that GuardDuty is still on in the
    account, and ask the actor; findings of the time between stand only in the account itself.
    """
    return True
