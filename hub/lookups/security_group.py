"""What an opened security group exposes: which way its rules go, and what carries it."""

from functools import partial
from typing import Any

from contract.finding import Severity
from contract.network import is_world
from hub.lookups.lookup import Answer, Clients, Lookup, Question, confirmed, refuted, undecided

_SHOWN = 5


def opened_group(
    question: Question, clients: Clients, attached: Severity | None = None, idle: Severity | None = None
) -> Answer:
    """Answer by the direction of rules that the event names by id alone, then by what carries the group.

    `attached` is the severity of a group that something carries, `idle` of one that nothing does.
    """
    if not question.name.startswith("sg-"):
        return undecided("the event does not say the group's id")
    ec2, rules = clients("ec2"), question.facts.get("rules", [])
    if rules and not any(map(lets_world_in, _rules(ec2, rules))):
        return refuted("the changed rules let the world out, not in, or are changed again")
    return _carried(ec2, question.name, attached, idle)


def lets_world_in(rule: dict[str, Any]) -> bool:
    """Whether a security group's rule, as EC2 describes it, lets the whole Internet in."""
    return not rule["IsEgress"] and any(is_world(rule.get(name, "")) for name in ("CidrIpv4", "CidrIpv6"))


def _rules(ec2: Any, rules: list[str]) -> list[dict[str, Any]]:
    return list(ec2.describe_security_group_rules(SecurityGroupRuleIds=rules)["SecurityGroupRules"])


def _carried(ec2: Any, group: str, attached: Severity | None, idle: Severity | None) -> Answer:
    filters = [{"Name": "group-id", "Values": [group]}]
    found = ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    if not found:
        return confirmed("the rule stands, but nothing carries the group yet", idle)
    names = [one["NetworkInterfaceId"] for one in found]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    plural = "s" if len(names) > 1 else ""
    addresses = [one["Association"]["PublicIp"] for one in found if one.get("Association", {}).get("PublicIp")]
    public = f"; public addresses: {', '.join(addresses[:_SHOWN])}" if addresses else ""
    said = f"attached to {len(names)} network interface{plural}: {', '.join(names[:_SHOWN])}{more}{public}"
    return confirmed(said, attached)


_ACTIONS = ("ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroupRules")
# The only call that names rules which stand already: of those it makes itself, the event says the direction.
_FACTS = {"rules": "requestParameters.securityGroupRule[].securityGroupRuleId"}
SECURITY_GROUP = Lookup(
    answer=opened_group,
    doc="closed when the changed rules let nobody in; says what carries the group",
    actions=_ACTIONS,
    facts=_FACTS,
)
ALL_PORTS = Lookup(
    answer=partial(opened_group, idle=Severity.HIGH),
    doc="HIGH while nothing carries the group, closed when the changed rules let nobody in",
    actions=_ACTIONS,
    facts=_FACTS,
)
ADMIN_PORT = Lookup(
    answer=partial(opened_group, attached=Severity.CRITICAL),
    doc="CRITICAL when something carries the group, closed when the changed rules let nobody in",
    actions=_ACTIONS,
    facts=_FACTS,
)
