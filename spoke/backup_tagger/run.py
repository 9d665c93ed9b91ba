"""One run over an account's images and snapshots, as many invocations as it takes."""

from collections import Counter
from collections.abc import Callable, Iterable
from copy import deepcopy
from datetime import date
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from contract.spoke_events import MOST_EXAMPLES, BackupFailure, DueBackup
from spoke.backup_tagger.verdict import Disks, Policy, Verdict, due_since, judged
from spoke.backups import Backup, Kind, earliest, images, snapshots
from spoke.tag_writing import Outcome, OutOfTimeError, SecondsLeft, Writer

# A page is read, and its full batches are written, within so many seconds.
_SECONDS_A_PAGE = 60.0
_STALE = {"InvalidNextToken", "InvalidParameterValue"}


class Tally(msgspec.Struct):
    """What a run did so far; an invocation hands it on to the next."""

    images: int = 0
    snapshots: int = 0
    amis_tagged: int = 0
    snapshots_tagged: int = 0
    unreadable: int = 0
    failed: int = 0
    failures: list[BackupFailure] = []
    delete_on: dict[str, int] = {}
    skipped: dict[str, int] = {}
    due: int = 0
    due_gib: float = 0
    due_cost: float = 0
    examples: list[DueBackup] = []

    def count(self, backup: Backup, verdict: Verdict, today: date, gib_price: float) -> None:
        """Count what was looked at, and what became of it."""
        if backup.kind is Kind.IMAGE:
            self.images += 1
        else:
            self.snapshots += 1
        if verdict.unreadable:
            self.unreadable += 1
        if verdict.skipped:
            self.skipped[verdict.skipped] = self.skipped.get(verdict.skipped, 0) + 1
        if verdict.delete_on:
            self.delete_on[verdict.delete_on] = self.delete_on.get(verdict.delete_on, 0) + 1
        if due_since(verdict, today):
            self.due += 1
            self.due_gib += backup.gib
            self.due_cost += backup.gib * backup.price_share * gib_price
            example = DueBackup(backup.id, verdict.delete_on, round(backup.gib, 1))
            self.examples = earliest([*self.examples, example])

    def note(self, outcome: Outcome) -> None:
        """Count what a batch came to."""
        kinds = Counter(one.startswith("ami-") for one in outcome.tagged)
        self.amis_tagged += kinds[True]
        self.snapshots_tagged += kinds[False]
        self.failed += len(outcome.failed)
        self.failures = [*self.failures, *outcome.failed][:MOST_EXAMPLES]


class Limits(msgspec.Struct, frozen=True):
    """What a run is measured by: the policy, the day, a GiB's price a month, and the invocation's time."""

    policy: Policy
    today: date
    gib_price: float
    seconds_left: SecondsLeft


Tell = Callable[[Outcome], None]


class _StaleCursorError(Exception):
    """EC2 knows a page's cursor no more."""


def tag_all(
    ec2: Any, limits: Limits, begun: Tally, cursor: str = "", tell: Tell = lambda _: None
) -> tuple[Tally, str | None]:
    """Tag what lacks its tags; return what the run did so far, and None at the end, otherwise where to go on.

    Every invocation reads the images, whose disks follow them, and the snapshots from `cursor` on. When time is up
    amid the writing, it is to be begun where this one began: what is tagged by then is not written again. A cursor that
    grew too old begins anew, and counts anew.
    """
    try:
        return _tag_all(ec2, limits, begun, cursor, tell)
    except _StaleCursorError:
        kept = Tally(amis_tagged=begun.amis_tagged, snapshots_tagged=begun.snapshots_tagged)
        return _tag_all(ec2, limits, kept, "", tell)


def _tag_all(ec2: Any, limits: Limits, begun: Tally, cursor: str, tell: Tell) -> tuple[Tally, str | None]:
    tally = deepcopy(begun)

    def note(outcome: Outcome) -> None:
        tally.note(outcome)
        tell(outcome)

    writer = Writer(ec2, limits.seconds_left, note)
    try:
        disks = _tag_images(ec2, limits, Tally() if cursor else tally, writer)
        left = _tag_snapshots(_pages(ec2, cursor), limits, tally, writer, disks)
        writer.flush()
    except OutOfTimeError:
        done = {"amis_tagged": tally.amis_tagged, "snapshots_tagged": tally.snapshots_tagged}
        return msgspec.structs.replace(deepcopy(begun), **done), cursor
    return tally, left or None


def _tag_images(ec2: Any, limits: Limits, tally: Tally, writer: Writer) -> Disks:
    disks = Disks()
    for page in images(ec2):
        for one in page:
            verdict = judged(one, limits.policy)
            disks.note(one.snapshots, verdict)
            _take(one, verdict, limits, tally, writer)
    return disks


def _tag_snapshots(
    pages: Iterable[tuple[list[Backup], str]], limits: Limits, tally: Tally, writer: Writer, disks: Disks
) -> str:
    """Tag the snapshots of as many pages as there is time for; return the cursor of the next page, empty at the end."""
    for page, following in pages:
        for one in page:
            _take(one, judged(one, limits.policy, disks.above(one.id)), limits, tally, writer)
        if following and limits.seconds_left() < _SECONDS_A_PAGE + writer.seconds_needed:
            return following
    return ""


def _pages(ec2: Any, cursor: str) -> Iterable[tuple[list[Backup], str]]:
    try:
        yield from snapshots(ec2, cursor)
    except ClientError as error:
        if cursor and error.response["Error"]["Code"] in _STALE:
            raise _StaleCursorError from error
        raise


def _take(one: Backup, verdict: Verdict, limits: Limits, tally: Tally, writer: Writer) -> None:
    tally.count(one, verdict, limits.today, limits.gib_price)
    if verdict.tags:
        writer.add(one.id, verdict.tags)
