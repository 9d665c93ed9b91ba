"""Where a function runs: beside everything, or in the hub's VPC."""

from typing import Any

from troposphere import GetAtt, Ref, Sub
from troposphere.awslambda import VPCConfig

from generator import iam
from generator.config import Config
from generator.functions import Function

# What functions in the VPC may call: by routes, or by addresses of their own. Who calls anything else stays outside:
# Organizations has an endpoint in its global Region only (its guide, "Creating a VPC endpoint"), SES's API in some
# Regions and zones only, and look-ups read services of every Region.
GATEWAYS = ("dynamodb", "s3")
INTERFACES = ("sqs", "securityhub")
SUBNETS = ("FirstSubnet", "SecondSubnet")
GROUP = "FunctionsGroup"


def is_inside(config: Config, what: Function) -> bool:
    """Whether a function runs in the VPC: there is one, and each service that it calls has an endpoint there."""
    return config.network.enabled and not what.in_spokes and {*what.services} <= {*GATEWAYS, *INTERFACES}


def place(config: Config, what: Function) -> dict[str, Any]:
    """Return where a function runs, as its properties."""
    if not is_inside(config, what):
        return {}
    subnets = [Ref(one) for one in SUBNETS]
    return {"VpcConfig": VPCConfig(SecurityGroupIds=[GetAtt(GROUP, "GroupId")], SubnetIds=subnets)}


def interfaces(config: Config, what: Function) -> list[iam.Statement]:
    """Return what lets Lambda, and not the function's code, make the network interfaces of a function in the VPC."""
    if not is_inside(config, what):
        return []
    name = what.full_name(config.names)
    arn = Sub(f"arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{name}")
    return iam.make_network_interfaces(arn)
