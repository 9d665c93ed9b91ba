"""Whose an imported finding is."""

from typing import Any

import pytest

from contract.asff import is_own_product

HUB = "111122223333"
PRODUCT = f"arn:aws:securityhub:eu-central-1:{HUB}:product/{HUB}/default"
THEIRS = "arn:aws:securityhub:eu-central-1:444455556666:product/444455556666/default"


@pytest.mark.parametrize(
    ("finding", "is_ours"),
    [
        ({"ProductArn": PRODUCT, "ProductName": "Muster"}, True),
        ({"ProductArn": PRODUCT, "ProductName": "Default"}, False),
        ({"ProductArn": THEIRS, "ProductName": "Muster"}, False),
        ({"ProductArn": "arn:aws:securityhub:eu-central-1::product/aws/guardduty", "ProductName": "GuardDuty"}, False),
        ({}, False),
    ],
)
def test_only_what_the_hub_account_imported_as_muster_is_our_own(finding: dict[str, Any], is_ours: bool) -> None:
    assert is_own_product(finding, HUB) is is_ours
