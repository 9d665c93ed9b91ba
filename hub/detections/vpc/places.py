"""How EC2's calls name the parts of a network."""

from contract.resource import ResourceArn

_EC2 = "arn:{partition}:ec2:{region}:{account}:"
ACL = ResourceArn(
    _EC2 + "network-acl/{id}", ("requestParameters.networkAclId", "responseElements.networkAcl.networkAclId")
)
GATEWAY = ResourceArn(
    _EC2 + "internet-gateway/{id}",
    ("requestParameters.internetGatewayId", "responseElements.internetGateway.internetGatewayId"),
    fallback=ResourceArn(
        _EC2 + "customer-gateway/{id}",
        ("requestParameters.customerGatewayId", "responseElements.customerGateway.customerGatewayId"),
        fallback=ResourceArn(
            _EC2 + "egress-only-internet-gateway/{id}",
            ("responseElements.egressOnlyInternetGateway.egressOnlyInternetGatewayId",),
        ),
    ),
)
ROUTE_TABLE = ResourceArn(
    _EC2 + "route-table/{id}", ("requestParameters.routeTableId", "responseElements.routeTable.routeTableId")
)
VPC = ResourceArn(_EC2 + "vpc/{id}", ("requestParameters.vpcId", "responseElements.vpc.vpcId"))
_PEERING = ResourceArn(
    _EC2 + "vpc-peering-connection/{id}",
    ("requestParameters.vpcPeeringConnectionId", "responseElements.vpcPeeringConnection.vpcPeeringConnectionId"),
    fallback=VPC,
)
# The narrowest part that a call names: a new subnet's call names its VPC too.
NETWORK = ResourceArn(
    _EC2 + "subnet/{id}",
    ("responseElements.subnet.subnetId", "requestParameters.subnetId"),
    fallback=_PEERING,
)
FLOW_LOG = ResourceArn(_EC2 + "vpc-flow-log/{id}", ("requestParameters.flowLogId", "requestParameters.flowLogIds"))
ENDPOINT = ResourceArn(
    _EC2 + "vpc-endpoint/{id}",
    ("requestParameters.vpcEndpointId", "responseElements.vpcEndpoint.vpcEndpointId"),
    fallback=ResourceArn(_EC2 + "vpc-endpoint-service/{id}", ("requestParameters.serviceId",)),
)
ATTACHMENT = ResourceArn(
    _EC2 + "transit-gateway-attachment/{id}",
    (
        "requestParameters.transitGatewayAttachmentId",
        "responseElements.transitGatewayVpcAttachment.transitGatewayAttachmentId",
        "responseElements.transitGatewayPeeringAttachment.transitGatewayAttachmentId",
    ),
)
MIRROR = ResourceArn(
    _EC2 + "traffic-mirror-session/{id}",
    ("responseElements.trafficMirrorSession.trafficMirrorSessionId",),
    fallback=ResourceArn(
        _EC2 + "traffic-mirror-target/{id}", ("responseElements.trafficMirrorTarget.trafficMirrorTargetId",)
    ),
)
VPN = ResourceArn(
    _EC2 + "client-vpn-endpoint/{id}",
    ("requestParameters.clientVpnEndpointId", "responseElements.clientVpnEndpointId"),
    fallback=ResourceArn(
        _EC2 + "vpn-connection/{id}",
        ("responseElements.vpnConnection.vpnConnectionId",),
        fallback=ResourceArn(
            _EC2 + "vpn-gateway/{id}", ("requestParameters.vpnGatewayId", "responseElements.vpnGateway.vpnGatewayId")
        ),
    ),
)
