"""A CloudTrail record as EventBridge delivers it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from contract.cloudtrail import API_CALL, SERVICE_EVENT, SIGN_IN, CloudTrailEvent, MalformedEventError, wrapped


def event(**fields: Any) -> CloudTrailEvent:
    return CloudTrailEvent(wrapped({"eventSource": "ec2.amazonaws.com", "eventName": "DeleteFlowLogs", **fields}))


@pytest.mark.parametrize("envelope", [None, [], {}, {"detail": 1}, {"detail": {}}, {"detail": {"eventSource": 1}}])
def test_what_carries_no_record_is_refused(envelope: Any) -> None:
    with pytest.raises(MalformedEventError):
        CloudTrailEvent(envelope)


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        ({"eventSource": "ec2.amazonaws.com", "eventType": "AwsApiCall"}, API_CALL),
        ({"eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin"}, SIGN_IN),
        ({"eventSource": "signin.amazonaws.com", "eventType": "AwsConsoleSignIn"}, SIGN_IN),
        ({"eventSource": "kms.amazonaws.com", "eventType": "AwsServiceEvent"}, SERVICE_EVENT),
    ],
)
def test_a_bare_record_is_wrapped_in_the_detail_type_that_eventbridge_gives_it(record: Any, kind: str) -> None:
    assert wrapped(record)["detail-type"] == kind


def test_newer_ec2_calls_are_read_without_their_wrapper() -> None:
    one = event(
        requestParameters={"DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": "fl-1"}}},
        responseElements={"DeleteFlowLogsResponse": {"requestId": "r"}},
    )
    assert one.request.text("flowLogId") == "fl-1"
    assert one.response.text("requestId") == "r"


@pytest.mark.parametrize(
    "fields",
    [
        {"errorCode": "AccessDenied"},
        {"errorMessage": "Failed authentication"},
        {"responseElements": {"errorCode": "AccessDenied"}},
        {"responseElements": {"ConsoleLogin": "Failure"}},
    ],
)
def test_a_call_with_an_error_anywhere_was_refused(fields: Any) -> None:
    assert event(**fields).is_refused


def test_a_call_without_an_error_was_not_refused() -> None:
    assert not event(errorCode=None, responseElements=None).is_refused


@pytest.mark.parametrize(
    ("identity", "is_by_service"),
    [
        ({"type": "IAMUser", "userName": "alice"}, False),
        ({"type": "IAMUser", "userName": "alice", "invokedBy": "cloudformation.amazonaws.com"}, True),
        ({"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/AWSServiceRoleForBackup/AWSBackup"}, True),
        ({"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/deploy/alice"}, False),
    ],
)
def test_a_service_calls_with_its_own_role_or_for_somebody(identity: Any, is_by_service: bool) -> None:
    assert event(userIdentity=identity).is_by_service is is_by_service


@pytest.mark.parametrize(
    ("role", "fields", "is_by_stack_set"),
    [
        ("stacksets-exec-0123", {"sourceIPAddress": "cloudformation.amazonaws.com"}, True),
        ("AWSCloudFormationStackSetExecutionRole", {"sourceIPAddress": "cloudformation.amazonaws.com"}, True),
        ("stacksets-exec-mine", {"sourceIPAddress": "198.51.100.7"}, False),
        ("deploy", {"sourceIPAddress": "cloudformation.amazonaws.com"}, False),
    ],
)
def test_a_role_of_stack_sets_is_believed_where_cloudformation_calls(
    role: str, fields: Any, is_by_stack_set: bool
) -> None:
    identity = {"type": "AssumedRole", "arn": f"arn:aws:sts::111122223333:assumed-role/{role}/AWSCloudFormation"}
    assert event(userIdentity=identity, **fields).is_by_stack_set is is_by_stack_set


def test_what_several_ask_for_is_read_once() -> None:
    reads: list[str] = []

    def name(asked: CloudTrailEvent) -> str:
        reads.append(asked.name)
        return asked.name

    one, other = event(), event(eventName="StopInstances")
    assert (one.once(name), one.once(name), other.once(name)) == ("DeleteFlowLogs", "DeleteFlowLogs", "StopInstances")
    assert reads == ["DeleteFlowLogs", "StopInstances"]


def test_the_target_of_a_call_may_be_absent() -> None:
    assert event(errorCode="TrailNotFoundException").is_target_absent
    assert not event(errorCode="AccessDenied").is_target_absent


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-11-20T11:03:04Z", datetime(2026, 11, 20, 11, 3, 4, tzinfo=UTC)),
        ("2026-11-20 11:03:04.123456789", datetime(2026, 11, 20, 11, 3, 4, 123456, tzinfo=UTC)),
        ("yesterday", datetime(1970, 1, 1, tzinfo=UTC)),
        (None, datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_time_is_read_in_every_known_form(written: Any, moment: datetime) -> None:
    assert event(eventTime=written).time == moment


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")]
)
def test_the_region_tells_the_partition(region: str, partition: str) -> None:
    assert event(awsRegion=region).partition == partition


def test_the_account_of_the_delivery_stands_above_the_records() -> None:
    envelope = {**wrapped({"eventSource": "a", "eventName": "b", "recipientAccountId": "444455556666"}), "account": "1"}
    assert CloudTrailEvent(envelope).account_id == "1"


def test_a_record_without_an_id_has_the_same_made_up_one_every_time() -> None:
    assert event(requestParameters={"a": 1}).id == event(requestParameters={"a": 1}).id
    assert event(requestParameters={"a": 1}).id != event(requestParameters={"a": 2}).id
