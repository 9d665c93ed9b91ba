"""Topics."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.policy import policy_of
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection


@detection(
    title="Topic {resource} of account {account} is open to everybody",
    severity=Severity.HIGH,
    api_calls=calls("sns", "SetTopicAttributes", "CreateTopic", "AddPermission"),
    resource=ResourceArn(
        "arn:{partition}:sns:{region}:{account}:{id}",
        ("responseElements.topicArn", "requestParameters.topicArn", "requestParameters.name"),
    ),
    attack="T1537",
)
def topic_public(event: CloudTrailEvent) -> bool:
    """The topic's policy allows everyone to publish or subscribe, and no condition narrows it.

    False positives: none known; the default policy is narrowed by its owner.
    Response: restrict the policy; look for foreign subscriptions.
    """
    request = event.request
    if event.name == "AddPermission":
        return "*" in request.texts("aWSAccountIds")
    is_policy = request.text("attributeName") == "Policy"
    written = request.get("attributeValue") if is_policy else request.get("attributes.Policy")
    return policy_of(written).is_public
