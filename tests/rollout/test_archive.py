"""The archive on the local organization: what is due is written by the deployed function, asked, and brought back."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from contract.clock import iso, now
from contract.finding import Finding, Severity, Workflow
from contract.names import Names
from dashboard.archive.asking import ask_bucket, files_of
from generator.archive.restoring import restore
from hub.store.findings import FindingStore
from tests.rollout.deployed import Rollout, rolling_out
from tests.rollout.driving import HUB

pytestmark = pytest.mark.slow
NAMES = Names()


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollout]:
    with rolling_out(tmp_path_factory.mktemp("archive"), 1) as running:
        assert not [one for one in running.deploy() if one.is_failure]
        yield running


def closed(name: str, days: int) -> Finding:
    at = iso(now() - timedelta(days=days))
    return Finding(
        id=name,
        detection="iam.user_created",
        title="User created",
        severity=Severity.HIGH,
        account=HUB,
        region="us-east-1",
        resource="arn:aws:iam::111122223333:user/alice",
        first_seen=at,
        updated_at=at,
        observed_at=at,
        workflow=Workflow.RESOLVED,
        workflow_at=at,
        workflow_by="alice",
    )


def test_what_is_due_is_archived_asked_and_brought_back(rollout: Rollout) -> None:
    dynamodb = rollout.client("dynamodb", HUB)
    store = FindingStore(dynamodb, NAMES.findings_table)
    store.upsert([closed("old", 93), closed("younger", 20)])
    answer = rollout.client("lambda", HUB).invoke(FunctionName=NAMES.function("archiver"))
    assert "FunctionError" not in answer
    assert json.loads(answer["Payload"].read()) == {"through": (now().date() - timedelta(days=1)).isoformat()}
    s3, bucket = rollout.client("s3", HUB), archive_bucket(rollout)
    asked = ask_bucket("SELECT id, workflow_by, concat(year, '-', month, '-', day) FROM findings", s3, bucket)
    due = (now() - timedelta(days=3)).date().isoformat()
    assert asked.rows == [("old", "alice", due)]
    before = store.get("old")
    dynamodb.delete_item(TableName=NAMES.findings_table, Key={"id": {"S": "old"}})
    assert restore(files_of(s3, bucket, f"findings/year={due[:4]}/"), store, now()) == (1, 0)
    assert store.get("old") == before
    rollout.settle()


def archive_bucket(rollout: Rollout) -> str:
    (stack,) = rollout.client("cloudformation", HUB).describe_stacks(StackName=NAMES.hub_stack)["Stacks"]
    return next(str(one["OutputValue"]) for one in stack["Outputs"] if one["OutputKey"] == "ArchiveBucketName")


def test_the_archive_is_private_and_versioned(rollout: Rollout) -> None:
    s3, bucket = rollout.client("s3", HUB), archive_bucket(rollout)
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
