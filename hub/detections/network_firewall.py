"""Network Firewall."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection

_ARN = "arn:{partition}:network-firewall:{region}:{account}:"


@detection(
    title="Network Firewall {resource} of account {account} deleted or weakened ({eventName})",
    severity=Severity.HIGH,
    api_calls=calls(
        "network-firewall",
        "DeleteFirewall",
        "DeleteFirewallPolicy",
        "DeleteRuleGroup",
        "DisassociateSubnets",
        "UpdateFirewallDeleteProtection",
        "AssociateFirewallPolicy",
        "UpdateLoggingConfiguration",
    ),
    resource=ResourceArn(
        _ARN + "firewall/{id}",
        (
            "requestParameters.firewallArn",
            "requestParameters.firewallName",
            "requestParameters.firewallPolicyArn",
            "requestParameters.ruleGroupArn",
        ),
        fallback=ResourceArn(_ARN + "firewall-policy/{id}", ("requestParameters.firewallPolicyName",)),
    ),
    attack="T1562.007",
)
def weakened(event: CloudTrailEvent) -> bool | Match:
    """A firewall, its rules, its log or its guard against deletion went away, or subnets were taken out of it.

    MEDIUM when it only works by another policy from now on.

    False positives: planned rebuilding of a network.
    Response: put the firewall, the rules or the associations back from their source. Look at the routes of the subnets
    that were taken out, and at what the flow logs show of them for the time between.
    """
    if event.name == "AssociateFirewallPolicy":
        return Match(severity=Severity.MEDIUM)
    if event.name == "UpdateLoggingConfiguration":
        return not event.request.all("loggingConfiguration.logDestinationConfigs")
    is_guard = event.name == "UpdateFirewallDeleteProtection"
    return not is_guard or event.request.is_false("deleteProtection")
