"""Whose addresses calls come from."""

import ipaddress
import json
from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from typing import Any

import urllib3

from hub.lookups.lookup import Answer, Clients, Lookup, NotYetError, Question, confirmed, refuted

# AWS General Reference, "AWS IP address ranges". It changes several times a week; a function lives for hours.
_RANGES = "https://ip-ranges.amazonaws.com/ip-ranges.json"
_SECONDS = 5

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def origin(question: Question, clients: Clients) -> Answer:
    """Answer by AWS's published ranges, then by the addresses through which the account leaves AWS."""
    text = question.fact("address")
    address = ipaddress.ip_address(text)
    if _holds(_own(clients), address):
        return refuted(f"{text} is an address of the account's own")
    try:
        ranges = aws_networks()
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        raise NotYetError(f"the list of AWS's addresses could not be read ({type(error).__name__})") from error
    if _holds(ranges, address):
        return refuted(f"{text} is an address of EC2")
    return confirmed(f"{text} is neither an address of the account's own nor of EC2")


def _own(clients: Clients) -> list[Network]:
    ec2 = clients("ec2")
    elastic = [one.get("PublicIp") for one in ec2.describe_addresses()["Addresses"]]
    gateways = [one for page in ec2.get_paginator("describe_nat_gateways").paginate() for one in page["NatGateways"]]
    leaving = [each.get("PublicIp") for one in gateways for each in one.get("NatGatewayAddresses", [])]
    return [ipaddress.ip_network(one) for one in (*elastic, *leaving) if one]


@cache
def aws_networks() -> tuple[Network, ...]:
    """Return the networks of EC2, read once in the function's life; urllib3's errors and `ValueError` go through."""
    answer = urllib3.PoolManager(timeout=_SECONDS, retries=1).request("GET", _RANGES)
    if answer.status != HTTPStatus.OK:
        raise urllib3.exceptions.HTTPError(f"{_RANGES} answered {answer.status}")
    return networks_of(json.loads(answer.data))


def networks_of(ranges: Any) -> tuple[Network, ...]:
    """Return EC2's networks of the published list; `ValueError` when it is another document."""
    if not (isinstance(ranges, dict) and ranges.get("prefixes")):
        raise ValueError("no list of AWS's addresses")
    listed = [*ranges["prefixes"], *ranges.get("ipv6_prefixes", [])]
    ours = [one for one in listed if one.get("service") == "EC2"]
    return tuple(ipaddress.ip_network(one.get("ip_prefix") or one["ipv6_prefix"]) for one in ours)


def _holds(networks: Iterable[Network], address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return any(address in one for one in networks)


ORIGIN = Lookup(
    answer=origin,
    doc="closed when the call came from an address of EC2 or of the account's own",
    actions=("ec2:DescribeAddresses", "ec2:DescribeNatGateways"),
    facts={"address": "sourceIPAddress"},
)
