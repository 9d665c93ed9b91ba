"""The account's own settings."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from hub.detections.detection import Match, calls, detection

_EMAIL = {"StartPrimaryEmailUpdate", "AcceptPrimaryEmailUpdate"}


@detection(
    title="Region {requestParameters.RegionName} of account {account} enabled or disabled",
    severity=Severity.MEDIUM,
    api_calls=calls("account", "EnableRegion", "DisableRegion"),
    attack="T1535",
)
def region_enabled(_event: CloudTrailEvent) -> bool:
    """Where the account can be used changed; a Region that nobody watches is a place to hide.

    False positives: planned expansion.
    Response: check for the plan; disable the Region again, or deploy the spoke there.
    """
    return True


@detection(
    title="Contact or e-mail address of account {account} changed ({eventName})",
    severity=Severity.MEDIUM,
    api_calls=calls(
        "account", "PutAlternateContact", "DeleteAlternateContact", "PutContactInformation", *sorted(_EMAIL)
    ),
    attack="T1098",
)
def contact_changed(event: CloudTrailEvent) -> bool | Match:
    """Whom AWS writes to changed; HIGH for the root e-mail address and the security contact.

    False positives: a new team mailbox.
    Response: confirm with the account owner; whoever reads root's mailbox owns the account.
    """
    is_security = event.request.text("alternateContactType") == "SECURITY"
    return Match(severity=Severity.HIGH) if is_security or event.name in _EMAIL else True
