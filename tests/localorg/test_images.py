"""Images of the local organization: when they were created, and whose their snapshots are."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localorg.lambdas import MEMBER
from tests.localorg.running import Organization

pytestmark = pytest.mark.slow


@pytest.fixture
def ec2(organization: Organization) -> Any:
    return organization.client("ec2", MEMBER)


def test_an_image_says_when_it_was_created_and_keeps_its_snapshot(ec2: Any) -> None:
    zone = f"{ec2.meta.region_name}a"
    volume = ec2.create_volume(AvailabilityZone=zone, Size=8)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    disk = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}
    image = ec2.register_image(Name="dated", RootDeviceName="/dev/xvda", BlockDeviceMappings=[disk])["ImageId"]
    (found,) = ec2.describe_images(Owners=["self"], ImageIds=[image])["Images"]
    assert datetime.fromisoformat(found["CreationDate"]).astimezone(UTC).date() == datetime.now(UTC).date()
    with pytest.raises(ClientError, match=r"InvalidSnapshot\.InUse"):
        ec2.delete_snapshot(SnapshotId=snapshot)
    ec2.deregister_image(ImageId=image)
    ec2.delete_snapshot(SnapshotId=snapshot)
