"""Trails that Muster makes, on an organization that has none."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from generator.config import Trail
from generator.rollout.step import RolloutError
from tests.rollout.deployed import Rollout, rolling_out

pytestmark = pytest.mark.slow

NO_TRAIL = "trail: no trail logs management events"
MEMBER = "444455556666"


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollout]:
    with rolling_out(tmp_path_factory.mktemp("trail"), accounts=1, trail=False) as running:
        yield running


def details(rollout: Rollout) -> set[str]:
    return {one.detail for one in rollout.beat()}


def trails(rollout: Rollout, account: str, region: str = "us-east-1") -> list[str]:
    found = rollout.client("cloudtrail", account, region).describe_trails()["trailList"]
    return [one["TrailARN"].partition(":cloudtrail:")[2] for one in found]


def log_buckets(rollout: Rollout, account: str) -> list[str]:
    names = [one["Name"] for one in rollout.client("s3", account).list_buckets()["Buckets"]]
    return [name for name in names if "artefacts" not in name and "-archive" not in name]


def test_without_a_trail_every_spoke_says_so(rollout: Rollout) -> None:
    rollout.deploy()
    found = rollout.beat()
    assert len(found) == 4
    assert {(one.state, one.detail) for one in found} == {("unwell", NO_TRAIL)}


def test_a_trail_in_each_account_makes_its_spokes_well(rollout: Rollout) -> None:
    rollout.change("spoke", trail=Trail.ACCOUNTS)
    assert not [step for step in rollout.deploy() if step.is_failure]
    assert details(rollout) == {""}
    for account in (MEMBER, rollout.organization.hub):
        own = f"us-east-1:{account}:trail/muster-spoke-trail"
        assert trails(rollout, account) == trails(rollout, account, "eu-west-1") == [own]
        assert len(log_buckets(rollout, account)) == 1
    assert rollout.planned() == []


def test_trails_come_again_although_the_logs_of_the_first_ones_stay(rollout: Rollout) -> None:
    rollout.change("spoke", trail=Trail.NONE)
    rollout.deploy()
    assert trails(rollout, MEMBER) == []
    assert details(rollout) == {NO_TRAIL}
    rollout.change("spoke", trail=Trail.ACCOUNTS)
    assert not [step for step in rollout.deploy() if step.is_failure]
    assert len(log_buckets(rollout, MEMBER)) == 2
    assert details(rollout) == {""}


def test_a_hub_that_may_not_make_the_organizations_trail_says_what_mends_it(rollout: Rollout) -> None:
    rollout.change("organization", management_account=rollout.organization.management)
    rollout.change("spoke", trail=Trail.ORGANIZATION)
    with pytest.raises(RolloutError, match="let the management account run `muster delegate`"):
        rollout.deploy()


def test_the_organizations_trail_makes_every_spoke_well(rollout: Rollout) -> None:
    organizations = rollout.client("organizations", rollout.organization.management)
    principal = "cloudtrail.amazonaws.com"
    organizations.enable_aws_service_access(ServicePrincipal=principal)
    organizations.register_delegated_administrator(AccountId=rollout.organization.hub, ServicePrincipal=principal)
    assert ("create", "trail muster-organization-trail") in {(one.action, one.what) for one in rollout.planned()}
    steps = rollout.deploy()
    assert ("trail muster-organization-trail", "created") in {(step.what, step.state) for step in steps}
    assert trails(rollout, MEMBER) == [f"us-east-1:{rollout.organization.management}:trail/muster-organization-trail"]
    assert details(rollout) == {""}
    assert rollout.planned() == []


def test_a_stopped_trail_is_started_by_the_next_deploy(rollout: Rollout) -> None:
    hub = rollout.client("cloudtrail", rollout.organization.hub)
    arn = f"arn:aws:cloudtrail:us-east-1:{rollout.organization.management}:trail/muster-organization-trail"
    hub.stop_logging(Name=arn)
    assert [(one.action, one.what) for one in rollout.planned()] == [("update", "trail muster-organization-trail")]
    assert details(rollout) == {NO_TRAIL}
    rollout.deploy()
    assert hub.get_trail_status(Name=arn)["IsLogging"]


def test_the_organizations_trail_goes_with_its_setting_and_its_logs_stay(rollout: Rollout) -> None:
    kept = log_buckets(rollout, rollout.organization.hub)
    rollout.change("spoke", trail=Trail.NONE)
    assert ("remove", "trail muster-organization-trail") in {(one.action, one.what) for one in rollout.planned()}
    removed = [step for step in rollout.deploy() if step.state == "removed"]
    assert [step.what for step in removed] == ["trail muster-organization-trail"]
    assert removed[0].detail.removeprefix("its logs stay in bucket ") in kept
    assert log_buckets(rollout, rollout.organization.hub) == kept
    assert trails(rollout, MEMBER) == []


def test_kept_logs_are_private_and_nobody_adds_to_them(rollout: Rollout) -> None:
    s3, (bucket, *_) = rollout.client("s3", MEMBER), log_buckets(rollout, MEMBER)
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket=bucket)
