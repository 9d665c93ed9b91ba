"""The expiry's function, seen from AWS: what it marks, what it deletes, and what it never touches."""

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from spoke.expiry import handler, run
from spoke.expiry.references import ids_in
from spoke.retention_runs import RunFailedError
from tests.ec2 import FakeEc2, refusal

AMI, OTHER_AMI = "ami-0123456789abcdef0", "ami-0123456789abcdef1"
TODAY = date(2026, 11, 27)
DUE = {"Retention": "90days", "DeleteOn": "2026-11-01"}
RIPE = {**DUE, "ExpiresAfter": "2026-11-20", "Expiring": "true"}
Answer = dict[str, Any]
Expire = Callable[..., Answer]


def snap(number: int) -> str:
    return f"snap-{number:017x}"


@pytest.fixture
def ec2() -> FakeEc2:
    return FakeEc2()


@pytest.fixture
def expire(aws: Any, ec2: FakeEc2, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Expire]:
    """Return the function as Lambda would call it on a day, in a mode, with other settings."""
    context.get_remaining_time_in_millis = lambda: 300_000
    variables = {
        "HUB_BUS_ARN": "arn:aws:events:us-east-1:999999999999:event-bus/muster",
        "EXPIRY_DEAD_LETTER_QUEUE_URL": "https://queue.example/muster-spoke-expiry-dlq",
        "BACKUP_INTERVAL_SECONDS": "86400",
        "EXPIRY_WAIT_DAYS": "7",
        "EXPIRY_LAUNCHED_DAYS": "90",
        "EXPIRY_PER_RUN": "100",
    }
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    for call, field in (
        ("describe_auto_scaling_groups", "AutoScalingGroups"),
        ("describe_launch_configurations", "LaunchConfigurations"),
        ("describe_parameters", "Parameters"),
        ("get_parameters", "Parameters"),
    ):
        aws.answers[call] = {field: []}
    monkeypatch.setattr(
        handler, "client", lambda service, region: ec2 if service == "ec2" else aws.client(service, region)
    )
    monkeypatch.setattr(run, "_PAUSE", 0)

    def called(day: date = TODAY, mode: str = "delete", **more: str) -> Answer:
        monkeypatch.setattr(handler, "today", lambda: day)
        for name, text in {"expiry_mode": mode, **more}.items():
            monkeypatch.setenv(name.upper(), text)
        handler._settings.cache_clear()
        answer: Answer = json.loads(json.dumps(handler.expire_handler({}, context)))
        return answer

    yield called
    handler._settings.cache_clear()


def report(aws: Any) -> Answer:
    (entry,) = aws.named("put_events")[-1]["Entries"]
    detail: Answer = json.loads(entry["Detail"])
    return detail


def test_what_is_past_its_date_is_marked_waits_seven_days_and_goes(expire: Expire, ec2: FakeEc2) -> None:
    ec2.snapshot(snap(1), "2026-08-03", DUE)
    ec2.snapshot(snap(2), "2026-08-03", {**DUE, "DeleteOn": "2026-11-27"})
    assert expire()["marked"] == 1
    assert ec2.tags(snap(1))["ExpiresAfter"] == "2026-12-04"
    for day in range(1, 8):
        assert (expire(TODAY + timedelta(days=day))["deleted"], snap(1) in ec2.snapshots) == (0, True)
    assert expire(TODAY + timedelta(days=8))["deleted"] == 1
    # The other one's date had come a day later.
    assert list(ec2.snapshots) == [snap(2)]
    assert ec2.tags(snap(2))["ExpiresAfter"] == "2026-12-05"


def test_a_dry_run_writes_nothing_and_says_what_it_would_save(expire: Expire, aws: Any, ec2: FakeEc2) -> None:
    ec2.snapshot(snap(1), "2026-08-03", RIPE)
    ec2.snapshot(snap(2), "2026-08-03", DUE)
    ec2.snapshot(snap(3), "2026-08-03", DUE)
    ec2.shared = {snap(3)}
    answer = expire(mode="report")
    assert (answer["due"], answer["monthly_cost"], answer["kept"]) == (3, 0.8, {"shared": 1})
    assert not {"CreateTags", "DeleteTags", "DeleteSnapshot"} & ec2.calls.keys()
    said = report(aws)
    assert (said["job"], said["mode"], said["due_gib"], said["due_cost"]) == ("expiry", "report", 16.0, 0.8)
    assert said["examples"][-1] == {"id": snap(3), "delete_on": "2026-11-01", "gib": 8.0, "kept": "shared"}


def test_an_image_goes_before_its_disks(expire: Expire, ec2: FakeEc2) -> None:
    ec2.image(AMI, "2026-08-03", snap(1), tags=RIPE)
    ec2.snapshot(snap(1), "2026-08-03", RIPE)
    assert expire()["deleted"] == 2
    assert ec2.order == [("deleted", AMI), ("deleted", snap(1))]


