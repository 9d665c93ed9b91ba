"""DNS queries of VPCs."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection

_RESOLVER = "arn:{partition}:route53resolver:{region}:{account}:"


@detection(
    title="DNS query logging or DNS firewall of account {account} removed ({eventName})",
    severity=Severity.HIGH,
    api_calls=calls(
        "route53resolver",
        "DeleteResolverQueryLogConfig",
        "DisassociateResolverQueryLogConfig",
        "DeleteFirewallRuleGroup",
        "DisassociateFirewallRuleGroup",
    ),
    resource=ResourceArn(
        _RESOLVER + "resolver-query-log-config/{id}",
        ("responseElements.resolverQueryLogConfig.arn", "requestParameters.resolverQueryLogConfigId"),
        fallback=ResourceArn(
            _RESOLVER + "firewall-rule-group/{id}",
            ("responseElements.firewallRuleGroup.arn", "requestParameters.firewallRuleGroupId"),
        ),
    ),
    attack="T1562.008",
)
def query_logging_removed(_event: CloudTrailEvent) -> bool:
    """Which names the machines ask for is no longer recorded, or no longer filtered.

    False positives: the removal of the network itself.
    Response: make the configuration or the association again. Look at the flow logs for what the network talked to
    meanwhile, and ask the actor what was not to be seen.
    """
    return True
