"""Purchases from AWS Marketplace."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from hub.detections.detection import calls, detection


@detection(
    title="{actor} accepted a Marketplace agreement in account {account}",
    severity=Severity.LOW,
    api_calls=calls("agreement-marketplace", "AcceptAgreementRequest"),
    attack="T1496.004",
)
def agreement_accepted(_event: CloudTrailEvent) -> bool:
    """Somebody bought software, or the use of a model, on the account's bill.

    False positives: purchases that the organization asked for.
    Response: see what it is under Marketplace, "Manage subscriptions"; cancel it if nobody ordered it, and look for
    `CreateFoundationModelAgreement` and `InvokeModel` of the same actor.
    """
    return True
