"""AWS's published addresses."""

from collections.abc import Callable
from typing import Any

import pytest
import urllib3

from contract.finding import Confidence
from hub.lookups import addresses
from hub.lookups.lookup import Question
from tests.hub.lookups.conftest import MemberAccount

NO_EGRESS = {"DescribeAddresses": {"Addresses": []}, "DescribeNatGateways": {"NatGateways": []}}


def test_addresses_of_ec2_are_taken_in_both_families() -> None:
    listed = {
        "prefixes": [{"ip_prefix": "192.0.2.0/24", "service": "EC2"}, {"ip_prefix": "0.0.0.0/0", "service": "S3"}],
        "ipv6_prefixes": [{"ipv6_prefix": "2001:db8::/32", "service": "EC2"}],
    }
    assert [str(one) for one in addresses.networks_of(listed)] == ["192.0.2.0/24", "2001:db8::/32"]


@pytest.mark.parametrize("document", [None, [], {}, {"prefixes": []}])
def test_another_document_is_no_list(document: Any) -> None:
    with pytest.raises(ValueError, match="no list"):
        addresses.networks_of(document)


@pytest.mark.parametrize("error", [urllib3.exceptions.TimeoutError(), ValueError("no list")])
def test_a_list_that_cannot_be_read_leaves_the_finding_unconfirmed(
    question: Callable[..., Question], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(addresses, "aws_networks", fail)
    asked = question("arn:aws:ec2:::instance/i-1", "credentials_origin", facts={"address": ["203.0.113.77"]})
    answer = addresses.origin(asked, MemberAccount(**NO_EGRESS))
    assert answer.confidence is Confidence.UNCONFIRMED
    assert answer.said.startswith("the list of AWS's addresses could not be read")
