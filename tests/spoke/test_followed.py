"""Volumes of instances that run, snapshots of images that are available: tagged as what they belong to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from generator.matcher import matches
from spoke.creator_tagger import followed
from spoke.creator_tagger.followed import NotYetError
from spoke.creator_tagger.pattern import later_pattern

ACCOUNT, REGION = "111122223333", "eu-central-1"
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
CREATOR = [{"Key": "CreatedBy", "Value": "alice"}, {"Key": "Name", "Value": "web"}]


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have it be `NOW`, however long the other tests took."""
    monkeypatch.setattr(followed, "now", lambda: NOW)


def _event(kind: str, detail: dict[str, Any], age: timedelta = timedelta(seconds=5)) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "0aa1b2c3-0000-4000-8000-000000000002",
        "detail-type": kind,
        "source": "aws.ec2",
        "account": ACCOUNT,
        "region": REGION,
        "time": (NOW - age).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "detail": detail,
    }


def _running(age: timedelta = timedelta(seconds=5)) -> dict[str, Any]:
    return _event("EC2 Instance State-change Notification", {"instance-id": "i-0a1", "state": "running"}, age)


def _image() -> dict[str, Any]:
    return _event("EC2 AMI State Change", {"ImageId": "ami-0a1", "State": "available"})


def _instance(tags: list[dict[str, str]], attached: datetime = NOW) -> dict[str, Any]:
    interface = {"NetworkInterfaceId": "eni-0a1", "Attachment": {"AttachTime": attached}}
    volumes = [{"Ebs": {"VolumeId": "vol-0a1", "AttachTime": attached}}]
    instance = {"Tags": tags, "BlockDeviceMappings": volumes, "NetworkInterfaces": [interface]}
    return {"Reservations": [{"Instances": [instance]}]}


def test_an_instances_volumes_and_interfaces_get_its_creator(tag_created: Any, aws: Any) -> None:
    aws.answers["describe_instances"] = _instance(CREATOR)
    report = tag_created(_running())
    (call,) = aws.named("tag_resources")
    here = f"arn:aws:ec2:{REGION}:{ACCOUNT}"
    assert call == {
        "ResourceARNList": [f"{here}:volume/vol-0a1", f"{here}:network-interface/eni-0a1"],
        "Tags": {"CreatedBy": "alice"},
    }
    assert (report["created_by"], report["account"], len(report["tagged"])) == ("alice", ACCOUNT, 2)
    assert [name for _, name, _ in aws.calls] == ["describe_instances", "tag_resources"]


def test_an_images_snapshots_get_its_creator(tag_created: Any, aws: Any) -> None:
    mappings = [{"Ebs": {"SnapshotId": "snap-0a1"}}, {"VirtualName": "ephemeral0"}]
    aws.answers["describe_images"] = {"Images": [{"Tags": CREATOR, "BlockDeviceMappings": mappings}]}
    assert tag_created(_image())["tagged"] == [f"arn:aws:ec2:{REGION}::snapshot/snap-0a1"]


def test_an_instance_that_starts_again_costs_one_read(tag_created: Any, aws: Any) -> None:
    aws.answers["describe_instances"] = _instance(CREATOR, NOW - timedelta(days=30))
    assert tag_created(_running()) is None
    assert [name for _, name, _ in aws.calls] == ["describe_instances"]


def test_a_creator_that_is_still_on_its_way_is_waited_for(tag_created: Any, aws: Any) -> None:
    aws.answers["describe_instances"] = _instance([])
    with pytest.raises(NotYetError, match="vol-0a1"):
        tag_created(_running())


def test_nobody_waits_for_a_creator_for_ever(tag_created: Any, aws: Any) -> None:
    aws.answers["describe_instances"] = _instance([], NOW - timedelta(seconds=190))
    assert tag_created(_running(timedelta(seconds=185))) is None
    assert aws.named("tag_resources") == []


def test_an_instance_that_is_gone_already_is_no_failure(tag_created: Any, aws: Any) -> None:
    aws.refuse("describe_instances", "InvalidInstanceID.NotFound")
    assert tag_created(_running()) is None


@pytest.mark.parametrize(
    ("event", "wanted"),
    [
        (_running(), True),
        (_image(), True),
        (_event("EC2 Instance State-change Notification", {"instance-id": "i-0a1", "state": "stopped"}), False),
        (_event("EC2 AMI State Change", {"ImageId": "ami-0a1", "State": "failed"}), False),
        ({**_running(), "source": "my.app"}, False),
    ],
)
def test_only_what_is_there_wakes_the_function(event: dict[str, Any], wanted: bool) -> None:
    assert matches(later_pattern(), event) is wanted
