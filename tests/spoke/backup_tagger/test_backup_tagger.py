"""The backup tagger's function, seen from AWS: which dates it writes, how often, and what it does when things fail."""

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest

from spoke.backup_tagger import handler, run
from spoke.retention_runs import RunFailedError
from tests.ec2 import FakeEc2, refusal

QUEUE = "https://queue.example/muster-spoke-backup-tagger-dlq"
AMI, OTHER_AMI = "ami-0123456789abcdef0", "ami-0123456789abcdef1"
Answer = dict[str, Any]
Tag = Callable[..., Answer]


def snap(number: int) -> str:
    return f"snap-{number:017x}"


@pytest.fixture
def ec2() -> FakeEc2:
    return FakeEc2()


@pytest.fixture
def tag_backups(aws: Any, ec2: FakeEc2, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tag]:
    """Return the function as Lambda would call it."""
    variables = {
        "HUB_BUS_ARN": "arn:aws:events:us-east-1:999999999999:event-bus/muster",
        "BACKUP_DEAD_LETTER_QUEUE_URL": QUEUE,
        "ARTEFACT_BUCKET": "muster-artefacts",
        "RETENTION": "90days",
        "BACKUP_INTERVAL_SECONDS": "86400",
        "BACKUP_TAGS": '{"CostCenter": "IT-Operations"}',
    }
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    aws.answers["get_object"] = lambda **_: {"Body": BytesIO(b"{}")}
    monkeypatch.setattr(
        handler, "client", lambda service, region: ec2 if service == "ec2" else aws.client(service, region)
    )
    monkeypatch.setattr(handler, "today", lambda: date(2026, 11, 27))
    handler._settings.cache_clear()
    yield lambda event={}: json.loads(json.dumps(handler.tag_backups_handler(event, context)))
    handler._settings.cache_clear()


def report(aws: Any) -> Answer:
    (sent,) = aws.named("put_events")
    (entry,) = sent["Entries"]
    assert (entry["Source"], entry["DetailType"]) == ("muster.spoke", "Muster Retention Report")
    detail: Answer = json.loads(entry["Detail"])
    return detail


def test_the_date_follows_from_the_creation(tag_backups: Tag, ec2: FakeEc2) -> None:
    ec2.snapshot(snap(1), "2026-11-01")
    tag_backups()
    assert ec2.tags(snap(1)) == {"Retention": "90days", "DeleteOn": "2027-01-30", "CostCenter": "IT-Operations"}


def test_ten_daily_runs_leave_the_same_date_and_nine_of_them_write_nothing(
    tag_backups: Tag, ec2: FakeEc2, monkeypatch: pytest.MonkeyPatch
) -> None:
    ec2.image(AMI, "2026-11-01", snap(1))
    ec2.snapshot(snap(1), "2026-11-01")
    ec2.snapshot(snap(2), "2026-06-30")
    first: dict[str, Any] = {}
    for day in range(10):
        monkeypatch.setattr(handler, "today", lambda day=day: date(2026, 11, 27) + timedelta(days=day))
        tag_backups()
        tags = {one: ec2.tags(one) for one in (AMI, snap(1), snap(2))}
        first = first or tags
        assert tags == first
    assert first[snap(2)]["DeleteOn"] == "2026-09-28"
    assert ec2.calls["CreateTags"] == 2


def test_the_answer_is_the_seeds_and_counts_by_date(tag_backups: Tag, ec2: FakeEc2) -> None:
    ec2.image(AMI, "2026-11-01", snap(1))
    ec2.snapshot(snap(1), "2026-11-02")
    ec2.snapshot(snap(2), "2026-11-27")
    answer = tag_backups()
    assert answer == {
        "statusCode": 200,
        "message": "Successfully tagged 1 AMIs and 2 snapshots",
        "amis_tagged": 1,
        "snapshots_tagged": 2,
        "retention_days": 90,
        "delete_on": "2027-02-25",
        "delete_on_counts": {"2027-01-30": 2, "2027-02-25": 1},
        "skipped": {},
        "unreadable": 0,
        "failed": 0,
    }


