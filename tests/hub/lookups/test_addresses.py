"""AWS's published addresses."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import urllib3

from hub.lookups import addresses
from hub.lookups.lookup import NotYetError, Question
from tests.hub.lookups.conftest import MemberAccount

# Tests are given a list; this reads it.
READ = addresses.aws_networks
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


def test_a_list_that_cannot_be_read_is_asked_for_again(
    question: Callable[..., Question], monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in (urllib3.exceptions.TimeoutError(), ValueError("no list")):

        def fail(error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(addresses, "aws_networks", fail)
        asked = question(
            "arn:aws:sts:::assumed-role/web/i-1", "credentials_origin", facts={"address": ["203.0.113.77"]}
        )
        with pytest.raises(NotYetError, match="the list of AWS's addresses could not be read"):
            addresses.origin(asked, MemberAccount(**NO_EGRESS))


def test_an_error_page_is_no_list_and_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that is served by another part of the same page would look like one."""
    prefixes = {"prefixes": [{"ip_prefix": "192.0.2.0/24", "service": "EC2"}]}
    answers = [
        SimpleNamespace(status=503, data=json.dumps(prefixes)),
        SimpleNamespace(status=200, data=json.dumps(prefixes)),
    ]
    monkeypatch.setattr(urllib3.PoolManager, "request", lambda *_: answers.pop(0))
    with pytest.raises(urllib3.exceptions.HTTPError, match="answered 503"):
        READ()
    assert [str(one) for one in READ()] == ["192.0.2.0/24"]
    READ.cache_clear()
