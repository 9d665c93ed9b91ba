"""Web application firewalls of all three generations."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection

_REMOVALS = ("DeleteWebACL", "DisassociateWebACL", "DeleteRule", "DeleteRuleGroup", "DeleteIPSet")
_OPENING = {"DeleteWebACL", "DisassociateWebACL"}


@detection(
    title="Protection of account {account} by WAF removed ({eventName} on {resource})",
    severity=Severity.HIGH,
    api_calls=(
        *calls("wafv2", *_REMOVALS, "DeleteLoggingConfiguration"),
        *calls("waf", *_REMOVALS, "DeleteLoggingConfiguration"),
        *calls("waf-regional", *_REMOVALS, "DeleteLoggingConfiguration"),
    ),
    resource=ResourceArn(
        "arn:{partition}:waf::{account}:webacl/{id}",
        (
            "requestParameters.aRN",
            "requestParameters.resourceArn",
            "requestParameters.webACLId",
            "requestParameters.name",
        ),
    ),
    attack="T1562.007",
)
def protection_removed(event: CloudTrailEvent) -> bool | Match:
    """A web ACL was deleted or taken off a resource; MEDIUM for its parts and its log.

    False positives: the replacement of one web ACL by another.
    Response: check that the resource has another web ACL; otherwise associate it again.
    """
    return True if event.name in _OPENING else Match(severity=Severity.MEDIUM)