def test_an_own_retention_stands_above_the_accounts_and_is_not_written_again(
    tag_backups: Tag, aws: Any, ec2: FakeEc2
) -> None:
    aws.answers["get_object"] = lambda **_: {"Body": BytesIO(b'{"retention": "30days"}')}
    ec2.snapshot(snap(1), "2026-11-01", {"Retention": "365days"})
    ec2.snapshot(snap(2), "2026-11-01")
    tag_backups()
    assert ec2.tags(snap(1)) == {"Retention": "365days", "DeleteOn": "2027-11-01", "CostCenter": "IT-Operations"}
    assert ec2.tags(snap(2))["DeleteOn"] == "2026-12-01"


def test_an_account_may_keep_everything(tag_backups: Tag, aws: Any, ec2: FakeEc2) -> None:
    aws.answers["get_object"] = lambda **_: {"Body": BytesIO(b'{"retention": "forever"}')}
    ec2.snapshot(snap(1), "2026-11-01")
    answer = tag_backups()
    assert ec2.tags(snap(1)) == {"Retention": "forever", "CostCenter": "IT-Operations"}
    assert (answer["retention_days"], answer["delete_on"]) == (None, None)
    tag_backups()
    assert ec2.calls["CreateTags"] == 1


def test_settings_that_cannot_be_read_end_the_run_for_a_date_is_written_once(
    tag_backups: Tag, aws: Any, ec2: FakeEc2
) -> None:
    aws.answers["get_object"] = lambda **_: {"Body": BytesIO(b"no JSON")}
    ec2.snapshot(snap(1), "2026-11-01")
    with pytest.raises(RunFailedError, match="the account's settings"):
        tag_backups()
    assert ec2.tags(snap(1)) == {}


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"aws:backup:source-resource": "arn"}, "of AWS Backup"),
        ({"aws:dlm:lifecycle-policy-id": "policy-1"}, "of Data Lifecycle Manager"),
        ({"dlm:managed": "true"}, "of Data Lifecycle Manager"),
        ({"LegalHold": ""}, "legal hold"),
        ({"Retention": "forever"}, "forever"),
        ({"Retention": "seven years"}, "unreadable"),
        ({"DeleteOn": "soon"}, "unreadable"),
    ],
)
def test_what_is_not_ours_to_tag_is_left_alone_with_its_disks(
    tag_backups: Tag, ec2: FakeEc2, tags: dict[str, str], reason: str
) -> None:
    ec2.snapshot(snap(1), "2026-11-01", tags)
    assert tag_backups()["skipped"] == {reason: 1}
    assert ec2.tags(snap(1)) == tags


def test_a_disk_follows_its_image_and_of_several_the_one_that_is_kept_longest(tag_backups: Tag, ec2: FakeEc2) -> None:
    ec2.image(AMI, "2026-11-01", snap(1), snap(2), tags={"Retention": "10days"})
    ec2.image(OTHER_AMI, "2026-11-20", snap(2), tags={"DeleteOn": "2029-01-01"})
    ec2.snapshot(snap(1), "2026-10-01")
    ec2.snapshot(snap(2), "2026-10-01")
    tag_backups()
    assert ec2.tags(snap(1))["DeleteOn"] == "2026-11-11"
    assert ec2.tags(snap(2))["DeleteOn"] == "2029-01-01"


def test_disks_of_an_image_that_is_held_get_no_date(tag_backups: Tag, ec2: FakeEc2) -> None:
    ec2.image(AMI, "2026-11-01", snap(1), tags={"LegalHold": "case 12"}, State="disabled")
    ec2.snapshot(snap(1), "2026-10-01")
    assert tag_backups()["skipped"] == {"legal hold": 2}
    assert ec2.calls["CreateTags"] == 0


