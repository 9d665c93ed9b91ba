"""Images and snapshots of the organization, from their spokes' last reports: what is past its date, what failed."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from contract.spoke_events import BackupFailure, DueBackup, Job, RetentionReport
from hub.store.retention import LastRun

_PATIENCE = timedelta(days=1)


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An account's Region: how many are kept and past their date, at what cost (dollars a month, at most).

    `due` and its cost are of the expiry's report, where there is a whole one: it knows what is in use (`kept`, by
    reason). `is_whole`: the figures are of all of the Region's images and snapshots.
    """

    account: str
    region: str
    last_run: str
    images: int
    snapshots: int
    tagged: int
    due: int
    due_gib: float
    due_cost: float
    mode: str = ""
    is_whole: bool = True
    kept: dict[str, int] = {}
    marked: int = 0
    deleted: int = 0
    saved: float = 0
    unreadable: int = 0
    failed: int = 0
    errors: tuple[str, ...] = ()
    failures: tuple[BackupFailure, ...] = ()
    examples: tuple[DueBackup, ...] = ()


class RetentionOverview(msgspec.Struct, frozen=True, kw_only=True):
    """The organization: in all, and by account and Region, the dearest first."""

    images: int
    snapshots: int
    due: int
    due_gib: float
    due_cost: float
    deleted: int
    saved: float
    failed: int
    regions: tuple[Kept, ...]


def overview_of(runs: Iterable[LastRun], moment: datetime, accounts: frozenset[str] = frozenset()) -> RetentionOverview:
    """Return the overview of the last runs, or of those of some accounts, at a moment.

    An expiry that was switched off leaves its last report behind: what should have come again and did not is left out.
    """
    by_place: dict[tuple[str, str], dict[Job, LastRun]] = {}
    for run in runs:
        if (not accounts or run.report.account in accounts) and not _is_over(run, moment):
            by_place.setdefault((run.report.account, run.report.region), {})[run.report.job] = run
    regions = sorted(map(_kept, by_place.values()), key=lambda one: (-one.due_cost, -one.due, one.account, one.region))
    return RetentionOverview(
        images=sum(one.images for one in regions),
        snapshots=sum(one.snapshots for one in regions),
        due=sum(one.due for one in regions),
        due_gib=round(sum(one.due_gib for one in regions), 1),
        due_cost=round(sum(one.due_cost for one in regions), 2),
        deleted=sum(one.deleted for one in regions),
        saved=round(sum(one.saved for one in regions), 2),
        failed=sum(one.failed for one in regions),
        regions=tuple(regions),
    )


def _is_over(run: LastRun, moment: datetime) -> bool:
    due = datetime.fromisoformat(run.seen_at) + timedelta(seconds=run.report.interval_seconds) + _PATIENCE
    return run.report.job is Job.EXPIRY and moment > due


def _kept(jobs: dict[Job, LastRun]) -> Kept:
    runs = [jobs[job] for job in Job if job in jobs]
    reports = [one.report for one in runs]
    # Of one that came to no end, or whose time was up, the figures are a part.
    told = _last_whole(reports)
    tagging, first, expiry = jobs.get(Job.TAGGING), reports[0], jobs.get(Job.EXPIRY)
    done = expiry.report if expiry else first
    return Kept(
        account=first.account,
        region=first.region,
        last_run=max(one.seen_at for one in runs),
        images=told.images,
        snapshots=told.snapshots,
        tagged=tagging.report.amis_tagged + tagging.report.snapshots_tagged if tagging else 0,
        due=told.due,
        due_gib=told.due_gib,
        due_cost=told.due_cost,
        mode=done.mode,
        is_whole=told.is_whole and not told.error,
        kept=done.kept,
        marked=done.marked,
        deleted=done.deleted,
        saved=done.deleted_cost,
        unreadable=tagging.report.unreadable if tagging else 0,
        failed=sum(one.failed for one in reports),
        errors=tuple(one.error for one in reports if one.error),
        failures=tuple(failure for one in reports for failure in one.failures),
        examples=told.examples,
    )


def _last_whole(reports: list[RetentionReport]) -> RetentionReport:
    whole = [one for one in reports if not one.error and one.is_whole]
    return whole[-1] if whole else reports[0]
