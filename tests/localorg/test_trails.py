"""Trails: the organization's, an account's own, and who may make them."""

import contextlib
import json
from typing import Any

import pytest

from tests.localorg.exercise import policy, statement
from tests.localorg.running import Eventually, Organization, StartGateway, refused
from tests.localorg.test_cloudformation import Stacks

pytestmark = pytest.mark.slow

CLOUDTRAIL = "cloudtrail.amazonaws.com"


def trail(**properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::CloudTrail::Trail",
        "Properties": {"IsLogging": True, "IsMultiRegionTrail": True, **properties},
    }


def bucket_for(organization: Organization, name: str, arn: str, *owners: str) -> str:
    """Make a bucket of the hub's into which the trail with the ARN may write below the owners' folders."""
    s3 = organization.client("s3", organization.hub)
    s3.create_bucket(Bucket=name)
    service = {"Principal": {"Service": CLOUDTRAIL}, "Condition": {"StringEquals": {"aws:SourceArn": arn}}}
    looks = statement("s3:GetBucketAcl", f"arn:aws:s3:::{name}", **service)
    writes = [statement("s3:PutObject", f"arn:aws:s3:::{name}/AWSLogs/{owner}/*", **service) for owner in owners]
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy(looks, *writes)))
    return name


def organization_trail(organization: Organization, name: str) -> str:
    return f"arn:aws:cloudtrail:us-east-1:{organization.management}:trail/{name}"


@pytest.fixture(scope="module")
def untrailed(start_gateway: StartGateway) -> Organization:
    """An organization without a trail, whose hub administers CloudTrail."""
    organization = start_gateway("--no-trail", "--accounts", "2")
    organizations = organization.client("organizations", organization.management)
    organizations.enable_aws_service_access(ServicePrincipal=CLOUDTRAIL)
    organizations.register_delegated_administrator(AccountId=organization.hub, ServicePrincipal=CLOUDTRAIL)
    return organization


def test_every_account_and_region_sees_the_organizations_trail_logging(organization: Organization) -> None:
    for region in ("us-east-1", "eu-west-1"):
        cloudtrail = organization.client("cloudtrail", organization.members[0], region)
        (found,) = [one for one in cloudtrail.describe_trails()["trailList"] if one["IsOrganizationTrail"]]
        assert cloudtrail.get_trail_status(Name=found["TrailARN"])["IsLogging"]
        assert found not in cloudtrail.describe_trails(includeShadowTrails=False)["trailList"]


def test_a_member_cannot_change_the_organizations_trail(organization: Organization) -> None:
    cloudtrail = organization.client("cloudtrail", organization.members[0])
    (found,) = [one for one in cloudtrail.describe_trails()["trailList"] if one["IsOrganizationTrail"]]
    for call in (cloudtrail.stop_logging, cloudtrail.delete_trail):
        with contextlib.suppress(cloudtrail.exceptions.ClientError):
            call(Name=found["TrailARN"])
    assert cloudtrail.get_trail_status(Name=found["TrailARN"])["IsLogging"]


def test_an_account_outside_the_organization_sees_no_trail(organization: Organization) -> None:
    assert organization.client("cloudtrail", "121212121212").describe_trails()["trailList"] == []


def test_an_organization_may_have_no_trail(untrailed: Organization) -> None:
    assert untrailed.client("cloudtrail", untrailed.members[0]).describe_trails()["trailList"] == []


def test_a_delegated_administrators_trail_belongs_to_the_management_account(untrailed: Organization) -> None:
    arn = organization_trail(untrailed, "delegated")
    bucket = bucket_for(untrailed, "delegated-logs", arn, untrailed.id)
    hub = untrailed.client("cloudtrail", untrailed.hub)
    made = hub.create_trail(Name="delegated", S3BucketName=bucket, IsOrganizationTrail=True, IsMultiRegionTrail=True)
    assert made["TrailARN"] == arn
    assert refused(hub.start_logging, Name="delegated") == "TrailNotFoundException"
    hub.start_logging(Name=arn)
    member = untrailed.client("cloudtrail", untrailed.members[0], "eu-west-1")
    assert [one["TrailARN"] for one in member.describe_trails()["trailList"]] == [arn]
    assert member.get_trail_status(Name=arn)["IsLogging"]
    assert refused(member.stop_logging, Name=arn) == "NotOrganizationMasterAccountException"
    hub.delete_trail(Name=arn)
    assert member.describe_trails()["trailList"] == []


