"""The organization's trail."""

import contextlib

import pytest

from tests.localorg.running import Organization

pytestmark = pytest.mark.slow


def test_every_account_and_region_sees_the_organizations_trail_logging(organization: Organization) -> None:
    for region in ("us-east-1", "eu-west-1"):
        cloudtrail = organization.client("cloudtrail", organization.members[0], region)
        (trail,) = cloudtrail.describe_trails()["trailList"]
        assert trail["IsOrganizationTrail"]
        assert cloudtrail.get_trail_status(Name=trail["TrailARN"])["IsLogging"]


def test_a_member_cannot_stop_the_organizations_trail(organization: Organization) -> None:
    cloudtrail = organization.client("cloudtrail", organization.members[0])
    (trail,) = cloudtrail.describe_trails()["trailList"]
    with contextlib.suppress(cloudtrail.exceptions.ClientError):
        cloudtrail.stop_logging(Name=trail["TrailARN"])
    assert cloudtrail.get_trail_status(Name=trail["TrailARN"])["IsLogging"]


def test_an_account_outside_the_organization_sees_no_trail(organization: Organization) -> None:
    assert organization.client("cloudtrail", "121212121212").describe_trails()["trailList"] == []
