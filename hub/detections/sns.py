"""Topics."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.policy import Policy, policy_of
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import let_in, shared_with, strangers

_SHARING = calls("sns", "SetTopicAttributes", "CreateTopic", "AddPermission")
_FAMILY = "sns.topic"
_TOPIC = ResourceArn(
    "arn:{partition}:sns:{region}:{account}:{id}",
    ("responseElements.topicArn", "requestParameters.topicArn", "requestParameters.name"),
)

_OUTSIDE = {"email", "email-json", "http", "https", "sms"}


def _accounts(event: CloudTrailEvent) -> list[str]:
    """Whom AddPermission names; the API's own member is in the singular."""
    return event.request.texts("aWSAccountId") + event.request.texts("aWSAccountIds")


def _policy(event: CloudTrailEvent) -> Policy:
    is_policy = event.request.text("attributeName") == "Policy"
    return policy_of(event.request.get("attributeValue") if is_policy else event.request.get("attributes.Policy"))


@detection(
    title="Topic {resource} of account {account} is open to everybody",
    severity=Severity.HIGH,
    api_calls=_SHARING,
    resource=_TOPIC,
    family=_FAMILY,
    attack="T1537",
)
def topic_public(event: CloudTrailEvent) -> bool:
    """The topic's policy allows everyone to publish or subscribe, and no condition narrows it.

    False positives: none known; the default policy is narrowed by its owner.
    Response: restrict the topic's policy (sns:SetTopicAttributes). List the subscriptions
    (sns:ListSubscriptionsByTopic) and remove foreign ones: they got every message; and distrust messages that came in
    meanwhile.
    """
    return "*" in _accounts(event) or _policy(event).is_public


@detection(
    title="Topic {resource} of account {account} opened to {with}",
    severity=Severity.MEDIUM,
    api_calls=_SHARING,
    resource=_TOPIC,
    family=_FAMILY,
    attack="T1537",
)
def topic_shared_external(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """An account outside the organization may publish to the topic or subscribe to what it says.

    False positives: partners, until trusted_accounts names their accounts.
    Response: ask the topic's owner. Otherwise take the statement out of the access policy (SNS console, Topics,
    Access policy) and delete subscriptions whose endpoints nobody knows.
    """
    named = strangers(_accounts(event), event, settings)
    return shared_with(named or let_in(_policy(event), event, settings))


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
    return Match(details={"to": endpoint}) if strangers([endpoint], event, settings) else False
