"""Who reaches a load balancer."""

import re
from typing import Any

from contract.finding import Severity
from hub.lookups.lookup import Answer, Clients, Lookup, Question, confirmed, undecided

# Of a listener's ARN, the part that names its balancer; a classic balancer has a bare name.
_BALANCER = re.compile(r"(.+:)(?:loadbalancer|listener)/((?:app|net|gwy)/[^/]+/[^/]+)")


def plain_listener(question: Question, clients: Clients) -> Answer:
    """Answer by whether the Internet reaches the balancer."""
    found = _described(question, clients)
    if not found:
        return undecided(f"there is no load balancer {question.name}")
    if found[0].get("Scheme") == "internal":
        return confirmed("the load balancer is internal: only its network reaches it", Severity.LOW)
    return confirmed("the load balancer faces the Internet")


def _described(question: Question, clients: Clients) -> list[dict[str, Any]]:
    if match := _BALANCER.match(question.resource):
        arn = f"{match[1]}loadbalancer/{match[2]}"
        return list(clients("elbv2").describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"])
    names = [question.name]
    return list(clients("elb").describe_load_balancers(LoadBalancerNames=names)["LoadBalancerDescriptions"])


PLAIN_LISTENER = Lookup(
    answer=plain_listener,
    doc="LOW when the load balancer is internal; never closed",
    actions=("elasticloadbalancing:DescribeLoadBalancers",),
)