def test_only_who_administers_cloudtrail_may_make_an_organizations_trail(
    untrailed: Organization, organization: Organization
) -> None:
    asked = {"Name": "mine", "S3BucketName": "none", "IsOrganizationTrail": True}
    member = untrailed.client("cloudtrail", untrailed.members[0])
    assert refused(member.create_trail, **asked) == "NotOrganizationMasterAccountException"
    untrusted = organization.client("cloudtrail", organization.hub)
    assert refused(untrusted.create_trail, **asked) == "CloudTrailAccessNotEnabledException"


def test_a_trail_needs_a_bucket_that_it_may_write_to(untrailed: Organization) -> None:
    member = untrailed.client("cloudtrail", untrailed.members[0])
    assert refused(member.create_trail, Name="x", S3BucketName="absent") == "S3BucketDoesNotExistException"
    arn = f"arn:aws:cloudtrail:us-east-1:{untrailed.members[0]}:trail/x"
    for number, (source, owner) in enumerate([(arn, untrailed.id), (f"{arn}y", untrailed.members[0])]):
        bucket = bucket_for(untrailed, f"narrow-{number}", source, owner)
        assert refused(member.create_trail, Name="x", S3BucketName=bucket) == "InsufficientS3BucketPolicyException"
    bucket = bucket_for(untrailed, "wide-enough", arn, untrailed.members[0])
    assert member.create_trail(Name="x", S3BucketName=bucket)["TrailARN"] == arn


def test_a_stack_makes_a_trail_that_logs_and_deletes_it(untrailed: Organization, eventually: Eventually) -> None:
    stacks = Stacks(untrailed, eventually, untrailed.members[1])
    arn = f"arn:aws:cloudtrail:us-east-1:{stacks.account}:trail/stacked"
    bucket = bucket_for(untrailed, "stacked-logs", arn, stacks.account)
    body = {"Trail": trail(TrailName="stacked", S3BucketName=bucket)}
    assert stacks.create("trail", json.dumps({"Resources": body})) == "CREATE_COMPLETE"
    cloudtrail = stacks.of("cloudtrail")
    assert cloudtrail.get_trail_status(Name=arn)["IsLogging"]
    body["Trail"]["Properties"]["EnableLogFileValidation"] = True
    assert stacks.update("trail", json.dumps({"Resources": body})) == "UPDATE_COMPLETE"
    assert cloudtrail.get_trail(Name=arn)["Trail"]["LogFileValidationEnabled"]
    assert stacks.delete("trail") == "DELETE_COMPLETE"
    assert cloudtrail.describe_trails()["trailList"] == []


def test_a_stack_fails_where_its_trail_may_not_write(untrailed: Organization, eventually: Eventually) -> None:
    stacks = Stacks(untrailed, eventually, untrailed.members[1])
    body = {"Trail": trail(TrailName="mute", S3BucketName=stacks.bucket)}
    assert stacks.create("mute", json.dumps({"Resources": body})) == "ROLLBACK_COMPLETE"
    assert f"Incorrect S3 bucket policy is detected for bucket: {stacks.bucket}" in stacks.reasons("mute")


def test_a_delegated_administrators_stack_cannot_start_the_organizations_trail(
    untrailed: Organization, eventually: Eventually
) -> None:
    stacks = Stacks(untrailed, eventually, untrailed.hub)
    arn = organization_trail(untrailed, "stillborn")
    bucket = bucket_for(untrailed, "stillborn-logs", arn, untrailed.id)
    body = {"Trail": trail(TrailName="stillborn", S3BucketName=bucket, IsOrganizationTrail=True)}
    assert stacks.create("stillborn", json.dumps({"Resources": body})) == "ROLLBACK_COMPLETE"
    assert any("Unknown trail" in reason for reason in stacks.reasons("stillborn"))
    stacks.of("cloudtrail").delete_trail(Name=arn)
