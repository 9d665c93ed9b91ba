"""One run of the expiry over an account's images, then its snapshots."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from contract.names import DELETE_ON, EXPIRES_AFTER, EXPIRING
from contract.spoke_events import LONGEST_TEXT, MOST_EXAMPLES, BackupFailure, DueBackup
from spoke.backups import Backup, Kind, earliest, images, snapshots
from spoke.expiry.decision import Decision, Rules, Step, as_disk, decided
from spoke.tag_writing import BUSY, Outcome, OutOfTimeError, SecondsLeft, Writer

# EC2 gives an account few calls that change something (EC2 guide, "Request throttling"), and others need them, too.
_PAUSE = 0.2
# Asking whether one is shared costs a call; so many for each that may go.
_LOOKS = 5
# What a page and the marks that wait leave to the end, in seconds.
_RESERVE = 30.0
_BATCH = 200
# Nothing went wrong: it is gone, or EC2 has not heard yet that its image is.
_DENIED = {"UnauthorizedOperation", "AuthFailure", "AccessDenied"}
_LATER = {"InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "InvalidSnapshot.NotFound", "InvalidSnapshot.InUse"}


class Tally(msgspec.Struct):
    """What a run did; of a dry run, what it would: nothing is marked and nothing deleted."""

    images: int = 0
    snapshots: int = 0
    due: int = 0
    due_gib: float = 0
    due_cost: float = 0
    kept: dict[str, int] = {}
    examples: list[DueBackup] = []
    marked: int = 0
    unmarked: int = 0
    deleted: int = 0
    deleted_gib: float = 0
    deleted_cost: float = 0
    is_whole: bool = True
    failed: int = 0
    failures: list[BackupFailure] = []

    def fail(self, id_: str, error: ClientError) -> None:
        """Count one with which something could not be done."""
        said = error.response["Error"]
        self.failed += 1
        if len(self.failures) < MOST_EXAMPLES:
            self.failures.append(BackupFailure(id_, f"{said['Code']}: {said.get('Message', '')}"[:LONGEST_TEXT]))


class Limits(msgspec.Struct, frozen=True):
    """The rules, whether anything is written at all, how many go in a run, a GiB's price a month, the time."""

    rules: Rules
    is_dry: bool
    per_run: int
    gib_price: float
    seconds_left: SecondsLeft


