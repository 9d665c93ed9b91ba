"""Amazon Inspector."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from hub.detections.detection import calls, detection

_FILTERS = {"CreateFilter", "UpdateFilter"}


@detection(
    title="Inspector scans less, or hides what it finds, in {region} of account {account} ({eventName})",
    severity=Severity.HIGH,
    api_calls=calls("inspector2", "Disable", "DisassociateMember", "DisableDelegatedAdminAccount", *sorted(_FILTERS)),
    attack="T1562.001",
)
def disabled(event: CloudTrailEvent) -> bool:
    """Vulnerabilities of machines, images or functions are no longer looked for, or are suppressed by a filter.

    False positives: suppression of findings that the security team accepted; an account that is closed.
    Response: enable scanning again from the delegated administrator (`Enable`); read the filter's criteria and delete
    it if the security team did not write it.
    """
    return event.name not in _FILTERS or event.request.text("action") == "SUPPRESS"
