"""Addresses and ports: what "the world" is."""

import ipaddress
from functools import lru_cache

ALL_PORTS = range(65536)
NO_PORTS = range(0)
_ICMP = {"icmp", "icmpv6", "1", "58"}
# Every address of IPv6 that is routed on the Internet today (RFC 4291, section 2.4).
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# RFC 1918, 6598, 3927, 1122; RFC 4193, 4291.
_INTERNAL = [
    ipaddress.ip_network(one)
    for one in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    )
]


def is_world(cidr: object) -> bool:
    """Return whether a block is everybody: prefix length 0 or 1 of any address, or all of IPv6's global unicast.

    Halves of the Internet (`0.0.0.0/1`, `128.0.0.0/1`) are the common way round a rule that knows only /0.
    """
    return isinstance(cidr, str) and "/" in cidr and _is_world(cidr)


@lru_cache(maxsize=4096)
def _is_world(cidr: str) -> bool:
    try:
        network = ipaddress.ip_network(cidr.strip(), strict=False)
    except ValueError:
        return False
    is_global = isinstance(network, ipaddress.IPv6Network) and _GLOBAL_UNICAST.subnet_of(network)
    return network.prefixlen <= 1 or is_global


@lru_cache(maxsize=4096)
def holds(cidr: str, address: str) -> bool:
    """Return whether a block holds an address; nothing does that is none, such as a service's name."""
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return False


def is_internal(address: str) -> bool:
    """Return whether an address never crosses the Internet, or is none at all but a service's name."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return True
    return any(found in network for network in _INTERNAL)


def port_range(protocol: str, first: str, last: str) -> range:
    """Return the ports that a rule opens; protocol -1 and absent or -1 ports mean all of them, ICMP has none."""
    if protocol.lower() in _ICMP:
        return NO_PORTS
    try:
        low, high = int(first), int(last)
    except ValueError:
        return ALL_PORTS
    if protocol in {"-1", "all"} or low < 0 or high < 0:
        return ALL_PORTS
    return range(low, min(high, ALL_PORTS[-1]) + 1)
