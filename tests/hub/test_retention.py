"""Runs over images and snapshots as the hub follows them: which failed, which did not come, what is past its date."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from contract.clock import iso
from contract.names import Names
from contract.spoke_events import BackupFailure, Job, RetentionReport
from hub.retention import Expected, retention_findings
from hub.store.accounts import Account
from hub.store.retention import LastRun, RetentionStore
from hub.store.retention_overview import overview_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHOP, PAYMENTS = "444455556666", "777788889999"
LONG_AGO = dict.fromkeys(Job, iso(NOW - timedelta(days=30)))
DAILY = Expected((Job.TAGGING,), timedelta(days=1), LONG_AGO)


def account(id_: str, since: timedelta = timedelta(days=60)) -> Account:
    return Account(id=id_, name=id_, covered_since={"eu-central-1": iso(NOW - since)})


def report(account_: str = SHOP, job: Job = Job.TAGGING, **more: Any) -> RetentionReport:
    usual = {"region": "eu-central-1", "version": "0.1.0", "run": "1", "interval_seconds": 86_400}
    return RetentionReport(account=account_, job=job, **{**usual, **more})


def ran(ago: timedelta = timedelta(hours=1), **more: Any) -> LastRun:
    return LastRun(report(**more), iso(NOW - ago))


def found(runs: list[LastRun], expected: Expected = DAILY, *accounts: Account) -> list[tuple[str, str]]:
    given = retention_findings(accounts or (account(SHOP),), runs, expected, Names(), NOW)
    return [(one.detection, one.title) for one in given]


@pytest.fixture
def store(dynamodb: "DynamoDBClient") -> RetentionStore:
    return RetentionStore(dynamodb, "state")


def test_a_good_run_in_time_is_nothing_to_tell() -> None:
    assert found([ran()]) == []
    assert found([ran(timedelta(hours=25))]) == []


def test_a_run_that_does_not_come_within_the_schedule_and_an_hour_is_told() -> None:
    (late,) = found([ran(timedelta(hours=25, minutes=1))])
    assert late[0] == "muster.retention_overdue"
    assert late[1].startswith(
        f"The tagging of images and snapshots of account {SHOP} in eu-central-1 did not run in time"
    )
    assert late[1].endswith(": last run 2026-11-19 10:59 UTC")


def test_a_spoke_that_never_ran_has_a_day_from_when_it_is_expected() -> None:
    (never,) = found([])
    assert never[1].endswith("it never ran")
    assert found([], DAILY, account(SHOP, timedelta(hours=3))) == []
    recent = msgspec.structs.replace(DAILY, since={Job.TAGGING: iso(NOW - timedelta(hours=3))})
    assert found([], recent) == []


def test_an_expiry_that_does_not_run_is_told_too_from_when_it_is_expected() -> None:
    both = Expected((Job.TAGGING, Job.EXPIRY), timedelta(days=1), LONG_AGO)
    (late,) = found([ran()], both)
    assert late[1].startswith("The expiry of images and snapshots")
    young = msgspec.structs.replace(both, since={**LONG_AGO, Job.EXPIRY: iso(NOW)})
    assert found([ran()], young) == []


def test_what_is_not_covered_or_not_asked_for_any_more_is_not_waited_for() -> None:
    failed = ran(error="ClientError: no")
    assert found([failed], DAILY, Account(id=SHOP, name="gone")) == []
    assert found([failed], Expected((), timedelta())) == []
    assert found([ran(), ran(job=Job.EXPIRY, error="no")]) == []


def test_a_run_that_failed_is_told_with_the_reason() -> None:
    broken = ran(error="ClientError: no")
    (one,) = retention_findings((account(SHOP),), [broken], DAILY, Names(), NOW)
    assert one.title == f"The tagging of images and snapshots of account {SHOP} in eu-central-1 came to no end"
    assert one.details == {"reason": "ClientError: no", "run": "1"}
    assert one.resource == f"arn:aws:lambda:eu-central-1:{SHOP}:function:muster-spoke-backup-tagger"
    partly = ran(failed=1, failures=(BackupFailure("snap-1", "no"),))
    (other,) = retention_findings((account(SHOP),), [partly], DAILY, Names(), NOW)
    assert (other.id, other.details["resources"]) == (one.id, {"snap-1": "no"})


def test_both_jobs_have_findings_of_their_own() -> None:
    both = msgspec.structs.replace(DAILY, jobs=(Job.TAGGING, Job.EXPIRY))
    given = [ran(error="no"), ran(job=Job.EXPIRY, error="no")]
    ids = {one.id for one in retention_findings((account(SHOP),), given, both, Names(), NOW)}
    assert len(ids) == 2


def test_the_last_report_of_each_job_is_kept(store: RetentionStore) -> None:
    assert store.record(report(run="1"), NOW)
    assert not store.record(report(run="0"), NOW - timedelta(hours=1))
    assert store.record(report(run="2"), NOW + timedelta(hours=1))
    assert store.record(report(job=Job.EXPIRY, run="3"), NOW)
    assert sorted((one.report.job, one.report.run) for one in store.each()) == [("expiry", "3"), ("tagging", "2")]


def test_the_hub_remembers_since_when_it_expects_runs(store: RetentionStore) -> None:
    tagging, expiry = Job.TAGGING, Job.EXPIRY
    hours = [NOW + timedelta(hours=number) for number in range(3)]
    assert store.expected_since(tagging, iso(hours[0])) == iso(hours[0])
    assert store.expected_since(tagging, iso(hours[1])) == iso(hours[0])
    assert store.expected_since(expiry, iso(hours[1])) == iso(hours[1])
    store.expect_none(tagging)
    assert store.expected_since(tagging, iso(hours[2])) == iso(hours[2])
    assert store.expected_since(expiry, iso(hours[2])) == iso(hours[1])


def test_the_overview_adds_up_and_takes_the_expirys_word_for_what_is_past_its_date() -> None:
    tagging = ran(images=2, snapshots=10, snapshots_tagged=3, due=5, due_gib=40.0, due_cost=2.0, unreadable=1)
    expiry = ran(job=Job.EXPIRY, mode="delete", images=2, snapshots=10, due=5, due_gib=16.0, due_cost=0.8)
    expiry = msgspec.structs.replace(
        expiry, report=msgspec.structs.replace(expiry.report, kept={"shared": 3}, deleted=1)
    )
    other = ran(account_=PAYMENTS, images=1, snapshots=1, due=1, due_gib=8.0, due_cost=0.4, error="", failed=2)
    said = overview_of([tagging, expiry, other], NOW)
    assert (said.images, said.snapshots, said.due, said.due_gib, said.due_cost) == (3, 11, 6, 24.0, 1.2)
    assert (said.deleted, said.failed) == (1, 2)
    first, second = said.regions
    assert (first.account, first.mode, first.kept, first.tagged, first.unreadable) == (
        SHOP,
        "delete",
        {"shared": 3},
        3,
        1,
    )
    assert (second.account, second.mode) == (PAYMENTS, "")
    assert [one.account for one in overview_of([tagging, other], NOW, frozenset([PAYMENTS])).regions] == [PAYMENTS]


def test_an_expiry_that_was_switched_off_is_forgotten() -> None:
    tagging = ran(due=5, due_cost=2.0)
    old = ran(timedelta(days=3), job=Job.EXPIRY, mode="delete", due=9, due_cost=90.0)
    (one,) = overview_of([tagging, old], NOW).regions
    assert (one.due, one.mode) == (5, "")


def test_a_run_whose_time_was_up_leaves_the_figures_of_the_other_job() -> None:
    cut = ran(job=Job.EXPIRY, mode="report", images=10, due=1, due_cost=0.1, is_whole=False)
    (one,) = overview_of([ran(images=500, due=5, due_cost=2.0), cut], NOW).regions
    assert (one.images, one.due, one.due_cost, one.mode, one.is_whole) == (500, 5, 2.0, "report", True)
    (alone,) = overview_of([cut], NOW).regions
    assert (alone.due, alone.is_whole) == (1, False)


def test_a_failed_run_leaves_the_figures_of_the_other_job() -> None:
    broken = ran(job=Job.EXPIRY, error="no", due=0)
    (one,) = overview_of([ran(due=5, due_cost=2.0), broken], NOW).regions
    assert (one.due, one.errors) == (5, ("no",))
