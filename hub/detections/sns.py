"""Topics."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.policy import policy_of
from contract.resource import ResourceArn, owner_of
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings

_TOPIC = ResourceArn(
    "arn:{partition}:sns:{region}:{account}:{id}",
    ("responseElements.topicArn", "requestParameters.topicArn", "requestParameters.name"),
)
_OUTSIDE = {"email", "email-json", "http", "https", "sms"}


@detection(
    title="Topic {resource} of account {account} is open to everybody",
    severity=Severity.HIGH,
    api_calls=calls("sns", "SetTopicAttributes", "CreateTopic", "AddPermission"),
    resource=_TOPIC,
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


@detection(
    title="{actor} subscribed {to} to topic {resource} of account {account}",
    severity=Severity.LOW,
    api_calls=calls("sns", "Subscribe"),
    resource=_TOPIC,
    attack="T1567",
)
def rare_subscription(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """What the topic sends now also leaves the organization: by mail, web request, text message, or to a stranger.

    False positives: on-call tools and mail for people, which are set up like this.
    Response: read the topic's subscriptions (`ListSubscriptionsByTopic`, the endpoint is not in the trail) and
    unsubscribe what nobody knows; then ask what passed through the topic since.
    """
    protocol, endpoint = event.request.text("protocol"), event.request.text("endpoint")
    if protocol in _OUTSIDE:
        return Match(details={"to": f"an {protocol} endpoint"})
    is_known = owner_of(endpoint) in {"", event.account_id, *settings.organization_accounts}
    return False if is_known else Match(details={"to": endpoint})
