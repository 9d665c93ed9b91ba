"""Web application firewalls of all three generations."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Mode, Severity
from hub.detections.detection import Match, calls, detection

_REMOVALS = (
    "DeleteWebACL",
    "DisassociateWebACL",
    "DeleteRule",
    "DeleteRuleGroup",
    "DeleteIPSet",
    "DeleteLoggingConfiguration",
)
_CHANGES = ("UpdateWebACL", "UpdateRuleGroup", "UpdateIPSet")
_OPENING = {"DeleteWebACL", "DisassociateWebACL"}


def _part(event: CloudTrailEvent) -> str:
    """The ARN of what was deleted or changed; the generations spell it differently."""
    kind = event.name.removeprefix("Delete").removeprefix("Update").lower()
    service = event.source.partition(".")[0]
    if service == "wafv2":
        scope = "global" if event.request.text("scope") == "CLOUDFRONT" else "regional"
        name = f"{event.request.text('name')}/{event.request.text('id')}"
        return f"arn:{event.partition}:wafv2:{event.region}:{event.account_id}:{scope}/{kind}/{name}"
    region = event.region if service == "waf-regional" else ""
    return f"arn:{event.partition}:{service}:{region}:{event.account_id}:{kind}/{event.request.text(f'{kind}Id')}"


@detection(
    title="Protection of account {account} by WAF removed ({eventName} on {resource})",
    severity=Severity.HIGH,
    api_calls=(*calls("wafv2", *_REMOVALS), *calls("waf", *_REMOVALS), *calls("waf-regional", *_REMOVALS)),
    attack="T1562.007",
)
def protection_removed(event: CloudTrailEvent) -> Match:
    """A web ACL was deleted or taken off a resource: attacks reach it unfiltered; MEDIUM for its parts and its log.

    False positives: the replacement of one web ACL by another.
    Response: check that the resource has another web ACL (wafv2:GetWebACLForResource). If not, associate it again, and
    read the access log for attacks of the time between.
    """
    named = event.request.text("resourceArn") or event.request.text("webACLArn")
    return Match(named or _part(event), severity=None if event.name in _OPENING else Severity.MEDIUM)


@detection(
    title="WAF rules of account {account} changed ({eventName} on {resource})",
    severity=Severity.LOW,
    api_calls=(*calls("wafv2", *_CHANGES), *calls("waf", *_CHANGES), *calls("waf-regional", *_CHANGES)),
    mode=Mode.MONITOR,
    attack="T1562.007",
)
def changed(event: CloudTrailEvent) -> Match:
    """What a web ACL lets through or stops changed.

    False positives: infrastructure as code, lists of addresses that tools keep.
    Response: only in an investigation: compare the rules with their source; an address that is now let past is a
    stranger's way in.
    """
    return Match(_part(event))
