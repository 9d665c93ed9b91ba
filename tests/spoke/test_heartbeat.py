"""The heartbeat: it always beats, says what is wrong, and always answers CloudFormation."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from contract.account_settings import settings_digest
from spoke.heartbeat import handler as heart
from spoke.reports import ReportRefusedError

Beat = Callable[..., None]
WELL = {"rules": "", "roles": "", "dead letters": "", "trail": "", "recorder": "", "settings": ""}


def _refusal(status: int, code: str) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "GetObject")


@pytest.fixture
def beat(aws: Any, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Beat]:
    monkeypatch.setenv("HUB_BUS_ARN", "arn:aws:events:us-east-1:999999999999:event-bus/muster")
    monkeypatch.setenv("PREFIX", "muster")
    monkeypatch.setenv("CONFIG_HASH", "c0ffee")
    monkeypatch.setenv("INTERVAL_SECONDS", "3600")
    monkeypatch.setenv("ARTEFACT_BUCKET", "muster-artefacts-999999999999-eu-central-1")
    monkeypatch.setattr(heart, "client", aws.client)
    heart._settings.cache_clear()
    aws.answers |= {
        "list_rules": {"Rules": [{"Name": "muster-spoke-alerts-1", "State": "ENABLED"}]},
        "get_queue_url": lambda QueueName: {"QueueUrl": f"https://queue.example/{QueueName}"},  # noqa: N803 - boto's name
        "get_queue_attributes": {"Attributes": {"ApproximateNumberOfMessages": "0"}},
        "describe_trails": {"trailList": [{"TrailARN": "t", "HasCustomEventSelectors": False}]},
        "get_trail_status": {"IsLogging": True},
        "get_object": _refusal(403, "AccessDenied"),
    }
    yield lambda event, **more: heart.beat_handler(event, SimpleNamespace(**vars(context) | more))
    heart._settings.cache_clear()


def _heartbeat(aws: Any) -> dict[str, Any]:
    (sent,) = aws.named("put_events")
    (entry,) = sent["Entries"]
    assert (entry["Source"], entry["DetailType"]) == ("muster.spoke", "Muster Heartbeat")
    detail: dict[str, Any] = json.loads(entry["Detail"])
    return detail


def test_a_heartbeat_says_who_it_is_and_that_all_is_well(beat: Beat, aws: Any) -> None:
    beat({"source": "aws.events"})
    sent = _heartbeat(aws)
    assert (sent["account"], sent["region"]) == ("111122223333", "eu-central-1")
    assert (sent["config_hash"], sent["interval_seconds"], sent["checks"]) == ("c0ffee", 3600, WELL)


def _lying_there(body: bytes) -> dict[str, Any]:
    return {"Body": io.BytesIO(body)}


def test_checks_are_skipped_as_the_account_s_settings_say(beat: Beat, aws: Any) -> None:
    body = b'{"skipped_checks": ["trail", "unheard of"], "of_a_later_version": 1}'
    aws.answers["get_object"] = _lying_there(body)
    beat({})
    sent = _heartbeat(aws)
    assert sent["checks"] == {name: text for name, text in WELL.items() if name != "trail"}
    assert sent["settings_hash"] == settings_digest(body)
    (asked,) = aws.named("get_object")
    assert asked == {"Bucket": "muster-artefacts-999999999999-eu-central-1", "Key": "settings/111122223333.json"}


@pytest.mark.parametrize(("status", "code"), [(404, "NoSuchKey"), (403, "AccessDenied")])
def test_an_account_without_settings_has_the_defaults(beat: Beat, aws: Any, status: int, code: str) -> None:
    aws.answers["get_object"] = _refusal(status, code)
    beat({})
    sent = _heartbeat(aws)
    assert (sent["checks"], sent["settings_hash"]) == (WELL, "")


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (EndpointConnectionError(endpoint_url="https://s3.example"), "could not be read: Could not connect"),
        (_refusal(503, "SlowDown"), "could not be read: An error occurred (SlowDown)"),
        (_lying_there(b"[1"), "not as the hub writes them: "),
        (_lying_there(b'{"skipped_checks": 1}'), "not as the hub writes them: "),
        (_lying_there(b'{"skipped_checks": ["\xff"]}'), "not as the hub writes them: "),
    ],
    ids=["unreachable", "busy", "no JSON", "another form", "no text"],
)
def test_settings_that_cannot_be_read_do_not_silence_the_heart(
    beat: Beat, aws: Any, answer: Any, complaint: str
) -> None:
    aws.answers["get_object"] = answer
    beat({})
    checks = _heartbeat(aws)["checks"]
    assert checks["settings"].startswith(complaint)
    assert {name for name, text in checks.items() if text} == {"settings"}


@pytest.mark.parametrize(
    ("check", "answers", "complaint"),
    [
        ("rules", {"list_rules": {"Rules": []}}, "no rule begins with muster-spoke-"),
        ("rules", {"list_rules": {"Rules": [{"Name": "r", "State": "DISABLED"}]}}, "not enabled: r"),
        ("trail", {"describe_trails": {"trailList": []}}, "no trail logs management events"),
        ("trail", {"get_trail_status": {"IsLogging": False}}, "no trail logs management events"),
        (
            "dead letters",
            {"get_queue_attributes": {"Attributes": {"ApproximateNumberOfMessages": "2"}}},
            "waiting: 2 in muster-spoke-alerts-dlq",
        ),
    ],
)
def test_what_is_wrong_is_said_in_words(
    beat: Beat, aws: Any, check: str, answers: dict[str, Any], complaint: str
) -> None:
    aws.answers |= answers
    beat({})
    checks = _heartbeat(aws)["checks"]
    assert checks[check].startswith(complaint)
    assert {name for name, text in checks.items() if text} == {check}


def test_a_missing_role_is_named(beat: Beat, aws: Any) -> None:
    aws.refuse("get_role", "NoSuchEntity", status=404)
    beat({})
    assert "muster-spoke-heartbeat-eu-central-1" in _heartbeat(aws)["checks"]["roles"]


@pytest.mark.parametrize(("selectors", "is_well"), [(["Management"], True), (["Data"], False)])
def test_a_trail_of_data_events_only_is_no_trail(beat: Beat, aws: Any, selectors: list[str], is_well: bool) -> None:
    aws.answers["describe_trails"] = {"trailList": [{"TrailARN": "t", "HasCustomEventSelectors": True}]}
    fields = [{"Field": "eventCategory", "Equals": selectors}]
    aws.answers["get_event_selectors"] = {"AdvancedEventSelectors": [{"FieldSelectors": fields}]}
    beat({})
    assert (_heartbeat(aws)["checks"]["trail"] == "") is is_well


def test_a_check_that_may_not_look_does_not_silence_the_heart(
    beat: Beat, aws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONFIG_BUCKET", "example-config")
    for call in ("list_rules", "get_role", "get_queue_url", "describe_trails", "describe_configuration_recorders"):
        aws.refuse(call, "AccessDenied", status=403)
    beat({})
    checks = _heartbeat(aws)["checks"]
    assert checks.pop("settings") == ""
    assert all(text.startswith("could not look: ") for text in checks.values())


def test_a_heartbeat_that_the_hub_refuses_fails_the_invocation(beat: Beat, aws: Any) -> None:
    aws.answers["put_events"] = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "AccessDenied"}]}
    with pytest.raises(ReportRefusedError):
        beat({})


@pytest.fixture
def cloudformation() -> Iterator[SimpleNamespace]:
    """Return CloudFormation: a URL that takes answers, and the answers."""
    answers: list[dict[str, Any]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            answers.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield SimpleNamespace(url=f"http://127.0.0.1:{server.server_port}/answer", answers=answers)
    server.shutdown()
    thread.join()
    server.server_close()


def _request(kind: str, url: str, **more: Any) -> dict[str, Any]:
    return {
        "RequestType": kind,
        "ResponseURL": url,
        "StackId": "arn:aws:cloudformation:eu-central-1:111122223333:stack/muster-spoke/1",
        "RequestId": "r",
        "LogicalResourceId": "Introduction",
    } | more


MACHINE = "arn:aws:states:eu-central-1:111122223333:stateMachine:muster-spoke-agent-scan"


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_a_deployment_has_all_instances_looked_at(
    beat: Beat, aws: Any, cloudformation: Any, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("AGENT_SCAN_MACHINE", MACHINE)
    beat(_request(kind, cloudformation.url))
    assert aws.named("start_execution") == [{"stateMachineArn": MACHINE, "name": "stack-r", "input": '{"via":"scan"}'}]
    assert _heartbeat(aws)["checks"]["agent scan"] == ""
    assert cloudformation.answers[0]["Status"] == "SUCCESS"


def test_a_scan_that_cannot_be_started_is_told_and_fails_no_stack(
    beat: Beat, aws: Any, cloudformation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_SCAN_MACHINE", MACHINE)
    aws.refuse("start_execution", "StateMachineDoesNotExist")
    beat(_request("Update", cloudformation.url))
    assert _heartbeat(aws)["checks"]["agent scan"].startswith("not started: ")
    assert cloudformation.answers[0]["Status"] == "SUCCESS"


def test_no_scan_is_started_at_deletion_by_the_hour_or_without_the_agent(
    beat: Beat, aws: Any, cloudformation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    beat(_request("Create", cloudformation.url))
    monkeypatch.setenv("AGENT_SCAN_MACHINE", MACHINE)
    heart._settings.cache_clear()
    beat(_request("Delete", cloudformation.url))
    beat({"source": "aws.events"})
    assert aws.named("start_execution") == []


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_a_deployment_sends_the_first_heartbeat(beat: Beat, aws: Any, cloudformation: Any, kind: str) -> None:
    beat(_request(kind, cloudformation.url))
    assert _heartbeat(aws)["config_hash"] == "c0ffee"
    (answer,) = cloudformation.answers
    assert (answer["Status"], answer["PhysicalResourceId"], answer["RequestId"]) == ("SUCCESS", "Introduction", "r")


def test_a_deletion_succeeds_and_sends_nothing(beat: Beat, aws: Any, cloudformation: Any) -> None:
    beat(_request("Delete", cloudformation.url, PhysicalResourceId="older-id"))
    assert aws.calls == []
    (answer,) = cloudformation.answers
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "older-id")


def test_cloudformation_is_answered_also_when_the_hub_refuses(beat: Beat, aws: Any, cloudformation: Any) -> None:
    aws.refuse("put_events", "AccessDenied", "no " * 5000)
    beat(_request("Create", cloudformation.url))
    (answer,) = cloudformation.answers
    assert answer["Status"] == "FAILED"
    assert "ReportRefusedError" in answer["Reason"]
    assert len(json.dumps(answer)) < 4096


def test_cloudformation_is_answered_also_when_settings_are_missing(
    beat: Beat, cloudformation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HUB_BUS_ARN")
    beat(_request("Create", cloudformation.url))
    assert "HUB_BUS_ARN" in cloudformation.answers[0]["Reason"]


def test_cloudformation_is_answered_before_the_time_is_up(beat: Beat, aws: Any, cloudformation: Any) -> None:
    waiting = threading.Event()
    aws.answers["put_events"] = lambda **_: waiting.wait(60)
    beat(_request("Create", cloudformation.url), get_remaining_time_in_millis=lambda: 10_500)
    assert cloudformation.answers[0]["Status"] == "FAILED"
    assert "TimeoutError" in cloudformation.answers[0]["Reason"]
