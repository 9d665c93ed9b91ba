"""Retention on the local organization, IAM enforced: dates, the hub's view of the runs, and what goes in the end."""

import json
import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from contract.account_settings import settings_key
from contract.names import Names
from contract.spoke_events import Job
from generator.cli import app
from generator.settings.backup import Expiry
from hub.store.findings import FindingStore
from hub.store.retention import LastRun, RetentionStore
from spoke.backups import today
from tests.rollout.deployed import Rollout, rolling_out
from tests.rollout.driving import HUB

pytestmark = pytest.mark.slow
NAMES = Names()
HOME = "us-east-1"
TAGGER, EXPIRY = NAMES.spoke_function("backup_tagger"), NAMES.spoke_function("expiry")


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollout]:
    with rolling_out(tmp_path_factory.mktemp("retention"), 1) as running:
        running.change("backup", tags=("CostCenter=IT-Operations",), expiry=Expiry.DELETE)
        assert not [one for one in running.deploy() if one.is_failure]
        yield running


@pytest.fixture(scope="module")
def member(rollout: Rollout) -> str:
    (one,) = {account.id for account in rollout.organization.members} - {HUB}
    return one


@pytest.fixture(scope="module")
def ec2(rollout: Rollout, member: str) -> Any:
    return rollout.client("ec2", member)


def run(rollout: Rollout, account: str, function: str) -> dict[str, Any]:
    """Call a function as its schedule does, and wait until the hub has heard of it; of one that failed its answer."""
    # Of two reports in one second the first is kept: an event's time has whole seconds.
    time.sleep(1)
    answer = rollout.client("lambda", account, HOME).invoke(FunctionName=function, Payload=b"{}")
    rollout.settle()
    told: dict[str, Any] = json.loads(answer["Payload"].read())
    return json.loads(told["errorMessage"]) if "FunctionError" in answer else told


def snapshot(ec2: Any, **tags: str) -> str:
    volume = ec2.create_volume(AvailabilityZone=f"{HOME}a", Size=8)["VolumeId"]
    made: str = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    tag(ec2, made, **tags)
    return made


def image(ec2: Any, name: str, disk: str, **tags: str) -> str:
    mapping = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": disk, "VolumeSize": 8}}
    made: str = ec2.register_image(Name=name, RootDeviceName="/dev/xvda", BlockDeviceMappings=[mapping])["ImageId"]
    tag(ec2, made, **tags)
    return made


def tag(ec2: Any, resource: str, **tags: str) -> None:
    if tags:
        ec2.create_tags(Resources=[resource], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])


def tags_of(ec2: Any, resource: str) -> dict[str, str]:
    """Return what the tagger writes of a resource's tags: the creator's are another's affair."""
    found = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [resource]}])["Tags"]
    return {one["Key"]: one["Value"] for one in found if one["Key"] != "CreatedBy"}


def last_run(rollout: Rollout, account: str, job: Job) -> LastRun:
    store = RetentionStore(rollout.client("dynamodb", HUB), NAMES.state_table)
    places = [one for one in store.each() if (one.report.account, one.report.region) == (account, HOME)]
    (found,) = [one for one in places if one.report.job is job]
    return found


def days_from_now(days: int) -> str:
    return (today() + timedelta(days=days)).isoformat()


def test_dates_follow_from_the_creation_and_a_second_run_writes_nothing(
    rollout: Rollout, member: str, ec2: Any
) -> None:
    disk, own, forever, managed = snapshot(ec2), snapshot(ec2), snapshot(ec2), snapshot(ec2, **{"dlm:managed": "true"})
    tag(ec2, own, Retention="30days")
    tag(ec2, forever, Retention="forever")
    golden = image(ec2, "golden", disk)
    created = ec2.describe_images(ImageIds=[golden])["Images"][0]["CreationDate"][:10]
    until = (date.fromisoformat(created) + timedelta(days=90)).isoformat()
    answer = run(rollout, member, TAGGER)
    assert answer["statusCode"] == 200, answer
    assert (answer["amis_tagged"], answer["snapshots_tagged"], answer["failed"]) == (1, 2, 0)
    written = {"Retention": "90days", "CostCenter": "IT-Operations", "DeleteOn": until}
    assert tags_of(ec2, golden) == tags_of(ec2, disk) == written
    assert tags_of(ec2, own) == {**written, "Retention": "30days", "DeleteOn": days_from_now(30)}
    assert tags_of(ec2, forever) == {"Retention": "forever"}
    assert tags_of(ec2, managed) == {"dlm:managed": "true"}
    again = run(rollout, member, TAGGER)
    assert (again["amis_tagged"], again["snapshots_tagged"], again["delete_on_counts"]) == (
        *(0, 0),
        answer["delete_on_counts"],
    )


def test_an_accounts_own_retention_arrives(rollout: Rollout, member: str, ec2: Any) -> None:
    bucket = NAMES.artefact_bucket(HUB, HOME)
    s3 = rollout.client("s3", HUB)
    s3.put_object(Bucket=bucket, Key=settings_key(member), Body=b'{"retention": "10days"}')
    made = snapshot(ec2)
    run(rollout, member, TAGGER)
    s3.put_object(Bucket=bucket, Key=settings_key(member), Body=b"{}")
    assert tags_of(ec2, made)["DeleteOn"] == days_from_now(10)


