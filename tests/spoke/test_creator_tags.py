"""The tags beside the creator's: when, how, under which role, fixed ones; and names that are nobody's."""

from typing import Any

import pytest

from contract.cloudtrail import CloudTrailEvent
from spoke.creator_tagger.plan import plan
from spoke.creator_tagger.tags import TagSettings, hashed, via

EVERYTHING = TagSettings(
    created_by_key="Owner",
    created_at_key="CreatedAt",
    created_via_key="CreatedVia",
    created_by_role_key="CreatedByRole",
    fixed={"CostCenter": "42"},
)
SESSION = {
    "type": "AssumedRole",
    "arn": "arn:aws:sts::111122223333:assumed-role/deployer/bob",
    "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "deployer"}},
}


def test_every_tag_that_is_set_is_written(event_of: Any) -> None:
    event = event_of("sqs", "CreateQueue", {"queueName": "jobs"}, userIdentity=SESSION, userAgent="aws-cli/2.31.0 md/x")
    assert plan(CloudTrailEvent(event), EVERYTHING).tags == {
        "Owner": "bob",
        "CreatedAt": "2026-11-20T11:00:00Z",
        "CreatedVia": "aws-cli",
        "CreatedByRole": "deployer",
        "CostCenter": "42",
    }


def test_a_user_has_no_role_to_write(event_of: Any) -> None:
    event = event_of("sqs", "CreateQueue", {"queueName": "jobs"}, userAgent="Boto3/1.44.5")
    assert "CreatedByRole" not in plan(CloudTrailEvent(event), EVERYTHING).tags


def test_what_the_call_itself_wrote_is_left_out(event_of: Any) -> None:
    event = event_of("sqs", "CreateQueue", {"queueName": "jobs", "tags": {"CostCenter": "7"}}, userAgent="x/1")
    assert plan(CloudTrailEvent(event), EVERYTHING).tags.keys() == {"Owner", "CreatedAt", "CreatedVia"}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"userAgent": "console.amazonaws.com"}, "console"),
        ({"userAgent": "Mozilla/5.0 (X11; Linux)"}, "console"),
        ({"userAgent": "aws-internal/3", "sessionCredentialFromConsole": "true"}, "console"),
        ({"userAgent": "APN/1.0 HashiCorp/1.0 Terraform/1.9.5 aws-sdk-go-v2/1.30"}, "terraform"),
        ({"userAgent": "[aws-sdk-java/2.25.1 Linux]"}, "aws-sdk-java"),
        ({"userAgent": "Mine, own"}, "mine_"),
        ({"userIdentity": {**SESSION, "invokedBy": "cloudformation.amazonaws.com"}}, "cloudformation.amazonaws.com"),
        ({"userIdentity": {"type": "AWSService", "invokedBy": "backup.amazonaws.com"}}, "backup.amazonaws.com"),
        ({}, ""),
    ],
)
def test_how_it_was_created_is_read_from_the_record(event_of: Any, more: dict[str, Any], told: str) -> None:
    assert via(CloudTrailEvent(event_of("sqs", "CreateQueue", **more))) == told


def test_an_e_mail_address_says_no_name_if_that_is_wished(event_of: Any) -> None:
    identity = {**SESSION, "arn": "arn:aws:sts::111122223333:assumed-role/deployer/Carol@example.com"}
    event = CloudTrailEvent(event_of("sqs", "CreateQueue", {"queueName": "jobs"}, userIdentity=identity))
    found = plan(event, TagSettings(hash_emails=True))
    assert found.created_by == "Carol@example.com"
    assert found.tags["CreatedBy"] == hashed("carol@example.com")
    assert found.tags["CreatedBy"].endswith("@example.com")
    assert "arol" not in found.tags["CreatedBy"]
    assert hashed("deployer") == "deployer"


def test_a_hashed_creator_that_the_call_wrote_is_no_dispute(event_of: Any) -> None:
    identity = {**SESSION, "arn": "arn:aws:sts::111122223333:assumed-role/deployer/carol@example.com"}
    request = {"queueName": "jobs", "tags": {"CreatedBy": hashed("carol@example.com")}}
    found = plan(
        CloudTrailEvent(event_of("sqs", "CreateQueue", request, userIdentity=identity)), TagSettings(hash_emails=True)
    )
    assert (found.arns, found.untagged) == ((), ())


def test_a_tag_that_is_there_already_costs_only_itself(
    tag_created: Any, aws: Any, event_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIXED_TAGS", '{"CostCenter": "42"}')
    queue = "arn:aws:sqs:eu-central-1:111122223333:jobs"
    denied = {"FailedResourcesMap": {queue: {"StatusCode": 403, "ErrorCode": "AccessDenied", "ErrorMessage": "no"}}}
    answers = iter([denied, {}])
    aws.answers["tag_resources"] = lambda **_: next(answers)
    held = {"ResourceARN": queue, "Tags": [{"Key": "CostCenter", "Value": "7"}]}
    aws.answers["get_resources"] = {"ResourceTagMappingList": [held]}
    report = tag_created(event_of("sqs", "CreateQueue", {"queueName": "jobs"}))
    assert [call["Tags"] for call in aws.named("tag_resources")] == [
        {"CreatedBy": "alice", "CostCenter": "42"},
        {"CreatedBy": "alice"},
    ]
    assert (report["tagged"], report["failed"]) == ([queue], [])
