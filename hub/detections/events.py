"""EventBridge."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.policy import policy_of
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings

_RULE = ResourceArn(
    "arn:{partition}:events:{region}:{account}:rule/{id}", ("requestParameters.name", "requestParameters.rule")
)
_BUS = ResourceArn("arn:{partition}:events:{region}:{account}:event-bus/{id}", ("requestParameters.eventBusName",))


@detection(
    title="EventBridge rule {resource} of account {account} disabled, deleted or stripped of targets",
    severity=Severity.MEDIUM,
    api_calls=calls("events", "DisableRule", "DeleteRule", "RemoveTargets"),
    resource=_RULE,
    attempts=True,
    attack="T1562.001",
)
def rule_tampered(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """What listened to events no longer does; CRITICAL when the rule is Muster's own.

    False positives: rules that services manage for themselves, which are not meant.
    Response: enable the rule again; replay the archive for the time between.
    """
    if event.invoked_by:
        return False
    name = event.request.text("name") or event.request.text("rule")
    return Match(severity=Severity.CRITICAL) if f"{settings.prefix}-" in name else True


@detection(
    title="Event bus {resource} of account {account} opened to everybody",
    severity=Severity.HIGH,
    api_calls=calls("events", "PutPermission"),
    resource=_BUS,
    attack="T1537",
)
def bus_opened(event: CloudTrailEvent) -> bool:
    """Any AWS account may put events on the bus.

    False positives: none known; a condition on the organization makes it narrow.
    Response: restrict the policy; distrust what arrived meanwhile.
    """
    is_everybody = event.request.text("principal") == "*"
    is_organization = event.request.text("condition.key") == "aws:PrincipalOrgID"
    return (is_everybody and not is_organization) or policy_of(event.request.get("policy")).is_public