def test_the_roles_may_write_no_date_over_another_and_delete_nothing_unmarked(
    rollout: Rollout, member: str, ec2: Any
) -> None:
    dated, marked = snapshot(ec2, DeleteOn=days_from_now(5)), snapshot(ec2, DeleteOn=days_from_now(-30))
    tag(ec2, marked, ExpiresAfter=days_from_now(-1), Expiring="true", LegalHold="case 12")
    tagger, expiry = as_role(rollout, member, TAGGER), as_role(rollout, member, EXPIRY)
    kept = snapshot(ec2, Retention="365days")
    refused = [
        lambda: tag(tagger, dated, DeleteOn=days_from_now(6)),
        lambda: tag(tagger, kept, Retention="1days", DeleteOn=days_from_now(6)),
        lambda: tag(tagger, kept, Name="mine"),
        lambda: tag(expiry, dated, DeleteOn=days_from_now(6)),
        lambda: expiry.delete_snapshot(SnapshotId=dated),
        lambda: expiry.delete_snapshot(SnapshotId=marked),
        lambda: tagger.delete_snapshot(SnapshotId=dated),
    ]
    for one in refused:
        with pytest.raises(ClientError, match=r"UnauthorizedOperation|AccessDenied"):
            one()
    tag(tagger, kept, DeleteOn=days_from_now(6))
    assert tags_of(ec2, kept) == {"Retention": "365days", "DeleteOn": days_from_now(6)}


def as_role(rollout: Rollout, account: str, function: str) -> Any:
    """Return EC2 as a function's role, which is made to trust the account for that."""
    iam, role = rollout.client("iam", account), f"{function}-{HOME}"
    trust = json.loads(json.dumps(iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]))
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    document = json.dumps({**trust, "Statement": [*trust["Statement"], root]})
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=document)
    arn = f"arn:aws:iam::{account}:role/{role}"
    given = rollout.client("sts", account).assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return rollout.client(
        *("ec2", account),
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )


def test_a_run_that_fails_is_a_finding_until_one_succeeds(rollout: Rollout, member: str) -> None:
    iam, role = rollout.client("iam", member), f"{TAGGER}-{HOME}"
    denial = {"Effect": "Deny", "Action": "ec2:DescribeSnapshots", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [denial]})
    iam.put_role_policy(RoleName=role, PolicyName="denial", PolicyDocument=document)
    answer = run(rollout, member, TAGGER)
    assert (answer["statusCode"], answer["message"].startswith("Error in lambda execution: ")) == (500, True)
    assert last_run(rollout, member, Job.TAGGING).is_failed
    (finding,) = refreshed(rollout, "muster.retention_failed")
    assert (finding.account, finding.region) == (member, HOME)
    assert "DescribeSnapshots" in finding.details["reason"]
    iam.delete_role_policy(RoleName=role, PolicyName="denial")
    assert run(rollout, member, TAGGER)["statusCode"] == 200
    assert refreshed(rollout, "muster.retention_failed") == []


def refreshed(rollout: Rollout, detection: str) -> list[Any]:
    """Let the inventory look, and return the detection's open findings."""
    rollout.client("lambda", HUB).invoke(FunctionName=NAMES.function("inventory"), Payload=b"{}")
    rollout.settle()
    store = FindingStore(rollout.client("dynamodb", HUB), NAMES.findings_table)
    return list(store.read(store.open_ids(detection)).values())


def test_what_is_past_its_date_is_marked_and_goes_images_first_but_not_what_is_used(
    rollout: Rollout, member: str, ec2: Any
) -> None:
    due = {"Retention": "90days", "DeleteOn": days_from_now(-30)}
    disk, lone, used_disk = snapshot(ec2, **due), snapshot(ec2, **due), snapshot(ec2, **due)
    old, used = image(ec2, "old", disk, **due), image(ec2, "used", used_disk, **due)
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={"ImageId": used})
    first = run(rollout, member, EXPIRY)
    assert (first["statusCode"], first["marked"], first["deleted"]) == (200, 3, 0), first
    assert first["kept"] == {"used by a launch template": 1}
    mark = days_from_now(7)
    assert [tags_of(ec2, one)["ExpiresAfter"] for one in (disk, lone, old)] == [mark] * 3
    # Eight days later.
    for one in (disk, lone, old):
        tag(ec2, one, ExpiresAfter=days_from_now(-1))
    second = run(rollout, member, EXPIRY)
    assert (second["deleted"], second["failed"]) == (3, 0), second
    left = {one["SnapshotId"] for one in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}
    assert not {disk, lone} & left
    assert used_disk in left
    assert {one["Name"] for one in ec2.describe_images(Owners=["self"])["Images"]} == {"golden", "used"}


def test_the_command_says_what_is_past_its_date(rollout: Rollout, member: str) -> None:
    config = ["--config", str(rollout.organization.config)]
    said = CliRunner().invoke(app, ["tags", "retention", "--json", *config])
    assert said.exit_code == 0, said.output
    (here,) = [one for one in json.loads(said.stdout)["regions"] if (one["account"], one["region"]) == (member, HOME)]
    assert (here["mode"], here["kept"], here["deleted"]) == ("delete", {"used by a launch template": 1}, 3)
    assert "used by a launch template" in CliRunner().invoke(app, ["tags", "retention", *config]).stdout
