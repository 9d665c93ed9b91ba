"""Security groups."""

from collections.abc import Iterator

import msgspec

from contract.cloudtrail import CloudTrailEvent
from contract.fields import Fields
from contract.finding import Mode, Severity
from contract.network import ALL_PORTS, is_world, port_range
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings

_FAMILY = "security_group"
_CIS = "monitoring.security_group_changes"
_GROUP = ResourceArn(
    "arn:{partition}:ec2:{region}:{account}:security-group/{id}",
    (
        "requestParameters.groupId",
        "responseElements.groupId",
        "responseElements.securityGroupRuleSet.items[].groupId",
        "requestParameters.groupName",
    ),
)
_INGRESS = calls("ec2", "AuthorizeSecurityGroupIngress", "ModifySecurityGroupRules")
# Ports whose services should never face the Internet.
_SHELLS_AND_DESKTOPS = (22, 23, 3389, 5500, 5900, 5985, 5986)
_FILES = (20, 21, 135, 139, 445, 2049, 8020, 50070)
_DATABASES = (1433, 1434, 1521, 3306, 4333, 5432, 5439, 6379, 7000, 9042, 9200, 9300, 11211, 27017, 27018)
_CLUSTERS = (2375, 2376, 2379, 5601, 6443, 9092, 10250)
_ADMIN_PORTS = (*_SHELLS_AND_DESKTOPS, *_FILES, *_DATABASES, *_CLUSTERS)
_PORT_PROTOCOLS = {"", "-1", "all", "tcp", "udp", "6", "17"}


class _Rule(msgspec.Struct, frozen=True):
    cidr: str
    protocol: str
    ports: range

    @property
    def is_everything(self) -> bool:
        return self.protocol in _PORT_PROTOCOLS and len(self.ports) >= len(ALL_PORTS) - 1

    def __str__(self) -> str:
        if self.is_everything:
            return "all ports"
        first, last = self.ports[0], self.ports[-1]
        return f"port {first}" if first == last else f"ports {first}-{last}"


def _rule(fields: Fields, cidr: str) -> _Rule:
    protocol = fields.text("ipProtocol").lower()
    return _Rule(cidr, protocol, port_range(protocol, fields.text("fromPort"), fields.text("toPort")))


def _rules(event: CloudTrailEvent) -> tuple[_Rule, ...]:
    return tuple(_written_rules(event))


def _written_rules(event: CloudTrailEvent) -> Iterator[_Rule]:
    """The rules that a call made; what was answered is the same for every form of the request, so it is read first."""
    answered = event.response.objects("securityGroupRuleSet")
    if answered:
        for rule in answered:
            yield from (_rule(rule, cidr) for cidr in rule.texts("cidrIpv4") + rule.texts("cidrIpv6"))
        return
    for permission in event.request.objects("ipPermissions"):
        cidrs = permission.texts("ipRanges.cidrIp") + permission.texts("ipv6Ranges.cidrIpv6")
        yield from (_rule(permission, cidr) for cidr in cidrs)
    for rule in event.request.objects("securityGroupRule.securityGroupRule"):
        yield from (_rule(rule, cidr) for cidr in rule.texts("cidrIpv4") + rule.texts("cidrIpv6"))
    flat = event.request.text("cidrIp") or event.request.text("cidrIpv6")
    if flat:
        yield _rule(event.request, flat)


def _world_rules(event: CloudTrailEvent, settings: DetectionSettings) -> list[_Rule]:
    return [
        rule
        for rule in event.once(_rules)
        if is_world(rule.cidr) and rule.cidr not in settings.allowed_cidrs and rule.ports
    ]


def _match(rules: list[_Rule]) -> bool | Match:
    if not rules:
        return False
    opened = ", ".join(dict.fromkeys(str(rule) for rule in rules))
    return Match(details={"opened": opened, "cidrs": sorted({rule.cidr for rule in rules})})


