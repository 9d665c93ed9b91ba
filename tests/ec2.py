"""An EC2 without AWS: images and snapshots with tags, pages, and the conditions of the functions' roles."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType, SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

Tags = Mapping[str, str]
NONE: Tags = MappingProxyType({})


def refusal(code: str, call: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 400}}, call)


class FakeEc2:
    """Counts its calls; `before` may raise instead of any of them. `bad` ids do not exist when they are tagged."""

    def __init__(self) -> None:
        self.images: dict[str, dict[str, Any]] = {}
        self.snapshots: dict[str, dict[str, Any]] = {}
        self.instances: list[dict[str, Any]] = []
        self.templates: dict[str, list[dict[str, Any]]] = {}
        self.shared: set[str] = set()
        self.bad: set[str] = set()
        self.calls: Counter[str] = Counter()
        self.order: list[tuple[str, str]] = []
        self.largest = 0
        self.before: Callable[[str], None] = lambda _: None

    def image(self, id_: str, created: str, *disks: str, tags: Tags = NONE, **more: Any) -> None:
        """Register an image with its disks."""
        self.images[id_] = {
            "ImageId": id_,
            "CreationDate": f"{created}T10:00:00.000Z",
            "State": "available",
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": disk}} for disk in disks],
            "Tags": _pairs(tags),
            **more,
        }

    def snapshot(self, id_: str, created: str, tags: Tags = NONE, **more: Any) -> None:
        """Make a snapshot of 8 GiB."""
        self.snapshots[id_] = {
            "SnapshotId": id_,
            "StartTime": datetime.fromisoformat(created).replace(hour=10, tzinfo=UTC),
            "State": "completed",
            "VolumeSize": 8,
            "Tags": _pairs(tags),
            **more,
        }

    def tags(self, id_: str) -> dict[str, str]:
        """Return the tags of an image or snapshot."""
        return {pair["Key"]: pair["Value"] for pair in self._one(id_)["Tags"]}

    def get_paginator(self, call: str) -> Any:
        return SimpleNamespace(paginate=lambda **given: [getattr(self, call)(**given)])

    def describe_images(self, **_: Any) -> Any:
        self._called("DescribeImages")
        return {"Images": list(self.images.values())}

    def describe_snapshots(self, MaxResults: int, NextToken: str = "0", **_: Any) -> Any:  # noqa: N803 - EC2's
        self._called("DescribeSnapshots")
        begin = int(NextToken)
        ids = list(self.snapshots)[begin : begin + MaxResults]
        more = {"NextToken": str(begin + MaxResults)} if begin + MaxResults < len(self.snapshots) else {}
        return {"Snapshots": [self.snapshots[one] for one in ids], **more}

    def create_tags(self, Resources: list[str], Tags: list[dict[str, str]]) -> None:  # noqa: N803 - EC2's
        self._called("CreateTags")
        self.largest = max(self.largest, len(Resources))
        keys = {pair["Key"] for pair in Tags}
        for one in Resources:
            if one in self.bad:
                raise refusal("InvalidID", "CreateTags")
            if keys & self.tags(one).keys() or ("DeleteOn" in self.tags(one) and "ExpiresAfter" not in keys):
                raise refusal("UnauthorizedOperation", "CreateTags")
        for one in Resources:
            self._one(one)["Tags"] = _pairs(self.tags(one) | {pair["Key"]: pair["Value"] for pair in Tags})

    def delete_tags(self, Resources: list[str], Tags: list[dict[str, str]]) -> None:  # noqa: N803 - EC2's
        self._called("DeleteTags")
        if self.bad.intersection(Resources):
            raise refusal("InvalidID", "DeleteTags")
        gone = {pair["Key"] for pair in Tags}
        for one in Resources:
            self._one(one)["Tags"] = _pairs({key: text for key, text in self.tags(one).items() if key not in gone})

    def describe_instances(self, **_: Any) -> Any:
        self._called("DescribeInstances")
        return {"Reservations": [{"Instances": self.instances}]}

    def describe_launch_templates(self, **_: Any) -> Any:
        self._called("DescribeLaunchTemplates")
        return {"LaunchTemplates": [{"LaunchTemplateId": one} for one in self.templates]}

    def describe_launch_template_versions(self, LaunchTemplateId: str, **_: Any) -> Any:  # noqa: N803 - EC2's
        self._called("DescribeLaunchTemplateVersions")
        return {"LaunchTemplateVersions": self.templates[LaunchTemplateId]}

    def describe_image_attribute(self, ImageId: str, **_: Any) -> Any:  # noqa: N803 - EC2's
        self._called("DescribeImageAttribute")
        return {"LaunchPermissions": [{"UserId": "777788889999"}] if ImageId in self.shared else []}

    def describe_snapshot_attribute(self, SnapshotId: str, **_: Any) -> Any:  # noqa: N803 - EC2's
        self._called("DescribeSnapshotAttribute")
        return {"CreateVolumePermissions": [{"Group": "all"}] if SnapshotId in self.shared else []}

    def deregister_image(self, ImageId: str) -> None:  # noqa: N803 - EC2's
        self._called("DeregisterImage")
        self._gone(ImageId)
        del self.images[ImageId]

    def delete_snapshot(self, SnapshotId: str) -> None:  # noqa: N803 - EC2's
        self._called("DeleteSnapshot")
        disks = {disk["Ebs"]["SnapshotId"] for one in self.images.values() for disk in one["BlockDeviceMappings"]}
        if SnapshotId in disks:
            raise refusal("InvalidSnapshot.InUse", "DeleteSnapshot")
        self._gone(SnapshotId)
        del self.snapshots[SnapshotId]

    def _gone(self, id_: str) -> None:
        if "ExpiresAfter" not in self.tags(id_) or "LegalHold" in self.tags(id_):
            raise refusal("UnauthorizedOperation", "Delete")
        self.order.append(("deleted", id_))

    def _called(self, call: str) -> None:
        self.calls[call] += 1
        self.before(call)

    def _one(self, id_: str) -> dict[str, Any]:
        return (self.images if id_.startswith("ami-") else self.snapshots)[id_]


def _pairs(tags: Tags) -> list[dict[str, str]]:
    return [{"Key": key, "Value": text} for key, text in tags.items()]
