"""The demo's images and snapshots: without a date, past it, kept forever, held, of an image."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import boto3
import msgspec

from contract.names import Names
from generator.demo.schedules import run_now
from generator.functions import BACKUP_TAGGER


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot of so many GiB, its tags, whether an image needs it; `due` days ago it was past its date."""

    name: str
    size: int
    tags: dict[str, str] = {}
    is_image: bool = False
    due: int = 0


# Nobody's call makes them, of which the creator tagger could learn who did.
_MADE = {"CreatedBy": "platform-team"}
BACKUPS = (
    Backup(name="shop-db-nightly", size=200),
    Backup(name="shop-node", size=30, is_image=True),
    Backup(name="before-migration", size=500, due=40),
    Backup(name="golden-2025", size=30, is_image=True, due=12),
    Backup(name="year-end", size=100, tags={"Retention": "forever"}),
    Backup(name="case-4711", size=80, tags={"LegalHold": "case-4711"}),
)


def make_backups(sessions: Sequence[tuple[str, boto3.Session]]) -> int:
    """Make the backups, dealt out over the accounts (id and session of each); return how many there are."""
    for place, backup in enumerate(BACKUPS):
        _, session = sessions[place % len(sessions)]
        _make(session.client("ec2"), session.region_name, backup)
    return len(BACKUPS)


def date_backups(sessions: Sequence[tuple[str, boto3.Session]], names: Names) -> None:
    """Run each account's backup tagger, as its schedule does every day. Raises `LocalError` when one fails."""
    for _, session in sessions:
        run_now(session, names.spoke_function(BACKUP_TAGGER.name))


def _make(ec2: Any, region: str, backup: Backup) -> None:
    volume = ec2.create_volume(AvailabilityZone=f"{region}a", Size=backup.size)["VolumeId"]
    made = [ec2.create_snapshot(VolumeId=volume)["SnapshotId"]]
    ec2.delete_volume(VolumeId=volume)
    if backup.is_image:
        disk = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": made[0], "VolumeSize": backup.size}}
        image = ec2.register_image(Name=backup.name, RootDeviceName="/dev/xvda", BlockDeviceMappings=[disk])
        made.append(image["ImageId"])
    tags = {"Name": backup.name, **_MADE, **backup.tags, **(_past(backup.due) if backup.due else {})}
    ec2.create_tags(Resources=made, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])


def _past(days: int) -> dict[str, str]:
    return {"Retention": "90days", "DeleteOn": (date.today() - timedelta(days=days)).isoformat()}  # noqa: DTZ011 - a day
