"""Resource Access Manager."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import shared_with, strangers


@detection(
    title="Resource share {resource} of account {account} opened to {with}",
    severity=Severity.MEDIUM,
    api_calls=calls("ram", "CreateResourceShare", "UpdateResourceShare", "AssociateResourceShare"),
    resource=ResourceArn("", ("responseElements.resourceShare.resourceShareArn", "requestParameters.resourceShareArn")),
    attack="T1537",
)
def external_share(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """Strangers were invited to networks, databases or whatever the share holds; LOW when they only may be from now on.

    A new share may have strangers in it unless its maker says no, so that alone is not meant.

    False positives: partners, until trusted_accounts names their accounts.
    Response: see what the share holds (RAM console, Shared by me). If nobody knows the account, take it out
    (DisassociateResourceShare) and allow sharing within the organization only.
    """
    if event.name == "UpdateResourceShare":
        is_widened = event.request.is_true("allowExternalPrincipals")
        return is_widened and Match(severity=Severity.LOW, details={"with": "whom the organization does not know"})
    return shared_with(strangers(event.request.texts("principals"), event, settings))
