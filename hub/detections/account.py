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
    Response: look in the account for resources in that Region (AWS Config or the billing console by Region). If nobody
    planned it, disable the Region again (account:DisableRegion); otherwise add it to Muster's Regions and deploy, so
    that a spoke is there.
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
    """Whom AWS writes to changed: bills, security notices, password resets.

    HIGH for the root e-mail and the security contact.

    False positives: a new team mailbox.
    Response: ask the account owner by a way other than the new address. If they do not know of it, put the old contact
    back in the Billing console, reset the root password and check root's MFA: whoever reads root's mailbox can take the
    account over.
    """
    is_security = event.request.text("alternateContactType") == "SECURITY"
    return Match(severity=Severity.HIGH) if is_security or event.name in _EMAIL else True
