"""EventBridge."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.policy import policy_of
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import let_in, shared_with, strangers

_CLOUDFORMATION = "cloudformation.amazonaws.com"
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
    """What listened to events no longer does; CRITICAL when the rule is Muster's own, HIGH if by CloudFormation.

    What services do to other rules is not meant, as they manage their own, nor what StackSets does to Muster's.

    False positives: an upgrade of Muster with fewer rules, in accounts whose stack `muster deploy` updates itself.
    Response: enable the rule or put it and its targets back; for Muster's own, muster deploy does. Then bring back what
    was missed: muster replay --since for what reached the hub, else the event history of the account for the time
    between.
    """
    name = event.request.text("name") or event.request.text("rule")
    if not settings.names.is_own(name):
        return not event.invoked_by
    if event.is_by_stack_set:
        return False
    return Match(severity=Severity.HIGH if event.invoked_by == _CLOUDFORMATION else Severity.CRITICAL)


@detection(
    title="Rule {resource} of Muster in account {account} was changed by {actor} ({eventName})",
    severity=Severity.CRITICAL,
    api_calls=calls("events", "PutRule", "PutTargets"),
    resource=_RULE,
    attack="T1562.001",
)
def framework_rule_changed(event: CloudTrailEvent, settings: DetectionSettings) -> bool:
    """A rule that brings events to Muster was given another pattern, state or target, and may bring none any more.

    False positives: none known; CloudFormation, which deploys the rules, is not meant.
    Response: compare the rule with its stack (CloudFormation console, Detect drift) and put it back; muster deploy does
    if the stack changed too. End the actor's sessions, and read the account's trail for the time between.
    """
    is_deployed = event.invoked_by == _CLOUDFORMATION or event.is_by_stack_set
    return settings.names.is_own(event.request.text("name") or event.request.text("rule")) and not is_deployed


@detection(
    title="Event bus {resource} of account {account} opened to {with}",
    severity=Severity.HIGH,
    api_calls=calls("events", "PutPermission"),
    resource=_BUS,
    attack="T1537",
)
def bus_opened(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """Any AWS account may put events on the bus; MEDIUM when it is an account or organization that is not one's own.

    False positives: partners, until trusted_accounts names their accounts.
    Response: ask the bus's owner. Otherwise RemovePermission (EventBridge console, Event buses, Permissions), or
    narrow it by a condition on the organization; distrust what arrived meanwhile.
    """
    principal, policy = event.request.text("principal"), policy_of(event.request.get("policy"))
    is_narrowed = event.request.text("condition.key") == "aws:PrincipalOrgID"
    if (principal == "*" and not is_narrowed) or policy.is_public:
        return Match(details={"with": "everybody"})
    named = strangers([event.request.text("condition.value") if is_narrowed else principal], event, settings)
    return shared_with(named or let_in(policy, event, settings), severity=Severity.MEDIUM)
