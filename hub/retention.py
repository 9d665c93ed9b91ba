"""Which runs of the jobs on images and snapshots failed, and which did not come."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import msgspec

from contract.catalogue import DetectionText
from contract.clock import iso
from contract.finding import Finding, detection_finding_id
from contract.names import Names, partition_of
from contract.spoke_events import Job
from hub.own_findings import RETENTION_FAILED, RETENTION_OVERDUE
from hub.store.accounts import Account
from hub.store.retention import LastRun

# A run may come so much later than its schedule says.
PATIENCE = timedelta(hours=1)
_FUNCTIONS = {Job.TAGGING: "backup_tagger", Job.EXPIRY: "expiry"}
_MINUTE = 16


class Expected(msgspec.Struct, frozen=True):
    """Which jobs run, how often at least, and since when the hub knows that each should (`contract.clock.iso` text)."""

    jobs: tuple[Job, ...]
    interval: timedelta
    since: Mapping[Job, str] = {}


def retention_findings(
    accounts: Iterable[Account], runs: Iterable[LastRun], expected: Expected, names: Names, moment: datetime
) -> Iterator[Finding]:
    """Yield a finding for each job whose last run failed, and for each that has not run in time."""
    # Of each only what is needed: there may be hundreds of thousands.
    covered = {account.id: account.covered_since for account in accounts if account.covered_since}
    heard: dict[tuple[str, str, Job], str] = {}
    for run in runs:
        account, region, job = run.report.account, run.report.region, run.report.job
        if region not in covered.get(account, {}) or job not in expected.jobs:
            continue
        heard[account, region, job] = run.seen_at
        if run.is_failed:
            yield _failed(run, names, iso(moment))
    for job in expected.jobs:
        yield from _overdue(job, covered, heard, expected, names, moment)


def _overdue(  # noqa: PLR0913, PLR0917 - what is expected of whom
    job: Job,
    covered: Mapping[str, Mapping[str, str]],
    heard: Mapping[tuple[str, str, Job], str],
    expected: Expected,
    names: Names,
    moment: datetime,
) -> Iterator[Finding]:
    for account, regions in sorted(covered.items()):
        for region, covered_since in sorted(regions.items()):
            last = heard.get((account, region, job), "")
            due = (
                datetime.fromisoformat(max(last, covered_since, expected.since.get(job, "")))
                + expected.interval
                + PATIENCE
            )
            if moment > due:
                said = f"last run {last[:_MINUTE].replace('T', ' ')} UTC" if last else "it never ran"
                words = {"account": account, "region": region, "job": job.value, "last": said}
                yield _finding(RETENTION_OVERDUE, job, words, names, iso(due), iso(moment), {})


def _failed(run: LastRun, names: Names, moment: str) -> Finding:
    report = run.report
    what = "came to no end" if report.error else f"could do nothing about {report.failed}"
    words = {"account": report.account, "region": report.region, "job": report.job.value, "what": what}
    details = {
        "reason": report.error,
        "failed": report.failed,
        "resources": {one.id: one.reason for one in report.failures},
        "run": report.run,
    }
    return _finding(RETENTION_FAILED, report.job, words, names, run.seen_at, moment, details)


def _finding(  # noqa: PLR0913, PLR0917 - a finding is this list
    text: DetectionText,
    job: Job,
    words: Mapping[str, str],
    names: Names,
    since: str,
    moment: str,
    details: Mapping[str, object],
) -> Finding:
    """Return the finding about a job's function: one for each account and Region."""
    account, region = words["account"], words["region"]
    function = names.spoke_function(_FUNCTIONS[job])
    resource = f"arn:{partition_of(region)}:lambda:{region}:{account}:function:{function}"
    return Finding(
        id=detection_finding_id(text.family, "", resource, is_attempt=False),
        detection=text.id,
        title=text.title.format(**words),
        severity=text.severity,
        account=account,
        region=region,
        resource=resource,
        resources=(resource,),
        family=text.family,
        first_seen=since,
        updated_at=since,
        observed_at=moment,
        details={key: held for key, held in details.items() if held},
    )
