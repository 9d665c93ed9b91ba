"""Ways in and out of a network, and the loss of sight of it."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.network import is_world, port_range
from contract.policy import policy_of
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import shared_with, strangers
from hub.detections.vpc.places import ACL, ATTACHMENT, ENDPOINT, FLOW_LOG, GATEWAY, MIRROR, NETWORK, ROUTE_TABLE, VPN


@detection(
    title="Network ACL {resource} of account {account} lets the world in",
    severity=Severity.MEDIUM,
    api_calls=calls("ec2", "CreateNetworkAclEntry", "ReplaceNetworkAclEntry"),
    resource=ACL,
    family="vpc.nacl",
    attack="T1562.007",
    cis="monitoring.nacl_changes",
)
def nacl_world_open(event: CloudTrailEvent, settings: DetectionSettings) -> bool:
    """An entry allows the whole Internet to reach ports that are not on the list of allowed ports.

    False positives: subnets that rely on security groups alone; return traffic on ports 1024 to 65535.
    Response: see which subnets use the ACL and what listens there. Restrict the entry (ec2:ReplaceNetworkAclEntry) to
    the addresses that need it; security groups may still hold the traffic back.
    """
    request = event.request
    is_inward = request.is_false("egress") and request.text("ruleAction").lower() == "allow"
    cidrs = set(request.texts("cidrBlock") + request.texts("ipv6CidrBlock")) - set(settings.allowed_cidrs)
    protocol = request.text("aclProtocol") or request.text("protocol")
    ports = port_range(protocol, request.text("portRange.from"), request.text("portRange.to"))
    is_allowed = len(ports) <= len(settings.allowed_ports) and set(ports) <= set(settings.allowed_ports)
    return is_inward and any(is_world(cidr) for cidr in cidrs) and not is_allowed


@detection(
    title="Internet gateway {resource} attached to {requestParameters.vpcId} of account {account}",
    severity=Severity.MEDIUM,
    api_calls=calls("ec2", "AttachInternetGateway"),
    resource=GATEWAY,
    family="vpc.gateway",
    attack="T1133",
    cis="monitoring.gateway_changes",
)
def internet_gateway_attached(_event: CloudTrailEvent) -> bool:
    """A network that had no way to the Internet now has one.

    False positives: public networks by design.
    Response: ask whether the VPC may be public. If not, detach the gateway (ec2:DetachInternetGateway); look for routes
    to it and for addresses that instances got meanwhile.
    """
    return True


@detection(
    title="Route table {resource} of account {account} got a route to the Internet",
    severity=Severity.MEDIUM,
    api_calls=calls("ec2", "CreateRoute", "ReplaceRoute"),
    resource=ROUTE_TABLE,
    family="vpc.route",
    attack="T1133",
    cis="monitoring.route_table_changes",
)
def route_to_internet(event: CloudTrailEvent) -> bool:
    """The default route leads to an internet gateway: subnets with this table are public.

    False positives: public subnets by design.
    Response: see which subnets use the table, and which instances there have public addresses. If they should be
    private, delete the route (ec2:DeleteRoute) and give them a NAT gateway; ask the actor.
    """
    request = event.request
    to = request.texts("destinationCidrBlock") + request.texts("destinationIpv6CidrBlock")
    return any(is_world(cidr) for cidr in to) and request.text("gatewayId").startswith("igw-")


@detection(
    title="Flow logs {resource} of account {account} deleted",
    severity=Severity.HIGH,
    api_calls=calls("ec2", "DeleteFlowLogs"),
    resource=FLOW_LOG,
    attempts=True,
    attack="T1562.008",
)
def flow_logs_deleted(_event: CloudTrailEvent) -> bool:
    """Traffic of a network is no longer recorded.

    False positives: the removal of the network itself.
    Response: create the flow log again (ec2:CreateFlowLogs) for the same network and destination. Ask the actor what
    they wanted to hide or save; for the time between, look at DNS logs and the load balancers' logs.
    """
    return True


@detection(
    title="Subnet {resource} of account {account} now gives public addresses to what starts in it",
    severity=Severity.MEDIUM,
    api_calls=calls("ec2", "ModifySubnetAttribute"),
    resource=NETWORK,
    attack="T1133",
)
def subnet_auto_public_ip(event: CloudTrailEvent) -> bool:
    """Every instance that starts in the subnet gets a public address.

    False positives: public subnets by design.
    Response: switch it off (ec2:ModifySubnetAttribute) if the subnet should be private; instances that started
    meanwhile keep their addresses, so look at them one by one.
    """
    return event.request.is_true("mapPublicIpOnLaunch.value") or event.request.is_true("mapPublicIpOnLaunch")


@detection(
    title="VPC Block Public Access of account {account} weakened in {region}",
    severity=Severity.HIGH,
    api_calls=calls(
        "ec2",
        "ModifyVpcBlockPublicAccessOptions",
        "CreateVpcBlockPublicAccessExclusion",
        "ModifyVpcBlockPublicAccessExclusion",
    ),
    resource=NETWORK,
    attack="T1562.007",
)
def block_public_access_weakened(event: CloudTrailEvent) -> bool:
    """The account's block of Internet traffic was switched off, or a network was excepted from it.

    False positives: a planned public network.
    Response: check for the exception's ticket. If there is none, switch the block on again
    (ec2:ModifyVpcBlockPublicAccessOptions, DeleteVpcBlockPublicAccessExclusion), and look at what in those networks has
    a public address.
    """
    if event.name == "ModifyVpcBlockPublicAccessOptions":
        return event.request.text("internetGatewayBlockMode") == "off"
    return True


@detection(
    title="VPC endpoint {resource} of account {account} was opened or its policy changed",
    severity=Severity.MEDIUM,
    api_calls=calls("ec2", "ModifyVpcEndpoint", "ModifyVpcEndpointServicePermissions", "CreateVpcEndpoint"),
    resource=ENDPOINT,
    attack="T1562.007",
)
def endpoint_policy_open(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """Anyone or a stranger may connect to an endpoint service, or an endpoint's policy lets everybody use it.

    False positives: gateway endpoints with AWS's default policy, which is written out by some tools; customers of a
    service, until trusted_accounts names their accounts.
    Response: restrict the policy to the organization by aws:PrincipalOrgID, or take the stranger out of the allowed
    principals (ec2:ModifyVpcEndpointServicePermissions); look at who connected meanwhile.
    """
    if event.name == "ModifyVpcEndpointServicePermissions":
        added = event.request.texts("addAllowedPrincipals")
        return "*" in added or shared_with(strangers(added, event, settings))
    return event.request.is_true("resetPolicy") or policy_of(event.request.get("policyDocument")).is_public


@detection(
    title="Traffic of a network of account {account} is mirrored ({eventName})",
    severity=Severity.HIGH,
    api_calls=calls("ec2", "CreateTrafficMirrorSession", "CreateTrafficMirrorTarget"),
    resource=MIRROR,
    attempts=True,
    attack="T1040",
)
def traffic_mirroring(_event: CloudTrailEvent) -> bool:
    """Packets of a network are copied to another machine, with all that is not encrypted in them.

    False positives: network analytics appliances.
    Response: see who owns the target (ec2:DescribeTrafficMirrorTargets). If nobody knows it, delete the session, and
    treat what went over the network without encryption as read.
    """
    return True


@detection(
    title="VPN created in account {account} ({eventName})",
    severity=Severity.MEDIUM,
    api_calls=calls(
        "ec2",
        "CreateClientVpnEndpoint",
        "AuthorizeClientVpnIngress",
        "CreateVpnConnection",
        "CreateVpnGateway",
        "AttachVpnGateway",
    ),
    resource=VPN,
    attack="T1133",
)
def client_vpn_or_vpn_created(_event: CloudTrailEvent) -> bool:
    """A way into the network from outside was made, past whatever guards its edge.

    False positives: the network team.
    Response: ask the network team. If they do not know it, delete the connection or the endpoint, and look at its log
    and the flow logs for who came in.
    """
    return True


@detection(
    title="{actor} joined networks of account {account} by transit gateway attachment {resource} ({eventName})",
    severity=Severity.LOW,
    api_calls=calls(
        "ec2",
        "AcceptTransitGatewayPeeringAttachment",
        "AcceptTransitGatewayVpcAttachment",
        "CreateTransitGatewayPeeringAttachment",
        "CreateTransitGatewayVpcAttachment",
    ),
    resource=ATTACHMENT,
    attack="T1599",
    lookup="joined_networks",
)
def transit_gateway_share(event: CloudTrailEvent) -> Match:
    """Traffic may flow between two networks that did not know each other; HIGH when the other one is a stranger's.

    False positives: the network team.
    Response: see who owns the other side (`DescribeTransitGatewayAttachments`, resource owner); delete the attachment
    if it is a stranger's, and look for its routes.
    """
    return Match(details={"peer": event.request.text("peerAccountId") or event.request.text("transitGatewayId")})
