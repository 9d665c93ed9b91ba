"""Load balancers."""

from contract.cloudtrail import CloudTrailEvent
from contract.fields import Fields
from contract.finding import Mode, Severity
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection

_ARN = "arn:{partition}:elasticloadbalancing:{region}:{account}:"
_BALANCER = ResourceArn(
    _ARN + "loadbalancer/{id}",
    (
        "responseElements.loadBalancers[].loadBalancerArn",
        "requestParameters.loadBalancerArn",
        "requestParameters.loadBalancerName",
    ),
)
_LISTENER = ResourceArn(
    _ARN + "loadbalancer/{id}",
    (
        "responseElements.listeners[].listenerArn",
        "requestParameters.listenerArn",
        "requestParameters.loadBalancerArn",
        "requestParameters.loadBalancerName",
    ),
)
_WEAK_POLICIES = (
    "ELBSecurityPolicy-2011-08",
    "ELBSecurityPolicy-2014-01",
    "ELBSecurityPolicy-2015-05",
    "ELBSecurityPolicy-2016-08",
    "ELBSecurityPolicy-FS-2018-06",
    "ELBSecurityPolicy-TLS-1-0-",
    "ELBSecurityPolicy-TLS-1-1-",
    "ELBSecurityPolicy-TLS13-1-0-",
    "ELBSecurityPolicy-TLS13-1-1-",
)
_POLICIES = ("sslPolicy", "policyNames", "policyAttributes.attributeValue")
_GUARDS = {
    "access_logs.s3.enabled",
    "deletion_protection.enabled",
    "routing.http.drop_invalid_header_fields.enabled",
}


@detection(
    title="Internet-facing load balancer {resource} created in account {account}",
    severity=Severity.MEDIUM,
    api_calls=calls("elasticloadbalancing", "CreateLoadBalancer"),
    resource=_BALANCER,
    attack="T1133",
)
def internet_facing_created(event: CloudTrailEvent) -> bool:
    """Something in the account now faces the Internet; a classic balancer without a scheme does too.

    False positives: public web services.
    Response: ask the owner whether the service is public. If not, delete the balancer and make an internal one: the
    scheme cannot be changed. If so, see that its listener speaks HTTPS, that a web ACL stands before it, and that
    its security group opens no other port.
    """
    answered = event.response.texts("loadBalancers[].scheme")
    scheme = answered[0] if answered else event.request.text("scheme", "internet-facing")
    return scheme != "internal"


def _is_plain(listener: Fields) -> bool:
    return listener.text("protocol") == "HTTP" and "redirect" not in listener.texts("defaultActions.type")


@detection(
    title="Listener of load balancer {resource} of account {account} speaks plain HTTP",
    severity=Severity.MEDIUM,
    api_calls=calls(
        "elasticloadbalancing", "CreateListener", "ModifyListener", "CreateLoadBalancerListeners", "CreateLoadBalancer"
    ),
    resource=_LISTENER,
    attack="T1040",
    lookup="plain_listener",
)
def listener_plaintext(event: CloudTrailEvent) -> bool:
    """A listener accepts HTTP and does not send people on to HTTPS; LOW once a look-up finds the balancer internal.

    False positives: balancers inside a network.
    Response: redirect to HTTPS (a listener rule of type redirect), or delete the listener. What went over it meanwhile,
    passwords and cookies too, could be read on the way.
    """
    return any(_is_plain(listener) for listener in (event.request, *event.request.objects("listeners")))


@detection(
    title="Listener of load balancer {resource} of account {account} allows old TLS versions",
    severity=Severity.LOW,
    api_calls=calls(
        "elasticloadbalancing",
        "CreateListener",
        "ModifyListener",
        "SetLoadBalancerPoliciesOfListener",
        "CreateLoadBalancerPolicy",
    ),
    resource=_LISTENER,
    attack="T1040",
)
def weak_tls_policy(event: CloudTrailEvent) -> bool:
    """A security policy with TLS 1.0 or 1.1 was chosen, or left as the API's default is.

    False positives: old clients that must be served.
    Response: choose a policy that begins at TLS 1.2.
    """
    named = [policy for path in _POLICIES for policy in event.request.texts(path)]
    # A listener that becomes one with TLS gets a policy also when its call names none; the answer says which.
    given = event.response.texts("listeners.sslPolicy") if "protocol" in event.request else []
    return any(policy.startswith(_WEAK_POLICIES) for policy in named or given)


@detection(
    title="Logs, deletion protection or header checks of load balancer {resource} of account {account} switched off",
    severity=Severity.MEDIUM,
    api_calls=calls("elasticloadbalancing", "ModifyLoadBalancerAttributes"),
    resource=_BALANCER,
    attack="T1562.008",
)
def logging_or_protection_disabled(event: CloudTrailEvent) -> bool:
    """A guard was switched off: requests are not recorded, the balancer may be deleted, or bad headers get through.

    False positives: the steps before a planned deletion.
    Response: ask the actor whether the balancer is about to go. If not, switch the attribute on again
    (elasticloadbalancing:ModifyLoadBalancerAttributes); for the time without a log, use the flow logs of its subnets.
    """
    off = (one for one in event.request.objects("attributes") if one.is_false("value"))
    return any(one.text("key") in _GUARDS for one in off) or event.request.is_false(
        "loadBalancerAttributes.accessLog.enabled"
    )


@detection(
    title="Load balancer {resource} of account {account} changed ({eventName})",
    severity=Severity.LOW,
    api_calls=calls(
        "elasticloadbalancing",
        "SetSecurityGroups",
        "SetSubnets",
        "SetIpAddressType",
        "DeleteLoadBalancer",
        "DeleteListener",
        "CreateRule",
        "ModifyRule",
        "ApplySecurityGroupsToLoadBalancer",
    ),
    resource=_LISTENER,
    mode=Mode.MONITOR,
    attack="T1578.005",
)
def changed(_event: CloudTrailEvent) -> bool:
    """A balancer's groups, subnets, rules or existence changed.

    False positives: infrastructure as code, cluster controllers.
    Response: only in an investigation: it is the trace of where traffic went.
    """
    return True
