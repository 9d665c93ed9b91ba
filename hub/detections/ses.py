"""Mail."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection


@detection(
    title="{actor} prepared account {account} for sending mail from {region} ({eventName})",
    severity=Severity.MEDIUM,
    api_calls=calls(
        "ses",
        "UpdateAccountSendingEnabled",
        "VerifyEmailIdentity",
        "VerifyDomainIdentity",
        "CreateEmailIdentity",
        "PutAccountDetails",
        "PutAccountDedicatedIpWarmupAttributes",
        "PutAccountSendingAttributes",
    ),
    resource=ResourceArn(
        "arn:{partition}:ses:{region}:{account}:identity/{id}",
        ("requestParameters.emailIdentity", "requestParameters.emailAddress", "requestParameters.domain"),
    ),
    attack="T1496.004",
)
def abuse_recon(event: CloudTrailEvent) -> bool:
    """Sending was switched on or widened, or an address was verified: how phishing from an account begins.

    False positives: the account that sends the organization's mail.
    Response: ask the actor; otherwise switch sending off (`PutAccountSendingAttributes`), delete the identity, replace
    the actor's credentials, and tell AWS before its abuse team closes the account.
    """
    return not (event.request.is_false("enabled") or event.request.is_false("sendingEnabled"))