def test_a_disk_bears_a_mark_while_its_image_does(expire: Expire, ec2: FakeEc2) -> None:
    ec2.image(AMI, "2026-08-03", snap(1), tags=DUE)
    ec2.snapshot(snap(1), "2026-08-03", DUE)
    assert expire()["marked"] == 2
    assert ec2.tags(snap(1)) == ec2.tags(AMI)
    ec2.instances = [{"ImageId": AMI, "State": {"Name": "stopped"}}]
    assert expire(TODAY + timedelta(days=8))["unmarked"] == 2
    assert ec2.tags(snap(1)) == ec2.tags(AMI) == DUE


def test_a_disk_that_stays_is_not_counted_as_saved(expire: Expire, ec2: FakeEc2) -> None:
    ec2.image(AMI, "2026-08-03", snap(1), snap(2), tags=DUE)
    ec2.snapshot(snap(1), "2026-08-03", {**DUE, "LegalHold": "case 7"})
    ec2.snapshot(snap(2), "2026-08-03", {**DUE, "DeleteOn": "2030-01-01"})
    answer = expire()
    assert (answer["due"], answer["monthly_cost"], answer["marked"]) == (1, 0, 1)
    assert "ExpiresAfter" not in {**ec2.tags(snap(1)), **ec2.tags(snap(2))}


def test_one_that_cannot_be_unmarked_stops_no_other(expire: Expire, aws: Any, ec2: FakeEc2) -> None:
    held = {**RIPE, "DeleteOn": "2027-01-01"}
    for number in range(5):
        ec2.snapshot(snap(number), "2026-08-03", held)
    ec2.bad = {snap(3)}
    answer = expire()
    assert (answer["unmarked"], answer["failed"]) == (4, 1)
    assert report(aws)["failures"] == [{"id": snap(3), "reason": "InvalidID: no"}]


def test_where_nobody_may_unmark_it_is_tried_once_a_batch(expire: Expire, ec2: FakeEc2) -> None:
    for number in range(250):
        ec2.snapshot(snap(number), "2026-08-03", {**RIPE, "DeleteOn": "2027-01-01"})

    def refuse(call: str) -> None:
        if call == "DeleteTags":
            raise refusal("UnauthorizedOperation", call)

    ec2.before = refuse
    assert expire()["failed"] == 250
    assert ec2.calls["DeleteTags"] == 2


def test_a_run_that_is_cut_says_that_it_is_a_part(
    expire: Expire, aws: Any, ec2: FakeEc2, context: SimpleNamespace
) -> None:
    ec2.image(AMI, "2026-08-03", snap(1), tags=DUE)
    ec2.snapshot(snap(1), "2026-08-03", DUE)
    assert expire(mode="report")["due"] == 2
    assert report(aws).get("is_whole", True)
    context.get_remaining_time_in_millis = lambda: 30_000
    assert expire(mode="report")["due"] == 1
    assert report(aws)["is_whole"] is False


def test_a_disk_of_two_images_stays_for_as_long_as_one_does(expire: Expire, ec2: FakeEc2) -> None:
    ec2.image(AMI, "2026-08-03", snap(1), tags=RIPE)
    ec2.image(OTHER_AMI, "2026-08-03", snap(1), tags={"Retention": "forever"})
    ec2.snapshot(snap(1), "2026-08-03", RIPE)
    assert expire()["deleted"] == 1
    assert ec2.tags(snap(1)) == DUE


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"Public": True}, "shared"),
        ({"State": "disabled"}, "the image is disabled"),
        ({"DeregistrationProtection": "enabled-without-cooldown"}, "protected from deregistration"),
        ({"LastLaunchedTime": "2026-11-01T10:00:00.000Z"}, "launched lately"),
    ],
)
def test_an_image_that_says_itself_that_it_is_used_stays_and_loses_its_mark(
    expire: Expire, ec2: FakeEc2, more: dict[str, Any], reason: str
) -> None:
    ec2.image(AMI, "2026-08-03", tags=RIPE, **more)
    assert expire()["kept"] == {reason: 1}
    assert ec2.tags(AMI) == DUE


def _used_by_an_instance(ec2: FakeEc2, _: Any) -> None:
    ec2.instances = [{"ImageId": AMI, "State": {"Name": "running"}}]


def _used_by_a_template(ec2: FakeEc2, _: Any) -> None:
    ec2.templates = {
        "lt-1": [{"LaunchTemplateData": {"ImageId": "ami-00000001"}}, {"LaunchTemplateData": {"ImageId": AMI}}]
    }


def _used_by_a_group(_: FakeEc2, aws: Any) -> None:
    override = {"MixedInstancesPolicy": {"LaunchTemplate": {"Overrides": [{"ImageId": AMI}]}}}
    aws.answers["describe_auto_scaling_groups"] = {"AutoScalingGroups": [override]}


