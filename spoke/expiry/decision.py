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


def as_disk(disk: Backup, rules: Rules, *, is_going: bool) -> Decision:
    """Return the step with a disk of a registered image: past its own date too, it bears a mark while its image does.

    Once its image is gone, `decided` says what becomes of it.
    """
    has_mark = EXPIRES_AFTER in disk.tags
    delete_on = _delete_on(disk)
    if is_going and delete_on is not None and delete_on < rules.today:
        return Decision(Step.NONE if has_mark else Step.MARK, is_due=True)
    return Decision(Step.UNMARK if has_mark else Step.NONE)


def _delete_on(backup: Backup) -> date | None:
    """Return the day of what may go at all; None: `Retention` and `DeleteOn` do not both say when it may."""
    if backup.owner or backup.is_held or backup.tags.get(RETENTION, "").strip().lower() == FOREVER:
        return None
    try:
        backup.days()
        return backup.delete_on()
    except RetentionError:
        return None


def _kept(backup: Backup, decision: Decision) -> Decision:
    """Return the decision about what stays; a mark on it goes, so that the wait begins anew."""
    is_ours = EXPIRES_AFTER in backup.tags and not backup.owner
    return msgspec.structs.replace(decision, step=Step.UNMARK) if is_ours else decision


def _by(user: str) -> str:
    return f"used by {user}" if user else ""


def _launched(backup: Backup, rules: Rules) -> str:
    is_recent = backup.launched and backup.launched > rules.today - rules.launched_within
    return "launched lately" if is_recent else ""