@detection(
    title="Security group {resource} of account {account} opened to the world on {opened}",
    severity=Severity.CRITICAL,
    api_calls=_INGRESS,
    resource=_GROUP,
    family=_FAMILY,
    attack="T1562.007",
    cis=_CIS,
    lookup="all_ports",
)
def world_open_all_ports(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """Every address of the Internet may reach every port of what carries the group; HIGH while nothing carries it.

    False positives: a group that is made for a test and removed at once.
    Response: remove the rule now (ec2:RevokeSecurityGroupIngress). Look in the flow logs for connections from outside
    to what carries the group; what answered may be taken over already. Then ask the actor what was meant.
    """
    return _match([rule for rule in _world_rules(event, settings) if rule.is_everything])


@detection(
    title="Security group {resource} of account {account} opened to the world on {opened}",
    severity=Severity.HIGH,
    api_calls=_INGRESS,
    resource=_GROUP,
    family=_FAMILY,
    attack="T1562.007",
    cis=_CIS,
    lookup="admin_port",
)
def world_open_admin_port(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """Every address of the Internet may reach a port of administration or of a database; CRITICAL once it is in use.

    False positives: bastion hosts; honeypots.
    Response: remove the rule (ec2:RevokeSecurityGroupIngress), or restrict it to known addresses; Session Manager needs
    no open port. Read the sign-in log of the service behind the port from the moment of the rule: guessing begins
    within minutes.
    """
    allowed = settings.allowed_ports
    risky = [port for port in _ADMIN_PORTS if port not in allowed]
    return _match([rule for rule in _world_rules(event, settings) if any(port in rule.ports for port in risky)])


@detection(
    title="Security group {resource} of account {account} opened to the world on {opened}",
    severity=Severity.MEDIUM,
    api_calls=_INGRESS,
    resource=_GROUP,
    family=_FAMILY,
    attack="T1562.007",
    cis=_CIS,
    lookup="security_group",
)
def world_open_other_port(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """Every address of the Internet may reach a port that is not on the list of allowed ports.

    False positives: public services on unusual ports; put them on the list.
    Response: ask the actor which service it is for. Restrict the rule to known addresses, or, if the service is public,
    add the port to allowed_ports.
    """
    allowed = set(settings.allowed_ports)
    return _match([rule for rule in _world_rules(event, settings) if not _is_allowed(rule.ports, allowed)])


def _is_allowed(ports: range, allowed: set[int]) -> bool:
    return len(ports) <= len(allowed) and all(port in allowed for port in ports)


@detection(
    title="Security group {resource} of account {account} may reach the whole Internet on every port",
    severity=Severity.LOW,
    api_calls=calls("ec2", "AuthorizeSecurityGroupEgress"),
    resource=_GROUP,
    family=_FAMILY,
    mode=Mode.MONITOR,
    attack="T1048",
    cis=_CIS,
)
def egress_world_all(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """Everything may leave; the default rule of a new group does not give this event.

    False positives: most groups of most organizations.
    Response: only in an investigation of what left; restrict egress where data must not leave.
    """
    return _match([rule for rule in _world_rules(event, settings) if rule.is_everything])


@detection(
    title="Security group {resource} of account {account} changed",
    severity=Severity.INFORMATIONAL,
    api_calls=calls(
        "ec2",
        "AuthorizeSecurityGroupIngress",
        "AuthorizeSecurityGroupEgress",
        "RevokeSecurityGroupIngress",
        "RevokeSecurityGroupEgress",
        "CreateSecurityGroup",
        "DeleteSecurityGroup",
        "ModifySecurityGroupRules",
        "UpdateSecurityGroupRuleDescriptionsIngress",
    ),
    resource=_GROUP,
    family=_FAMILY,
    attack="T1562.007",
    cis=_CIS,
)
def changed(_event: CloudTrailEvent) -> bool:
    """A security group was made, changed or deleted.

    False positives: controllers of clusters and load balancers, all day long.
    Response: only in an investigation: it is the trace of who opened what.
    """
    return True
