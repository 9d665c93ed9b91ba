"""Addresses and ports: what "the world" is."""

import ipaddress

ALL_PORTS = range(65536)


def is_world(cidr: object) -> bool:
    """Return whether a block is everybody: prefix length 0 or 1 of any address, IPv4 or IPv6.

    Halves of the Internet (`0.0.0.0/1`, `128.0.0.0/1`) are the common way round a rule that knows only /0.
    """
    if not isinstance(cidr, str) or "/" not in cidr:
        return False
    try:
        return ipaddress.ip_network(cidr.strip(), strict=False).prefixlen <= 1
    except ValueError:
        return False


def port_range(protocol: str, first: str, last: str) -> range:
    """Return the ports that a rule opens; protocol -1 and absent or -1 ports mean all of them."""
    try:
        low, high = int(first), int(last)
    except ValueError:
        return ALL_PORTS
    if protocol in {"-1", "all"} or low < 0 or high < 0:
        return ALL_PORTS
    return range(low, high + 1)