class Run:
    """What a run works with, and how far it is."""

    def __init__(
        self, ec2: Any, used: Callable[[], dict[str, str]], limits: Limits, pause: Callable[[float], None] = time.sleep
    ) -> None:
        """Take EC2; `used` looks for what is in use, and is called only when something is past its date."""
        self.tally = Tally()
        self._ec2 = ec2
        self._look = used
        self._used: dict[str, str] | None = None
        self._limits = limits
        self._pause = pause
        self._looks = limits.per_run * _LOOKS
        self._writer = Writer(ec2, limits.seconds_left, self._note, pause)
        self._marks_gone: list[str] = []
        # Disk → whether its image is going, and with it all images of which it is a disk.
        self._disks: dict[str, bool] = {}

    def expire(self) -> Tally:
        """Mark, unmark and delete what is due, images before their disks; what there is no time for waits a day."""
        try:
            self._expire_all()
            self._writer.flush()
        except OutOfTimeError:
            self.tally.is_whole = False
        self._unmark()
        return self.tally

    def _expire_all(self) -> None:
        for page in images(self._ec2):
            for one in page:
                self.tally.images += 1
                self._expire_image(one)
            if not self._has_time():
                # Which snapshots are disks of images is not known yet.
                self.tally.is_whole = False
                return
        for some, following in snapshots(self._ec2):
            for one in some:
                self.tally.snapshots += 1
                self._expire_snapshot(one)
            if following and not self._has_time():
                self.tally.is_whole = False
                return

    def _expire_image(self, image: Backup) -> None:
        decision = self._decided(image)
        if not self._takes(image, decision):
            is_going = decision.step in {Step.MARK, Step.WAIT, Step.DELETE}
            self._disks |= {disk: is_going and self._disks.get(disk, True) for disk in image.snapshots}

    def _expire_snapshot(self, snapshot: Backup) -> None:
        is_going = self._disks.get(snapshot.id)
        if is_going is None:
            self._takes(snapshot, self._decided(snapshot))
            return
        decision = as_disk(snapshot, self._limits.rules, is_going=is_going)
        if decision.is_due:
            self._count_due(snapshot, "")
        self._takes(snapshot, decision)

    def _decided(self, one: Backup) -> Decision:
        """Return the step, having looked who uses it only when it is past its date."""
        decision = decided(one, self._limits.rules, self._used or {})
        if decision.is_due and self._used is None:
            self._used = self._look()
            decision = decided(one, self._limits.rules, self._used)
        if decision.step is (Step.MARK if self._limits.is_dry else Step.DELETE):
            decision = self._unless_shared(one, decision)
        if decision.is_due:
            self._count_due(one, decision.kept)
        return decision

    def _count_due(self, one: Backup, kept: str) -> None:
        tally = self.tally
        tally.due += 1
        if kept:
            tally.kept[kept] = tally.kept.get(kept, 0) + 1
        else:
            tally.due_gib += one.gib
            tally.due_cost += one.gib * one.price_share * self._limits.gib_price
        example = DueBackup(one.id, one.tags.get(DELETE_ON, "")[:10], round(one.gib, 1), kept)
        tally.examples = earliest([*tally.examples, example])

    def _takes(self, one: Backup, decision: Decision) -> bool:
        """Take the step and return whether it took the backup with it; a dry run takes none."""
        if self._limits.is_dry:
            return False
        if decision.step is Step.MARK:
            self._writer.add(one.id, dict([EXPIRING, (EXPIRES_AFTER, self._limits.rules.mark.isoformat())]))
        elif decision.step is Step.UNMARK:
            self._marks_gone.append(one.id)
            if len(self._marks_gone) == _BATCH:
                self._unmark()
        elif decision.step is Step.DELETE and self.tally.deleted < self._limits.per_run and self._has_time():
            return self._deleted(one)
        return False

    def _has_time(self) -> bool:
        return self._limits.seconds_left() > _RESERVE + self._writer.seconds_needed

    def _deleted(self, one: Backup) -> bool:
        self._pause(_PAUSE)
        try:
            if one.kind is Kind.IMAGE:
                self._ec2.deregister_image(ImageId=one.id)
            else:
                self._ec2.delete_snapshot(SnapshotId=one.id)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _LATER:
                self.tally.fail(one.id, error)
            return False
        self.tally.deleted += 1
        self.tally.deleted_gib += one.gib
        self.tally.deleted_cost += one.gib * one.price_share * self._limits.gib_price
        return True

    def _unless_shared(self, one: Backup, decision: Decision) -> Decision:
        """Return the step, or its opposite when others may use the backup: asking costs a call, so few are asked about.

        One that is shared begins anew, so that it does not take the place of others every day.
        """
        if self._looks <= 0:
            return decision if self._limits.is_dry else Decision(Step.WAIT, is_due=True)
        self._looks -= 1
        try:
            is_shared = self._is_shared(one)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _LATER:
                self.tally.fail(one.id, error)
            return Decision(Step.WAIT, is_due=True)
        return Decision(Step.UNMARK, is_due=True, kept="shared") if is_shared else decision

    def _is_shared(self, one: Backup) -> bool:
        if one.kind is Kind.IMAGE:
            answer = self._ec2.describe_image_attribute(ImageId=one.id, Attribute="launchPermission")
            return bool(answer.get("LaunchPermissions"))
        answer = self._ec2.describe_snapshot_attribute(SnapshotId=one.id, Attribute="createVolumePermission")
        return bool(answer.get("CreateVolumePermissions"))

    def _note(self, outcome: Outcome) -> None:
        self.tally.marked += len(outcome.tagged)
        self.tally.failed += len(outcome.failed)
        self.tally.failures = [*self.tally.failures, *outcome.failed][:MOST_EXAMPLES]

    def _unmark(self) -> None:
        ids, self._marks_gone = self._marks_gone, []
        if ids:
            self._unmark_each(ids)

    def _unmark_each(self, ids: Sequence[str]) -> None:
        """Unmark all at once; one bad id refuses the whole call, and is found by halving."""
        try:
            self._ec2.delete_tags(Resources=list(ids), Tags=[{"Key": key} for key in (EXPIRES_AFTER, EXPIRING[0])])
        except ClientError as error:
            code = error.response["Error"]["Code"]
            is_hopeless = code in BUSY or code in _DENIED or not self._has_time()
            if is_hopeless or (len(ids) == 1 and code not in _LATER):
                for one in ids:
                    self.tally.fail(one, error)
            elif len(ids) > 1:
                self._unmark_each(ids[: len(ids) // 2])
                self._unmark_each(ids[len(ids) // 2 :])
        else:
            self.tally.unmarked += len(ids)
