"""The hub's VPC, where it is asked for: private subnets without a way out but the endpoints of AWS's services."""

from typing import Any

from troposphere import AWSObject, GetAtt, GetAZs, Ref, Select, Sub, Tags
from troposphere.ec2 import (
    VPC,
    FlowLog,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    SubnetRouteTableAssociation,
    VPCEndpoint,
)
from troposphere.iam import Role
from troposphere.logs import LogGroup

from generator import iam
from generator.config import Config
from generator.functions import HUB_FUNCTIONS
from generator.parts.function import policies, regional_name, trusted
from generator.parts.placing import GATEWAYS, GROUP, INTERFACES, SUBNETS, is_inside

_RESOLVER = "169.254.169.253/32"


def network(config: Config) -> list[AWSObject]:
    """Return the VPC with its subnets, groups, endpoints and flow logs."""
    vpc = VPC(
        "Vpc", CidrBlock=config.network.cidr, EnableDnsSupport=True, EnableDnsHostnames=True, Tags=_named(config, "vpc")
    )
    routes = RouteTable("Routes", VpcId=Ref(vpc), Tags=_named(config, "private"))
    return [vpc, routes, *_subnets(config), *_groups(config), *_endpoints(config), *_flow_logs(config)]


def _subnets(config: Config) -> list[AWSObject]:
    made: list[AWSObject] = []
    for zone, (title, cidr) in enumerate(zip(SUBNETS, config.network.subnet_cidrs, strict=True)):
        subnet = Subnet(
            title,
            VpcId=Ref("Vpc"),
            CidrBlock=cidr,
            AvailabilityZone=Select(zone, GetAZs(Ref("AWS::Region"))),
            MapPublicIpOnLaunch=False,
            Tags=_named(config, f"private-{zone + 1}"),
        )
        tied = SubnetRouteTableAssociation(f"{title}Routes", SubnetId=Ref(subnet), RouteTableId=Ref("Routes"))
        made += [subnet, tied]
    return made


def _groups(config: Config) -> list[SecurityGroup]:
    """The functions' group: the seed's egress, and no ingress; and the endpoints', which the functions reach."""
    out = [
        _rule("tcp", 443, "services of AWS", CidrIp="0.0.0.0/0"),
        _rule("tcp", 53, "resolver of the VPC", CidrIp=_RESOLVER),
        _rule("udp", 53, "resolver of the VPC", CidrIp=_RESOLVER),
    ]
    functions = SecurityGroup(
        GROUP,
        GroupDescription="Functions of Muster",
        VpcId=Ref("Vpc"),
        SecurityGroupEgress=out,
        Tags=_named(config, "functions"),
    )
    into = _rule("tcp", 443, "functions of Muster", SourceSecurityGroupId=GetAtt(functions, "GroupId"))
    # Answers need no rule; without any, EC2 would add one that lets everything out.
    nowhere = _rule("icmp", -1, "nothing goes out", CidrIp="127.0.0.1/32")
    endpoints = SecurityGroup(
        "EndpointsGroup",
        GroupDescription="Endpoints of services of AWS",
        VpcId=Ref("Vpc"),
        SecurityGroupIngress=[into],
        SecurityGroupEgress=[nowhere],
        Tags=_named(config, "endpoints"),
    )
    return [functions, endpoints]


# EC2 takes no apostrophe in descriptions.
def _rule(protocol: str, port: int, why: str, **other: Any) -> SecurityGroupRule:
    return SecurityGroupRule(IpProtocol=protocol, FromPort=port, ToPort=port, Description=why, **other)


def _endpoints(config: Config) -> list[VPCEndpoint]:
    """Only those that a function inside calls, and of each only what the account's own roles may do."""
    called = {name for what in HUB_FUNCTIONS if is_inside(config, what) for name in what.services}
    routed = {"VpcEndpointType": "Gateway", "RouteTableIds": [Ref("Routes")]}
    addressed = {
        "VpcEndpointType": "Interface",
        "PrivateDnsEnabled": True,
        "SubnetIds": [Ref(one) for one in SUBNETS],
        "SecurityGroupIds": [GetAtt("EndpointsGroup", "GroupId")],
    }
    # China's interface endpoints have names of their own, its gateways have not (`DescribeVpcEndpointServices` there).
    beginning = "cn." if config.partition == "aws-cn" else ""
    return [
        *(_endpoint(name, "", routed) for name in GATEWAYS if name in called),
        *(_endpoint(name, beginning, addressed) for name in INTERFACES if name in called),
    ]


def _endpoint(name: str, beginning: str, attributes: dict[str, Any]) -> VPCEndpoint:
    return VPCEndpoint(
        f"{name.title()}Endpoint",
        VpcId=Ref("Vpc"),
        ServiceName=Sub(f"{beginning}com.amazonaws.${{AWS::Region}}.{name}"),
        PolicyDocument={"Version": "2012-10-17", "Statement": [iam.own_account_only(name)]},
        **attributes,
    )


def _flow_logs(config: Config) -> list[AWSObject]:
    logs = LogGroup(
        "FlowLogs",
        LogGroupName=f"/{config.aws.prefix}/vpc-flow-logs",
        RetentionInDays=config.findings.log_retention_days,
    )
    role = Role(
        "FlowLogsRole",
        RoleName=regional_name(f"{config.aws.prefix}-flow-logs"),
        AssumeRolePolicyDocument=trusted("vpc-flow-logs"),
        Policies=policies([iam.write_flow_logs(GetAtt(logs, "Arn"))]),
    )
    flow = FlowLog(
        "VpcFlowLog",
        ResourceId=Ref("Vpc"),
        ResourceType="VPC",
        TrafficType="ALL",
        LogGroupName=Ref(logs),
        DeliverLogsPermissionArn=GetAtt(role, "Arn"),
    )
    return [logs, role, flow]


def _named(config: Config, name: str) -> Tags:
    return Tags(Name=f"{config.aws.prefix}-{name}")
