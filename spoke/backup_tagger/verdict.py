"""What the tagger makes of an image or snapshot: which tags it lacks, or why it gets none."""

from collections.abc import Iterable
from datetime import date

import msgspec

from contract.names import DELETE_ON, RETENTION
from contract.retention import FOREVER, RetentionError, day_of, days_of, kept_until
from spoke.backups import AWS_BACKUP, LIFECYCLE_MANAGER, Backup

HELD = "legal hold"
UNREADABLE = "unreadable"
UNDATED = "AWS does not say when it was created"
# Such an image's disks get no date either.
_NOBODY_KNOWS = {UNREADABLE, UNDATED, HELD, AWS_BACKUP, LIFECYCLE_MANAGER}


class Policy(msgspec.Struct, frozen=True):
    """What holds for what has no `Retention` of its own, and tags that each gets beside it."""

    retention: str
    extra: dict[str, str] = {}


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What one gets: the tags that it lacks, and until when it is kept (ISO; empty: for ever, or nobody knows).

    `skipped` is the reason why it gets none, `unreadable` what its own tags say that nobody understands.
    """

    tags: dict[str, str] = {}
    retention: str = ""
    delete_on: str = ""
    skipped: str = ""
    unreadable: str = ""


def judged(backup: Backup, policy: Policy, above: Verdict | None = None) -> Verdict:
    """Return what a backup gets; `above` is what the image got whose disk the snapshot is.

    Its own hold stands above all, then its image, then its own `Retention`, then the policy. A tag that is there is
    never written again.
    """
    if why := backup.owner or (HELD if backup.is_held else ""):
        return Verdict(skipped=why)
    try:
        return _read(backup, policy, above)
    except RetentionError as error:
        return Verdict(skipped=UNREADABLE, unreadable=str(error))


def _read(backup: Backup, policy: Policy, above: Verdict | None) -> Verdict:
    own = days_of(backup.tags[RETENTION]) if RETENTION in backup.tags else 0
    if own is None:
        return Verdict(retention=FOREVER, skipped=FOREVER)
    if stands := backup.delete_on():
        return Verdict(retention=backup.tags.get(RETENTION, ""), delete_on=stands.isoformat(), skipped="has its date")
    if above:
        # Without an image's date, there is none for its disks.
        return above if above.skipped in _NOBODY_KNOWS else _lacking(backup, policy, above.retention, above.delete_on)
    retention = backup.tags.get(RETENTION, policy.retention)
    days = own or days_of(retention)
    if days is None:
        return _lacking(backup, policy, FOREVER, "")
    if not backup.created:
        return Verdict(skipped=UNDATED)
    return _lacking(backup, policy, retention, kept_until(backup.created, days).isoformat())


def _lacking(backup: Backup, policy: Policy, retention: str, delete_on: str) -> Verdict:
    wanted = {RETENTION: retention, **({DELETE_ON: delete_on} if delete_on else {}), **policy.extra}
    lacking = {key: value for key, value in wanted.items() if value and key not in backup.tags}
    return Verdict(tags=lacking, retention=retention, delete_on=delete_on)


class Disks:
    """Which snapshots are disks of images, and what they follow: a few hundred bytes for each."""

    def __init__(self) -> None:
        """Know of no image."""
        self._followed: dict[str, Verdict] = {}

    def note(self, disks: Iterable[str], verdict: Verdict) -> None:
        """Let snapshots follow their image; a disk of several follows the one that is kept longest."""
        followed = msgspec.structs.replace(verdict, tags={}, unreadable="")
        for disk in disks:
            other = self._followed.get(disk)
            self._followed[disk] = max(other, followed, key=_rank) if other else followed

    def above(self, snapshot: str) -> Verdict | None:
        """Return what a snapshot follows; None: it stands by itself."""
        return self._followed.get(snapshot)


def _rank(verdict: Verdict) -> tuple[bool, bool, str]:
    return verdict.skipped in _NOBODY_KNOWS, not verdict.delete_on, verdict.delete_on


def due_since(verdict: Verdict, today: date) -> bool:
    """Return whether what is kept until a day is past it; a date without a `Retention` is nobody's word for it."""
    return bool(verdict.delete_on and verdict.retention) and day_of(verdict.delete_on) < today
