"""The hub's VPC: the seed's egress and no ingress, no way out but endpoints, and only functions that need no other."""

from typing import Any

import pytest
from pydantic import ValidationError

from generator.functions import HUB_FUNCTIONS
from generator.snapshots import rendered, sample
from tests.generator.variants import variant


def hub(**network: Any) -> dict[str, Any]:
    found: dict[str, Any] = rendered(variant(network={"enabled": True, **network}))["hub"]["Resources"]
    return found


def of_type(kind: str, **network: Any) -> dict[str, dict[str, Any]]:
    return {title: one["Properties"] for title, one in hub(**network).items() if one["Type"] == f"AWS::{kind}"}


def test_without_the_setting_there_is_none() -> None:
    usual = rendered(sample())["hub"]["Resources"]
    assert not [one for one in usual.values() if one["Type"].startswith("AWS::EC2::")]
    assert not [one for one in usual.values() if "VpcConfig" in one.get("Properties", {})]


def test_functions_have_the_seeds_egress_and_no_ingress() -> None:
    group = of_type("EC2::SecurityGroup")["FunctionsGroup"]
    assert "SecurityGroupIngress" not in group
    rules = {(one["IpProtocol"], one["FromPort"], one["ToPort"], one["CidrIp"]) for one in group["SecurityGroupEgress"]}
    assert rules == {
        ("tcp", 443, 443, "0.0.0.0/0"),
        ("tcp", 53, 53, "169.254.169.253/32"),
        ("udp", 53, 53, "169.254.169.253/32"),
    }


def test_endpoints_let_in_the_functions_only() -> None:
    group = of_type("EC2::SecurityGroup")["EndpointsGroup"]
    (rule,) = group["SecurityGroupIngress"]
    assert (rule["FromPort"], rule["SourceSecurityGroupId"]) == (443, {"Fn::GetAtt": ["FunctionsGroup", "GroupId"]})


def test_subnets_are_private_and_in_two_zones() -> None:
    subnets = of_type("EC2::Subnet", cidr="10.20.0.0/20", subnet_cidrs=["10.20.0.0/24", "10.20.8.0/24"])
    assert [one["CidrBlock"] for one in subnets.values()] == ["10.20.0.0/24", "10.20.8.0/24"]
    assert {one["AvailabilityZone"]["Fn::Select"][0] for one in subnets.values()} == {0, 1}
    assert {str(one["MapPublicIpOnLaunch"]).lower() for one in subnets.values()} == {"false"}
    kinds = {one["Type"] for one in hub().values()}
    assert not kinds & {"AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::Route"}


def test_what_a_function_inside_calls_has_an_endpoint() -> None:
    found = hub()
    served = {one["ServiceName"]["Fn::Sub"].rpartition(".")[2] for one in of_type("EC2::VPCEndpoint").values()}
    inside = [one for one in HUB_FUNCTIONS if "VpcConfig" in found.get(one.title, {}).get("Properties", {})]
    assert {"Api", "Ingester", "Archiver", "Sync"} <= {one.title for one in inside}
    assert {name for one in inside for name in one.services} == served
    outside = {one.title for one in HUB_FUNCTIONS} - {one.title for one in inside}
    assert {"Detector", "Inventory", "Lookups", "Sender"} <= outside


def test_only_lambda_makes_network_interfaces() -> None:
    for title, role in of_type("IAM::Role").items():
        found = role["Policies"][0]["PolicyDocument"]["Statement"] if role.get("Policies") else []
        effects = [one["Effect"] for one in found if "ec2:CreateNetworkInterface" in one["Action"]]
        function = hub().get(title.removesuffix("Role"), {}).get("Properties", {})
        assert effects == (["Allow", "Deny"] if "VpcConfig" in function else []), title


@pytest.mark.parametrize(
    ("region", "beginning"),
    [("eu-central-1", ""), ("us-gov-west-1", ""), ("cn-north-1", "cn."), ("cn-northwest-1", "cn.")],
)
def test_endpoints_have_the_name_that_their_partition_gives_them(region: str, beginning: str) -> None:
    found = rendered(variant(region, network={"enabled": True}))["hub"]["Resources"].values()
    endpoints = [one["Properties"] for one in found if one["Type"] == "AWS::EC2::VPCEndpoint"]
    names = {one["VpcEndpointType"]: set() for one in endpoints}
    for one in endpoints:
        names[one["VpcEndpointType"]].add(one["ServiceName"]["Fn::Sub"])
    here = "com.amazonaws.${AWS::Region}"
    assert names["Gateway"] == {f"{here}.dynamodb", f"{here}.s3"}
    assert names["Interface"] == {f"{beginning}{here}.sqs", f"{beginning}{here}.securityhub"}


def test_endpoints_serve_the_hubs_account_only() -> None:
    for title, one in of_type("EC2::VPCEndpoint").items():
        (statement,) = one["PolicyDocument"]["Statement"]
        own = {"StringEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}}
        assert (statement["Effect"], statement["Condition"]) == ("Allow", own), title
        assert all(action.startswith(title.removesuffix("Endpoint").lower()) for action in statement["Action"]), title


def test_all_traffic_is_logged() -> None:
    (flow,) = of_type("EC2::FlowLog").values()
    assert (flow["TrafficType"], flow["ResourceId"]) == ("ALL", {"Ref": "Vpc"})


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ({"cidr": "10.0.0.0/8"}, "is no block of a VPC"),
        ({"cidr": "2001:db8::/56"}, "is no block of a VPC"),
        ({"subnet_cidrs": ["10.0.0.0/24", "10.9.0.0/24"], "cidr": "10.0.0.0/20"}, "is not within cidr"),
        ({"subnet_cidrs": ["10.0.0.0/24", "10.0.0.0/25"]}, "overlaps"),
        ({"subnet_cidrs": ["10.0.0.0/24"]}, "at least 2"),
    ],
)
def test_addresses_that_no_vpc_can_have_are_refused(network: dict[str, Any], said: str) -> None:
    with pytest.raises((ValidationError, ValueError), match=said):
        variant(network={"enabled": True, **network})
