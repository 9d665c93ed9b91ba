"""Every change of a network, for the record."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Mode, Severity
from hub.detections.detection import Match, calls, detection
from hub.detections.vpc.places import ACL, GATEWAY, NETWORK, ROUTE_TABLE


@detection(
    title="Network ACL {resource} of account {account} changed",
    severity=Severity.LOW,
    api_calls=calls(
        "ec2",
        "CreateNetworkAcl",
        "CreateNetworkAclEntry",
        "DeleteNetworkAcl",
        "DeleteNetworkAclEntry",
        "ReplaceNetworkAclEntry",
        "ReplaceNetworkAclAssociation",
    ),
    resource=ACL,
    family="vpc.nacl",
    mode=Mode.MONITOR,
    attack="T1562.007",
    cis="monitoring.nacl_changes",
)
def nacl_changed(_event: CloudTrailEvent) -> bool:
    """A network ACL was made, changed or deleted.

    False positives: infrastructure as code.
    Response: only in an investigation: it is the trace of who opened what.
    """
    return True


@detection(
    title="Gateway {resource} of account {account} changed ({eventName})",
    severity=Severity.LOW,
    api_calls=calls(
        "ec2",
        "CreateCustomerGateway",
        "DeleteCustomerGateway",
        "AttachInternetGateway",
        "CreateInternetGateway",
        "DeleteInternetGateway",
        "DetachInternetGateway",
        "CreateEgressOnlyInternetGateway",
    ),
    resource=GATEWAY,
    family="vpc.gateway",
    mode=Mode.MONITOR,
    attack="T1562.007",
    cis="monitoring.gateway_changes",
)
def gateway_changed(_event: CloudTrailEvent) -> bool:
    """An internet or customer gateway was made, attached, detached or deleted.

    False positives: infrastructure as code.
    Response: only in an investigation: it is the trace of how a network reached the Internet.
    """
    return True


@detection(
    title="Route table {resource} of account {account} changed ({eventName})",
    severity=Severity.LOW,
    api_calls=calls(
        "ec2",
        "CreateRoute",
        "CreateRouteTable",
        "ReplaceRoute",
        "ReplaceRouteTableAssociation",
        "DeleteRouteTable",
        "DeleteRoute",
        "DisassociateRouteTable",
        "AssociateRouteTable",
    ),
    resource=ROUTE_TABLE,
    family="vpc.route",
    mode=Mode.MONITOR,
    attack="T1565.002",
    cis="monitoring.route_table_changes",
)
def route_table_changed(_event: CloudTrailEvent) -> bool:
    """A route or a route table was made, changed or deleted.

    False positives: infrastructure as code.
    Response: only in an investigation: it is the trace of where traffic went.
    """
    return True


@detection(
    title="Network {resource} of account {account} changed ({eventName})",
    severity=Severity.LOW,
    api_calls=calls(
        "ec2",
        "CreateVpc",
        "DeleteVpc",
        "ModifyVpcAttribute",
        "CreateSubnet",
        "DeleteSubnet",
        "AcceptVpcPeeringConnection",
        "CreateVpcPeeringConnection",
        "DeleteVpcPeeringConnection",
        "RejectVpcPeeringConnection",
        "AttachClassicLinkVpc",
        "DetachClassicLinkVpc",
        "DisableVpcClassicLink",
        "EnableVpcClassicLink",
    ),
    resource=NETWORK,
    mode=Mode.MONITOR,
    attack="T1578",
    cis="monitoring.vpc_changes",
)
def changed(event: CloudTrailEvent) -> bool | Match:
    """A VPC, a subnet or a peering was made, changed or deleted; a new subnet is only worth knowing.

    False positives: infrastructure as code.
    Response: only in an investigation; an unknown peering is a way into the network.
    """
    return Match(severity=Severity.INFORMATIONAL) if event.name == "CreateSubnet" else True
