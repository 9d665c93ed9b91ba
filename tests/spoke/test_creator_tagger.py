"""The creator tagger's function, seen from AWS: what it calls, what it tells, and what it does when things fail."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError

from contract.spoke_events import TaggingResult
from spoke.clients import client
from spoke.creator_tagger.handler import TryLaterError

QUEUE = "arn:aws:sqs:eu-central-1:111122223333:jobs"

Tagger = Callable[[dict[str, Any]], Any]


@pytest.fixture
def queue_created(event_of: Any) -> dict[str, Any]:
    created: dict[str, Any] = event_of("sqs", "CreateQueue", {"queueName": "jobs"})
    return created


def _report(aws: Any) -> dict[str, Any]:
    (sent,) = aws.named("put_events")
    (entry,) = sent["Entries"]
    assert (entry["Source"], entry["DetailType"]) == ("muster.spoke", "Muster Tagging Result")
    detail: dict[str, Any] = json.loads(entry["Detail"])
    return detail


def _failed(arn: str, status: int, message: str) -> dict[str, Any]:
    failure = {"StatusCode": status, "ErrorCode": "InvalidParameterException", "ErrorMessage": message}
    return {"FailedResourcesMap": {arn: failure}}


def test_a_plain_creation_costs_one_tagging_call_and_lambda_hands_the_result_over(
    tag_created: Tagger, aws: Any, queue_created: dict[str, Any]
) -> None:
    report = tag_created(queue_created)
    assert [call for _, call, _ in aws.calls] == ["tag_resources"]
    assert aws.named("tag_resources") == [{"ResourceARNList": [QUEUE], "Tags": {"CreatedBy": "alice"}}]
    assert aws.clients == [("resourcegroupstaggingapi", "eu-central-1")]
    assert (report["tagged"], report["failed"], report["created_by"]) == ([QUEUE], [], "alice")
    assert (report["account"], report["region"], report["schema"]) == ("111122223333", "eu-central-1", 1)
    assert report["created_at"] == "2026-11-20T11:00:00.000000Z"
    assert report["lag_seconds"] > 0


def test_clients_are_made_once() -> None:
    assert client("sqs", "eu-central-1") is client("sqs", "eu-central-1")


def test_many_resources_of_one_call_are_tagged_twenty_at_a_time(tag_created: Tagger, aws: Any, event_of: Any) -> None:
    items = [{"instanceId": f"i-{number:08x}"} for number in range(45)]
    tag_created(event_of("ec2", "RunInstances", {}, {"instancesSet": {"items": items}}))
    assert [len(call["ResourceARNList"]) for call in aws.named("tag_resources")] == [20, 20, 5]


def test_a_service_that_the_tagging_api_knows_not_is_asked_itself(tag_created: Tagger, aws: Any, event_of: Any) -> None:
    arn = "arn:aws:airflow:eu-central-1:111122223333:environment/dags"
    tag_created(event_of("airflow", "CreateEnvironment", {"name": "dags"}, {"Arn": arn}))
    assert aws.calls[0] == ("mwaa", "tag_resource", {"ResourceArn": arn, "Tags": {"CreatedBy": "alice"}})


def test_a_service_with_pairs_gets_pairs(tag_created: Tagger, aws: Any, event_of: Any) -> None:
    arn = "arn:aws:memorydb:eu-central-1:111122223333:cluster/m"
    tag_created(event_of("memorydb", "CreateCluster", {"clusterName": "m"}, {"cluster": {"aRN": arn}}))
    assert aws.named("tag_resource") == [{"ResourceArn": arn, "Tags": [{"Key": "CreatedBy", "Value": "alice"}]}]


def test_an_auto_scaling_group_hands_the_tag_on_to_its_instances(tag_created: Tagger, aws: Any, event_of: Any) -> None:
    tag_created(event_of("autoscaling", "CreateAutoScalingGroup", {"autoScalingGroupName": "web"}))
    ((tag,),) = [call["Tags"] for call in aws.named("create_or_update_tags")]
    assert (tag["ResourceId"], tag["Key"], tag["Value"], tag["PropagateAtLaunch"]) == (
        "web",
        "CreatedBy",
        "alice",
        True,
    )


def test_what_creates_nothing_costs_no_call(tag_created: Tagger, aws: Any, event_of: Any) -> None:
    tag_created(event_of("sqs", "CreateQueue", {"queueName": "jobs"}, errorCode="AccessDenied"))
    assert aws.calls == []


def test_a_disputed_creator_is_reported_and_not_overwritten(tag_created: Tagger, aws: Any, event_of: Any) -> None:
    report = tag_created(event_of("sqs", "CreateQueue", {"queueName": "jobs", "tags": {"CreatedBy": "mallory"}}))
    assert aws.calls == []
    (failure,) = report["failed"]
    assert failure["arn"] == QUEUE
    assert "mallory" in failure["reason"]


def test_what_takes_no_tag_is_reported_with_its_creator(tag_created: Tagger, aws: Any, event_of: Any) -> None:
    stack = "arn:aws:cloudformation:eu-central-1:111122223333:stack/web/8b1d9c50-0000-11f0-8000-0123456789ab"
    report = tag_created(event_of("cloudformation", "CreateStack", {"stackName": "web"}, {"stackId": stack}))
    assert aws.calls == []
    assert (report["created_by"], report["failed"][0]["arn"]) == ("alice", stack)
    assert report["failed"][0]["reason"].startswith("cannot be tagged: ")
    assert tag_created(event_of("lightsail", "CreateDisk", {"diskName": "d"}))["failed"][0]["arn"] == ""


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (429, "Rate exceeded"),
        (400, "ThrottlingException"),
        (404, "gone"),
        (400, "The queue does not exist"),
        (500, "?"),
    ],
)
def test_what_may_pass_is_left_to_lambdas_retry(
    tag_created: Tagger, aws: Any, queue_created: dict[str, Any], status: int, message: str
) -> None:
    aws.answers["tag_resources"] = _failed(QUEUE, status, message)
    with pytest.raises(TryLaterError, match="jobs"):
        tag_created(queue_created)
    assert aws.named("put_events") == []


def test_a_throttled_call_is_left_to_lambdas_retry(
    tag_created: Tagger, aws: Any, queue_created: dict[str, Any]
) -> None:
    aws.refuse("tag_resources", "ThrottledException", "Rate exceeded")
    with pytest.raises(TryLaterError):
        tag_created(queue_created)


def test_what_was_tagged_is_reported_although_a_sibling_must_be_tried_again(
    tag_created: Tagger, aws: Any, event_of: Any
) -> None:
    late = "arn:aws:ec2:eu-central-1:111122223333:instance/i-2"
    aws.answers["tag_resources"] = _failed(late, 404, "gone")
    items = [{"instanceId": "i-1"}, {"instanceId": "i-2"}]
    with pytest.raises(TryLaterError, match="i-2"):
        tag_created(event_of("ec2", "RunInstances", {}, {"instancesSet": {"items": items}}))
    report = _report(aws)
    assert (report["tagged"], report["failed"]) == ([late.replace("i-2", "i-1")], [])


def test_many_denied_resources_are_looked_at_a_hundred_at_a_time(tag_created: Tagger, aws: Any, event_of: Any) -> None:
    aws.refuse("tag_resources", "AccessDeniedException", status=403)
    aws.answers["get_resources"] = {"ResourceTagMappingList": []}
    items = [{"instanceId": f"i-{number:08x}"} for number in range(150)]
    report = tag_created(event_of("ec2", "RunInstances", {}, {"instancesSet": {"items": items}}))
    assert [len(call["ResourceARNList"]) for call in aws.named("get_resources")] == [100, 50]
    assert len(report["failed"]) == 150


def test_tags_that_cannot_be_read_for_now_are_left_to_lambdas_retry(
    tag_created: Tagger, aws: Any, queue_created: dict[str, Any]
) -> None:
    aws.answers["tag_resources"] = _failed(QUEUE, 403, "denied")
    aws.refuse("get_resources", "ThrottledException")
    with pytest.raises(ClientError, match="ThrottledException"):
        tag_created(queue_created)


def test_a_denial_is_reported_as_what_it_may_be(tag_created: Tagger, aws: Any, queue_created: dict[str, Any]) -> None:
    aws.answers |= {
        "tag_resources": _failed(QUEUE, 403, "not authorized"),
        "get_resources": {"ResourceTagMappingList": []},
    }
    report = tag_created(queue_created)
    assert report["tagged"] == []
    assert report["failed"][0]["reason"].startswith("denied: already tagged or not permitted: ")


def test_a_denial_counts_as_failure_also_when_nobody_may_look(
    tag_created: Tagger, aws: Any, queue_created: dict[str, Any]
) -> None:
    aws.answers["tag_resources"] = _failed(QUEUE, 400, "AccessDeniedException: no")
    aws.refuse("get_resources", "AccessDeniedException")
    report = tag_created(queue_created)
    assert report["failed"][0]["arn"] == QUEUE


def _tagged_by(name: str) -> dict[str, Any]:
    return {"ResourceTagMappingList": [{"ResourceARN": QUEUE, "Tags": [{"Key": "CreatedBy", "Value": name}]}]}


def test_the_first_creator_stays_and_is_not_reported_as_a_failure(
    tag_created: Tagger, aws: Any, queue_created: dict[str, Any]
) -> None:
    aws.answers |= {"tag_resources": _failed(QUEUE, 403, "denied"), "get_resources": _tagged_by("bob")}
    tag_created(queue_created)
    assert aws.named("put_events") == []


def test_what_an_earlier_attempt_tagged_is_reported_as_tagged(
    tag_created: Tagger, aws: Any, queue_created: dict[str, Any]
) -> None:
    aws.answers |= {"tag_resources": _failed(QUEUE, 403, "denied"), "get_resources": _tagged_by("alice")}
    report = tag_created(queue_created)
    assert report["tagged"] == [QUEUE]


def test_a_permanent_failure_is_reported_and_counted_by_its_call(
    tag_created: Tagger, aws: Any, queue_created: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    aws.answers["tag_resources"] = _failed(QUEUE, 400, "tag policy")
    report = tag_created(queue_created)
    assert report["failed"] == [{"arn": QUEUE, "reason": "InvalidParameterException: tag policy"}]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (metric,) = [line for line in lines if "TaggingFailed" in line]
    assert (metric["ApiCall"], metric["TaggingFailed"]) == ("sqs.amazonaws.com:CreateQueue", [1.0])


@pytest.fixture
def half_seen(aws: Any, event_of: Any) -> dict[str, Any]:
    """Return an event of two instances of which one is not visible yet: what is certain is reported at once."""
    aws.answers["tag_resources"] = _failed("arn:aws:ec2:eu-central-1:111122223333:instance/i-2", 404, "gone")
    items = [{"instanceId": "i-1"}, {"instanceId": "i-2"}]
    created: dict[str, Any] = event_of("ec2", "RunInstances", {}, {"instancesSet": {"items": items}})
    return created


@pytest.mark.parametrize("refusal", ["call", "entry"])
def test_a_report_that_the_hub_refuses_waits_and_the_tags_stay(
    tag_created: Tagger, aws: Any, half_seen: dict[str, Any], refusal: str
) -> None:
    entry = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "AccessDenied", "ErrorMessage": "no"}]}
    aws.answers["put_events"] = entry
    if refusal == "call":
        aws.refuse("put_events", "AccessDeniedException")
    with pytest.raises(TryLaterError):
        tag_created(half_seen)
    (parked,) = aws.named("send_message")
    assert parked["QueueUrl"].endswith("-dlq")
    assert json.loads(parked["MessageBody"])["DetailType"] == "Muster Tagging Result"


def test_a_report_goes_to_the_region_of_the_hubs_bus(tag_created: Tagger, aws: Any, half_seen: dict[str, Any]) -> None:
    with pytest.raises(TryLaterError):
        tag_created(half_seen)
    assert aws.clients == [("resourcegroupstaggingapi", "eu-central-1"), ("events", "us-east-1")]


def test_a_report_that_cannot_even_wait_fails_the_invocation(
    tag_created: Tagger, aws: Any, half_seen: dict[str, Any]
) -> None:
    aws.refuse("put_events", "InternalFailure")
    aws.refuse("send_message", "AccessDenied")
    with pytest.raises(ClientError, match="AccessDenied"):
        tag_created(half_seen)


def test_a_report_stays_within_what_the_hub_takes(tag_created: Tagger, aws: Any, event_of: Any) -> None:
    items = [{"instanceId": f"i-{number:08x}"} for number in range(250)]
    aws.refuse("tag_resources", "TagPolicyException", "x" * 5_000)
    report = tag_created(event_of("ec2", "RunInstances", {}, {"instancesSet": {"items": items}}))
    failed = msgspec.convert(report, TaggingResult).failed
    assert (len(failed), len(failed[0].reason)) == (200, 1_000)
