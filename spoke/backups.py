"""The images and snapshots of an account and Region, read page by page."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import msgspec

from contract.names import DELETE_ON, EXPIRES_AFTER, LEGAL_HOLD, RETENTION
from contract.retention import RetentionError, day_of, days_of
from contract.spoke_events import MOST_EXAMPLES, DueBackup

# The largest page that EC2 gives (API, DescribeSnapshots).
PAGE = 1_000
_GIB = 2**30
# Who else sees to the end of what it made, as reports say it.
AWS_BACKUP, LIFECYCLE_MANAGER = "of AWS Backup", "of Data Lifecycle Manager"
# The archive tier's price beside the standard one's (EBS pricing: 0.0125 and 0.05 dollars in us-east-1).
_ARCHIVED = 0.25


class Kind(StrEnum):
    """What a backup is."""

    IMAGE = "image"
    SNAPSHOT = "snapshot"


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """An image, or a snapshot; `created` is a day in UTC, None when AWS does not say.

    `gib` is what it takes at most: a snapshot's whole size, though it holds only what changed since the one before; of
    an image nothing, for its snapshots (`snapshots`) are there themselves. `price_share` is of the standard tier's.
    `use` says why an image is in use by itself, as far as its description tells.
    """

    id: str
    kind: Kind
    created: date | None
    tags: dict[str, str]
    snapshots: tuple[str, ...] = ()
    gib: float = 0
    price_share: float = 1
    launched: date | None = None
    use: str = ""

    @property
    def owner(self) -> str:
        """Return the service that made it and sees to its end; empty: none."""
        if any(key.startswith("aws:backup:") for key in self.tags):
            return AWS_BACKUP
        if any(key.startswith("aws:dlm:") or key == "dlm:managed" for key in self.tags):
            return LIFECYCLE_MANAGER
        return ""

    @property
    def is_held(self) -> bool:
        """Whether a legal hold is on it, whatever the tag's value."""
        return LEGAL_HOLD in self.tags

    def days(self) -> int | None:
        """Return the days of its own tag, None for ever; `RetentionError` without one, or one that says neither."""
        return days_of(self.tags.get(RETENTION, ""))

    def delete_on(self) -> date | None:
        """Return until when it is kept, None when no tag says so; `RetentionError` when the tag names no day."""
        return day_of(self.tags[DELETE_ON]) if DELETE_ON in self.tags else None

    def expires_after(self) -> date | None:
        """Return the day of the expiry's mark; None without one, or with one that names no day."""
        try:
            return day_of(self.tags.get(EXPIRES_AFTER, ""))
        except RetentionError:
            return None


def images(ec2: Any) -> Iterator[list[Backup]]:
    """Yield the account's images in pages, those that are disabled too: their snapshots are theirs all the same."""
    pages = ec2.get_paginator("describe_images").paginate(
        Owners=["self"], IncludeDisabled=True, PaginationConfig={"PageSize": PAGE}
    )
    for page in pages:
        yield [_image(one) for one in page["Images"]]


def snapshots(ec2: Any, cursor: str = "") -> Iterator[tuple[list[Backup], str]]:
    """Yield the account's snapshots in pages from a cursor on, each with the cursor of the next; empty: it is last."""
    while True:
        page = ec2.describe_snapshots(OwnerIds=["self"], MaxResults=PAGE, **({"NextToken": cursor} if cursor else {}))
        cursor = page.get("NextToken") or ""
        yield [_snapshot(one) for one in page["Snapshots"]], cursor
        if not cursor:
            return


def earliest(due: Iterable[DueBackup]) -> list[DueBackup]:
    """Return as many of those past their date as a report takes, the longest past first."""
    return sorted(due, key=lambda one: (one.delete_on, one.id))[:MOST_EXAMPLES]


def today() -> date:
    """Return the day, in UTC."""
    return datetime.now(UTC).date()


def _image(said: dict[str, Any]) -> Backup:
    disks = [
        one["Ebs"]["SnapshotId"] for one in said.get("BlockDeviceMappings", ()) if one.get("Ebs", {}).get("SnapshotId")
    ]
    return Backup(
        id=said["ImageId"],
        kind=Kind.IMAGE,
        created=_day(said.get("CreationDate")),
        tags=_tags(said),
        snapshots=tuple(disks),
        launched=_day(said.get("LastLaunchedTime")),
        use=_use(said),
    )


def _use(said: dict[str, Any]) -> str:
    if said.get("Public"):
        return "shared"
    if said.get("DeregistrationProtection", "disabled") != "disabled":
        return "protected from deregistration"
    state = said.get("State", "available")
    return "" if state == "available" else f"the image is {state}"


def _snapshot(said: dict[str, Any]) -> Backup:
    whole = said.get("FullSnapshotSizeInBytes")
    return Backup(
        id=said["SnapshotId"],
        kind=Kind.SNAPSHOT,
        created=_day(said.get("StartTime")),
        tags=_tags(said),
        gib=whole / _GIB if whole else float(said.get("VolumeSize", 0)),
        price_share=_ARCHIVED if said.get("StorageTier") == "archive" else 1,
        use="" if said.get("State", "completed") == "completed" else f"the snapshot is {said['State']}",
    )


def _tags(said: dict[str, Any]) -> dict[str, str]:
    return {pair["Key"]: pair["Value"] for pair in said.get("Tags", ())}


def _day(said: Any) -> date | None:
    if isinstance(said, datetime):
        return said.astimezone(UTC).date()
    if isinstance(said, str) and said:
        return datetime.fromisoformat(said).astimezone(UTC).date()
    return None
