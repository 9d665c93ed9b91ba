"""Network Firewall."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection

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
def weakened(event: CloudTrailEvent) -> bool:
    """A firewall, its rules or its guard against deletion went away, or subnets were taken out of it.

    False positives: planned rebuilding of a network.
    Response: put it back; look at what the flow logs show for the time between.
    """
    is_guard = event.name == "UpdateFirewallDeleteProtection"
    return not is_guard or event.request.is_false("deleteProtection")