def test_a_bad_id_is_found_by_halving_and_told_by_id(
    tag_backups: Tag, aws: Any, ec2: FakeEc2, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(450):
        ec2.snapshot(snap(number), "2026-11-01")
    ec2.bad = {snap(77)}
    answer = tag_backups()
    assert (answer["statusCode"], answer["snapshots_tagged"], answer["failed"]) == (200, 449, 1)
    assert ec2.largest == 200
    assert ec2.calls["CreateTags"] <= 3 + 2 * 8
    assert report(aws)["failures"] == [{"id": snap(77), "reason": "InvalidID: no"}]
    logged = [vars(one) for one in caplog.records]
    assert [one["resource"] for one in logged if one["message"] == "not tagged"] == [snap(77)]
    assert sum(one["resources"] for one in logged if one["message"] == "tagged") == 449


def test_what_vanishes_meanwhile_is_no_failure(tag_backups: Tag, ec2: FakeEc2) -> None:
    ec2.snapshot(snap(1), "2026-11-01")

    def vanish(call: str) -> None:
        if call == "CreateTags":
            raise refusal("InvalidSnapshot.NotFound", call)

    ec2.before = vanish
    assert tag_backups()["failed"] == 0


def test_a_role_that_may_tag_nothing_ends_the_run_instead_of_asking_for_each(tag_backups: Tag, ec2: FakeEc2) -> None:
    for number in range(5_000):
        ec2.snapshot(snap(number), "2026-11-01")

    def deny(call: str) -> None:
        if call == "CreateTags":
            raise refusal("UnauthorizedOperation", call)

    ec2.before = deny
    with pytest.raises(RunFailedError):
        tag_backups()
    assert ec2.calls["CreateTags"] < 100


def test_a_busy_ec2_is_waited_for(tag_backups: Tag, ec2: FakeEc2, monkeypatch: pytest.MonkeyPatch) -> None:
    ec2.snapshot(snap(1), "2026-11-01")
    pauses: list[float] = []
    monkeypatch.setattr(run, "Writer", lambda *given: _writer(*given, pauses.append))

    def throttle(call: str) -> None:
        if call == "CreateTags" and ec2.calls[call] < 4:
            raise refusal("RequestLimitExceeded", call)

    ec2.before = throttle
    assert tag_backups()["snapshots_tagged"] == 1
    assert pauses == [1.0, 2.0, 4.0]


_writer = run.Writer


def test_a_failed_run_answers_500_raises_and_tells_the_hub(tag_backups: Tag, aws: Any, ec2: FakeEc2) -> None:
    def fail(call: str) -> None:
        raise refusal("InternalFailure", call)

    ec2.before = fail
    with pytest.raises(RunFailedError) as raised:
        tag_backups()
    answer = json.loads(str(raised.value))
    assert answer["statusCode"] == 500
    assert answer["message"].startswith("Error in lambda execution: ClientError: ")
    assert "InternalFailure" in report(aws)["error"]


def test_the_hub_hears_what_was_done_and_what_is_past_its_date(tag_backups: Tag, aws: Any, ec2: FakeEc2) -> None:
    ec2.image(AMI, "2026-01-01", snap(1))
    ec2.snapshot(snap(1), "2026-01-01")
    kept = {"Retention": "90days"}
    ec2.snapshot(snap(2), "2026-01-01", {**kept, "DeleteOn": "2026-11-26"}, StorageTier="archive")
    ec2.snapshot(snap(3), "2026-01-01", {**kept, "DeleteOn": "2026-11-27"}, FullSnapshotSizeInBytes=2**30)
    # A date without Retention, which the expiry would never take for its word.
    ec2.snapshot(snap(4), "2026-01-01", {"DeleteOn": "2026-11-26"})
    tag_backups()
    said = report(aws)
    assert (said["account"], said["region"], said["job"], said["interval_seconds"]) == (
        *("111122223333", "eu-central-1"),
        *("tagging", 86_400),
    )
    assert (said["images"], said["snapshots"], said["amis_tagged"], said["snapshots_tagged"]) == (1, 4, 1, 1)
    assert (said["due"], said["due_gib"], said["due_cost"]) == (3, 16.0, 0.5)
    assert said["examples"][0] == {"id": AMI, "delete_on": "2026-04-01", "gib": 0.0, "kept": ""}
    assert said["peak_memory_mb"] > 10


def test_a_report_that_the_hub_refuses_waits(tag_backups: Tag, aws: Any, ec2: FakeEc2) -> None:
    ec2.snapshot(snap(1), "2026-11-01")
    aws.refuse("put_events", "AccessDeniedException")
    assert tag_backups()["statusCode"] == 200
    (parked,) = aws.named("send_message")
    assert parked["QueueUrl"] == QUEUE
    assert json.loads(parked["MessageBody"])["DetailType"] == "Muster Retention Report"


def test_more_than_an_invocation_holds_is_handed_on_until_all_is_tagged(
    tag_backups: Tag, aws: Any, ec2: FakeEc2, context: SimpleNamespace
) -> None:
    ec2.image(AMI, "2026-11-01", snap(2_500))
    for number in range(3_000):
        ec2.snapshot(snap(number), "2026-11-02")
    # Enough for one page each.
    context.get_remaining_time_in_millis = lambda: 60_000
    answers = [tag_backups()]
    while aws.named("invoke")[len(answers) - 1 :]:
        (call,) = aws.named("invoke")[len(answers) - 1 :]
        assert (call["FunctionName"], call["InvocationType"]) == (context.invoked_function_arn, "Event")
        answers.append(tag_backups(json.loads(call["Payload"])))
    assert [one["statusCode"] for one in answers] == [202, 202, 200]
    assert (answers[-1]["amis_tagged"], answers[-1]["snapshots_tagged"]) == (1, 3_000)
    assert answers[-1]["delete_on_counts"] == {"2027-01-30": 2, "2027-01-31": 2_999}
    assert (report(aws)["snapshots"], report(aws)["images"]) == (3_000, 1)


def test_an_invocation_that_runs_out_of_time_begins_again_without_writing_twice(
    tag_backups: Tag, aws: Any, ec2: FakeEc2, context: SimpleNamespace
) -> None:
    for number in range(600):
        ec2.snapshot(snap(number), "2026-11-02")
    left = iter([100_000] * 2)
    context.get_remaining_time_in_millis = lambda: next(left, 10_000)
    assert tag_backups()["statusCode"] == 202
    written = ec2.calls["CreateTags"]
    assert 0 < written < 3
    context.get_remaining_time_in_millis = lambda: 100_000
    answer = tag_backups(json.loads(aws.named("invoke")[0]["Payload"]))
    assert answer["snapshots_tagged"] == 600
    assert ec2.calls["CreateTags"] == 3


def test_a_run_without_an_end_is_told_and_not_tried_again(
    tag_backups: Tag, aws: Any, ec2: FakeEc2, context: SimpleNamespace
) -> None:
    ec2.snapshot(snap(1), "2026-11-02")
    context.get_remaining_time_in_millis = lambda: 1_000
    event: dict[str, Any] = {}
    for step in range(11):
        tag_backups(event)
        event = json.loads(aws.named("invoke")[step]["Payload"])
    tag_backups(event)
    assert report(aws)["error"] == "no end after 12 invocations; the next run goes on"
    assert len(aws.named("invoke")) == 11


def test_a_cursor_that_is_too_old_begins_and_counts_anew(tag_backups: Tag, aws: Any, ec2: FakeEc2) -> None:
    ec2.snapshot(snap(1), "2026-11-02")

    def age(call: str) -> None:
        if call == "DescribeSnapshots" and ec2.calls[call] == 1:
            raise refusal("InvalidNextToken", call)

    ec2.before = age
    tally = {"snapshots": 1_000, "snapshots_tagged": 1_000, "due": 7, "due_cost": 3.0}
    begun = {"run": "1", "started_at": "2026-11-27T00:00:00.000000Z", "cursor": "1000", "step": 2}
    assert tag_backups({"run": {**begun, "tally": tally}})["snapshots_tagged"] == 1_001
    said = report(aws)
    assert (said["snapshots"], said["due"], said["due_cost"]) == (1, 0, 0)
