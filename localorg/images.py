"""Images say when they were created, and their snapshots stay for as long as they do: MiniStack knows the first only.

Source: EC2 API, DescribeImages and DeleteSnapshot ("You cannot delete a snapshot of the root device of an EBS volume
used by a registered AMI").
"""

import re
from typing import Any

from ministack.services import ec2

from localorg import patches
from localorg.answers import Response

IMAGE = re.compile(rb"<imageId>(ami-[0-9a-f]+)</imageId>")


def install() -> None:
    """Put ours around the two calls."""
    patches.require(ec2, "_register_image", '"CreationDate": _now_ts()', '"BlockDeviceMappings": mappings')
    patches.require(ec2, "_describe_images", "<imageId>{view['ImageId']}</imageId>")
    describe, delete = ec2._ACTION_MAP["DescribeImages"], ec2._ACTION_MAP["DeleteSnapshot"]

    def described(parameters: Any) -> Response:
        status, headers, body = describe(parameters)
        return status, headers, IMAGE.sub(_dated, body)

    ec2._ACTION_MAP["DescribeImages"] = described
    ec2._ACTION_MAP["DeleteSnapshot"] = lambda parameters: _in_use(parameters) or delete(parameters)


def _dated(found: re.Match[bytes]) -> bytes:
    image = ec2._registered_image(found[1].decode())
    created = image["CreationDate"].encode() if image else b""
    return found[0] + (b"<creationDate>%s</creationDate>" % created if created else b"")


def _in_use(parameters: Any) -> Response | None:
    snapshot = ec2._p(parameters, "SnapshotId")
    for image in ec2._images.values():
        if snapshot in {(disk.get("Ebs") or {}).get("SnapshotId") for disk in image["BlockDeviceMappings"] or ()}:
            text = f"The snapshot {snapshot} is currently in use by {image['ImageId']}"
            refused: Response = ec2._error("InvalidSnapshot.InUse", text, 400)
            return refused
    return None
