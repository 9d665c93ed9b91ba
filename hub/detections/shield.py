"""Shield Advanced."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection


@detection(
    title="Protection of account {account} by Shield Advanced reduced ({eventName})",
    severity=Severity.HIGH,
    api_calls=calls(
        "shield",
        "DeleteProtection",
        "DeleteProtectionGroup",
        "DisassociateDRTRole",
        "DeleteSubscription",
        "DisableProactiveEngagement",
        "DisableApplicationLayerAutomaticResponse",
    ),
    resource=ResourceArn(
        "arn:{partition}:shield::{account}:protection/{id}",
        ("requestParameters.protectionId", "requestParameters.resourceArn"),
    ),
    attack="T1562.001",
)
def disabled(_event: CloudTrailEvent) -> bool:
    """A resource is no longer protected against floods, or AWS's response team may no longer help.

    False positives: the removal of the resource itself.
    Response: ask the actor; protect the resource again (`CreateProtection`), give the response team its role back, and
    watch the resource's traffic: a flood may follow.
    """
    return True