def _used_by_a_configuration(_: FakeEc2, aws: Any) -> None:
    aws.answers["describe_launch_configurations"] = {"LaunchConfigurations": [{"ImageId": AMI}]}


def _used_by_a_parameter(_: FakeEc2, aws: Any) -> None:
    aws.answers["describe_parameters"] = {"Parameters": [{"Name": "/golden"}]}
    aws.answers["get_parameters"] = {"Parameters": [{"Name": "/golden", "Value": json.dumps({"image": AMI})}]}


def _shared(ec2: FakeEc2, _: Any) -> None:
    ec2.shared = {AMI}


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        (_used_by_an_instance, "used by an instance"),
        (_used_by_a_template, "used by a launch template"),
        (_used_by_a_group, "used by an Auto Scaling group"),
        (_used_by_a_configuration, "used by a launch configuration"),
        (_used_by_a_parameter, "used by a parameter of Systems Manager"),
        (_shared, "shared"),
    ],
)
def test_an_image_in_use_is_never_deleted(
    expire: Expire, aws: Any, ec2: FakeEc2, use: Callable[[FakeEc2, Any], None], reason: str
) -> None:
    ec2.image(AMI, "2026-08-03", tags=RIPE)
    use(ec2, aws)
    answer = expire()
    assert (answer["kept"], answer["deleted"], answer["unmarked"]) == ({reason: 1}, 0, 1)
    assert AMI in ec2.images


@pytest.mark.parametrize(
    "tags",
    [
        {"Retention": "forever", "DeleteOn": "2026-11-01"},
        {**RIPE, "LegalHold": "no"},
        {**RIPE, "aws:backup:source-resource": "arn"},
        {**RIPE, "dlm:managed": "true"},
        {"DeleteOn": "2026-11-01"},
        {**DUE, "DeleteOn": "soon"},
        {**DUE, "Retention": "some"},
        {"ExpiresAfter": "2026-01-01"},
    ],
)
def test_what_nobody_gave_a_date_or_somebody_holds_is_never_deleted(
    expire: Expire, ec2: FakeEc2, tags: dict[str, str]
) -> None:
    ec2.snapshot(snap(1), "2026-08-03", tags)
    for day in range(20):
        assert expire(TODAY + timedelta(days=day))["deleted"] == 0


@pytest.mark.parametrize("mark", ["2026-01-01", "2026-11-08", "2099-01-01", "now"])
def test_a_mark_that_was_not_set_after_the_date_begins_the_wait_anew(expire: Expire, ec2: FakeEc2, mark: str) -> None:
    ec2.snapshot(snap(1), "2026-08-03", {**DUE, "ExpiresAfter": mark})
    assert expire()["unmarked"] == 1
    assert expire(TODAY + timedelta(days=1))["marked"] == 1
    assert ec2.tags(snap(1))["ExpiresAfter"] == "2026-12-05"


def test_a_later_date_takes_the_mark_away(expire: Expire, ec2: FakeEc2) -> None:
    ec2.snapshot(snap(1), "2026-08-03", {**RIPE, "DeleteOn": "2027-11-01"})
    assert (expire()["unmarked"], expire()["due"]) == (1, 0)


def test_few_go_in_a_run(expire: Expire, ec2: FakeEc2) -> None:
    for number in range(30):
        ec2.snapshot(snap(number), "2026-08-03", RIPE)
    assert [expire(expiry_per_run="10")["deleted"] for _ in range(4)] == [10, 10, 10, 0]


def test_nothing_is_looked_for_when_nothing_is_due(expire: Expire, ec2: FakeEc2) -> None:
    ec2.snapshot(snap(1), "2026-11-20")
    expire()
    assert ec2.calls == {"DescribeImages": 1, "DescribeSnapshots": 1}


def test_one_that_cannot_be_deleted_stops_no_other(expire: Expire, aws: Any, ec2: FakeEc2) -> None:
    for number in range(2):
        ec2.snapshot(snap(number), "2026-08-03", RIPE)

    def lock(call: str) -> None:
        if call == "DeleteSnapshot" and ec2.calls[call] == 1:
            raise refusal("SnapshotLocked", call)

    ec2.before = lock
    assert (expire()["deleted"], report(aws)["failures"]) == (1, [{"id": snap(0), "reason": "SnapshotLocked: no"}])


def test_without_knowing_what_is_in_use_nothing_goes(expire: Expire, aws: Any, ec2: FakeEc2) -> None:
    ec2.snapshot(snap(1), "2026-08-03", RIPE)
    aws.refuse("describe_parameters", "AccessDeniedException")
    with pytest.raises(RunFailedError, match="AccessDeniedException"):
        expire()
    assert snap(1) in ec2.snapshots
    assert "AccessDeniedException" in report(aws)["error"]


def test_ids_are_found_however_deep() -> None:
    assert list(ids_in({"a": [{"b": f"x={AMI}"}], "c": (snap(1), 3, None)})) == [AMI, snap(1)]
