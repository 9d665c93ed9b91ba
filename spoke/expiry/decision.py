"""What the expiry makes of an image or snapshot: nothing, mark it, take the mark away, wait, or delete it."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from contract.names import EXPIRES_AFTER, RETENTION
from contract.retention import FOREVER, RetentionError
from spoke.backups import Backup


class Step(StrEnum):
    """The next step with one."""

    NONE = "none"
    MARK = "mark"
    UNMARK = "unmark"
    WAIT = "wait"
    DELETE = "delete"


class Rules(msgspec.Struct, frozen=True):
    """The day, how long a mark stands before its bearer goes, and how long an image was not launched."""

    today: date
    wait: timedelta
    launched_within: timedelta

    @property
    def mark(self) -> date:
        """The mark of today."""
        return self.today + self.wait


class Decision(msgspec.Struct, frozen=True):
    """A step; `kept` says what speaks against deleting one that is past its date."""

    step: Step
    is_due: bool = False
    kept: str = ""


def decided(backup: Backup, rules: Rules, used: Mapping[str, str]) -> Decision:
    """Return the step with a backup that is no image's disk; `used`: id → by what.

    A mark counts only if it was set after the date had passed: whoever sets one by hand does not shorten the wait.
    """
    delete_on = _delete_on(backup)
    if delete_on is None or delete_on >= rules.today:
        return _kept(backup, Decision(Step.NONE))
    kept = backup.use or _by(used.get(backup.id, "")) or _launched(backup, rules)
    if kept:
        return _kept(backup, Decision(Step.NONE, is_due=True, kept=kept))
    mark = backup.expires_after()
    if mark is None or mark - rules.wait <= delete_on or mark > rules.mark:
        # One that stands wrong must go first: the role writes no mark over another.
        return Decision(Step.UNMARK if EXPIRES_AFTER in backup.tags else Step.MARK, is_due=True)
    return Decision(Step.WAIT if mark >= rules.today else Step.DELETE, is_due=True)


def as_disk(disk: Backup, *, is_going: bool) -> Decision:
    """Return the step with a disk of a registered image: it bears a mark while its image does, and goes after it."""
    has_mark = EXPIRES_AFTER in disk.tags
    if is_going and _delete_on(disk) is not None:
        return Decision(Step.NONE if has_mark else Step.MARK)
    return Decision(Step.UNMARK if has_mark else Step.NONE)


def _delete_on(backup: Backup) -> date | None:
    """Return the day of what may go at all; None: nobody said when, or somebody said never."""
    if backup.owner or backup.is_held or backup.tags.get(RETENTION, "").strip().lower() == FOREVER:
        return None
    try:
        backup.days()
        return backup.delete_on()
    except RetentionError:
        return None


def _kept(backup: Backup, decision: Decision) -> Decision:
    """A mark goes when its bearer stays, so that the wait begins anew."""
    is_ours = EXPIRES_AFTER in backup.tags and not backup.owner
    return msgspec.structs.replace(decision, step=Step.UNMARK) if is_ours else decision


def _by(user: str) -> str:
    return f"used by {user}" if user else ""


def _launched(backup: Backup, rules: Rules) -> str:
    is_recent = backup.launched and backup.launched > rules.today - rules.launched_within
    return "launched lately" if is_recent else ""
