"""What the world is."""

import pytest

from contract.network import ALL_PORTS, holds, is_world, port_range


@pytest.mark.parametrize(
    "cidr", ["0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "203.0.113.9/0", " 0.0.0.0/0 ", "8000::/1", "2000::/3"]
)
def test_everybody_is_the_world(cidr: str) -> None:
    assert is_world(cidr)


@pytest.mark.parametrize(
    "cidr",
    ["10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32", "203.0.113.7/32", "0.0.0.0", "", "sg-1/0", None, 0, ["0.0.0.0/0"]],
)
def test_somebody_is_not_the_world(cidr: object) -> None:
    assert not is_world(cidr)


@pytest.mark.parametrize(
    ("protocol", "first", "last"), [("-1", "", ""), ("-1", "22", "22"), ("tcp", "-1", "-1"), ("tcp", "", "")]
)
def test_absent_or_negative_ports_are_all_of_them(protocol: str, first: str, last: str) -> None:
    assert port_range(protocol, first, last) == ALL_PORTS


def test_icmp_has_no_ports() -> None:
    assert not port_range("icmp", "-1", "-1")
    assert not port_range("58", "128", "0")


def test_a_span_holds_both_its_ends() -> None:
    assert list(port_range("tcp", "80", "82")) == [80, 81, 82]


def test_no_span_is_longer_than_all_ports() -> None:
    assert len(port_range("tcp", "0", "9" * 30)) == 65536


@pytest.mark.parametrize(
    ("cidr", "address", "is_held"),
    [
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("2001:db8::/32", "2001:db8::1", True),
        ("10.0.0.0/8", "2001:db8::1", False),
        ("10.0.0.0/8", "cloudformation.amazonaws.com", False),
        ("anything/8", "10.1.2.3", False),
    ],
)
def test_a_block_holds_addresses_and_no_names(cidr: str, address: str, is_held: bool) -> None:
    assert holds(cidr, address) is is_held
