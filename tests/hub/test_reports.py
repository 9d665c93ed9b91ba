"""What spokes may report, and what is refused."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from contract.names import UNWELL_SPOKES
from hub import reports
from hub.reports import record_handler
from hub.store.retention import RetentionStore
from hub.store.spokes import SpokeStore
from hub.store.tagging import TaggingStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACCOUNT = "111122223333"
NOW = datetime(2026, 11, 20, 9, 2, tzinfo=UTC)
SPOKE = {"account": ACCOUNT, "region": "eu-west-1", "version": "0.1.0", "schema": 1}
HEARTBEAT = {**SPOKE, "config_hash": "a", "interval_seconds": 3600, "checks": {"trail": ""}}
TAGGING = {
    **SPOKE,
    "api_call": "ec2.amazonaws.com:RunInstances",
    "event_id": "e1",
    "created_by": "alice",
    "tagged": ["arn:a"],
    "failed": [{"arn": "arn:b", "reason": "denied"}],
}


def report(kind: str, detail: Any, account: str = ACCOUNT, time: str = "2026-11-20T09:00:00Z") -> str:
    return json.dumps({"detail-type": kind, "account": account, "time": time, "detail": detail})


@pytest.fixture
def handle(
    dynamodb: "DynamoDBClient", aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., list[str]]]:
    monkeypatch.setenv("STATE_TABLE", "state")
    monkeypatch.setattr(reports, "aws_client", aws)
    monkeypatch.setattr(reports, "now", lambda: NOW)
    reports._recorder.cache_clear()

    def handled(*bodies: str) -> list[str]:
        records = [
            {"messageId": str(place), "body": body, "eventSource": "aws:sqs"} for place, body in enumerate(bodies)
        ]
        failures = record_handler({"Records": records}, None)["batchItemFailures"]
        return [failure["itemIdentifier"] for failure in failures]

    yield handled
    reports._recorder.cache_clear()


def test_heartbeats_and_tagging_results_are_stored(handle: Any, dynamodb: "DynamoDBClient") -> None:
    assert handle(report("Muster Heartbeat", HEARTBEAT), report("Muster Tagging Result", TAGGING)) == []
    (spoke,) = SpokeStore(dynamodb, "state").all()
    assert (spoke.heartbeat.checks, spoke.seen_at) == ({"trail": ""}, "2026-11-20T09:00:00.000000Z")
    (result,) = TaggingStore(dynamodb, "state").of(ACCOUNT)
    assert (result.created_by, result.failed[0].reason) == ("alice", "denied")


def test_a_run_over_images_and_snapshots_is_stored_and_measured(
    handle: Any, dynamodb: "DynamoDBClient", capsys: pytest.CaptureFixture[str]
) -> None:
    run = {**SPOKE, "job": "tagging", "run": "1", "interval_seconds": 86_400, "seconds": 4.5, "peak_memory_mb": 90}
    told = {**run, "images": 2, "snapshots": 8, "failed": 1, "failures": [{"id": "snap-1", "reason": "no"}]}
    assert handle(report("Muster Retention Report", told)) == []
    (stored,) = RetentionStore(dynamodb, "state").each()
    assert (stored.report.snapshots, stored.is_failed, stored.seen_at) == (8, True, "2026-11-20T09:00:00.000000Z")
    (measured,) = [line for line in map(json.loads, capsys.readouterr().out.splitlines()) if "RetentionRuns" in line]
    figures = [measured[name] for name in ("RetentionSeconds", "RetentionSeen", "RetentionFailures", "RetentionErrors")]
    assert figures == [[4.5], [10.0], [1.0], [0.0]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"job": "other"},
        {"interval_seconds": 1},
        {"due_cost": -1},
        {"delete_on": {f"{day:010}": 1 for day in range(61)}},
    ],
)
def test_a_run_that_no_spoke_reports_is_refused(handle: Any, wrong: dict[str, Any]) -> None:
    run = {**SPOKE, "job": "tagging", "run": "1", "interval_seconds": 86_400}
    assert handle(report("Muster Retention Report", {**run, **wrong})) == ["0"]


LAMBDA_RESULT = "Lambda Function Invocation Result - Success"


def test_a_result_that_lambda_hands_over_is_stored_and_its_lag_measured(
    handle: Any, dynamodb: "DynamoDBClient", capsys: pytest.CaptureFixture[str]
) -> None:
    payload = {**TAGGING, "created_at": "2026-11-20T08:59:00.000000Z", "lag_seconds": 12.5}
    assert handle(report(LAMBDA_RESULT, {"requestPayload": {}, "responsePayload": payload})) == []
    (result,) = TaggingStore(dynamodb, "state").of(ACCOUNT)
    assert (result.created_by, result.lag_seconds) == ("alice", 12.5)
    (measured,) = [line for line in map(json.loads, capsys.readouterr().out.splitlines()) if "TaggingLag" in line]
    assert measured["TaggingLag"] == [12.5]


@pytest.mark.parametrize("detail", [None, [], {}, {"responsePayload": None}, {"responsePayload": {"account": "x"}}])
def test_what_lambda_hands_over_of_other_functions_is_refused(handle: Any, detail: Any) -> None:
    assert handle(report(LAMBDA_RESULT, detail)) == ["0"]


def test_what_lambda_hands_over_speaks_for_its_own_account_only(handle: Any) -> None:
    assert handle(report(LAMBDA_RESULT, {"responsePayload": TAGGING}, account="444455556666")) == ["0"]


def test_a_spoke_says_which_settings_it_read_and_an_older_one_need_not(handle: Any, dynamodb: "DynamoDBClient") -> None:
    assert "settings_hash" not in HEARTBEAT
    newer = {**HEARTBEAT, "region": "us-east-1", "settings_hash": "0123456789abcdef"}
    assert handle(report("Muster Heartbeat", HEARTBEAT), report("Muster Heartbeat", newer)) == []
    found = {spoke.heartbeat.region: spoke.heartbeat.settings_hash for spoke in SpokeStore(dynamodb, "state").all()}
    assert found == {"eu-west-1": "", "us-east-1": "0123456789abcdef"}


def test_a_spoke_whose_clock_is_ahead_is_seen_at_the_hubs_time(handle: Any, dynamodb: "DynamoDBClient") -> None:
    assert handle(report("Muster Heartbeat", HEARTBEAT, time="2026-11-20T09:06:00Z")) == []
    (spoke,) = SpokeStore(dynamodb, "state").all()
    assert spoke.seen_at == "2026-11-20T09:02:00.000000Z"


def test_a_spoke_that_finds_something_wrong_counts_for_the_alarm(
    handle: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert handle(report("Muster Heartbeat", HEARTBEAT)) == []
    assert UNWELL_SPOKES not in capsys.readouterr().out
    unwell = {**HEARTBEAT, "checks": {"trail": "no trail logs management events"}}
    assert handle(report("Muster Heartbeat", unwell)) == []
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if UNWELL_SPOKES in line]
    assert [(one[UNWELL_SPOKES], one["service"]) for one in written] == [([1.0], "reports")]


def test_fields_that_a_newer_spoke_adds_are_no_reason_to_refuse_its_report(
    handle: Any, dynamodb: "DynamoDBClient"
) -> None:
    heartbeat = {**HEARTBEAT, "uptime": {"days": 3}}
    result = {**TAGGING, "failed": [{"arn": "arn:x", "reason": "denied", "code": 400}]}
    assert handle(report("Muster Heartbeat", heartbeat), report("Muster Tagging Result", result)) == []
    assert len(SpokeStore(dynamodb, "state").all()) == 1
    assert [one.failed[0].reason for one in TaggingStore(dynamodb, "state").of(ACCOUNT)] == ["denied"]


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "[]",
        "nonsense",
        report("Muster Something Else", HEARTBEAT),
        report("Muster Heartbeat", HEARTBEAT, account="444455556666"),
        report("Muster Heartbeat", {**HEARTBEAT, "schema": 2}),
        report("Muster Heartbeat", {**HEARTBEAT, "interval_seconds": "soon"}),
        report("Muster Heartbeat", SPOKE),
        report("Muster Heartbeat", None),
        report("Muster Heartbeat", HEARTBEAT, time="yesterday"),
        report("Muster Heartbeat", HEARTBEAT, time="2026-11-20T09:08:00Z"),
        report("Muster Heartbeat", {**HEARTBEAT, "account": "1"}, account="1"),
        report("Muster Heartbeat", {**HEARTBEAT, "region": "eu-west-1#x"}),
        report("Muster Heartbeat", {**HEARTBEAT, "interval_seconds": 59}),
        report("Muster Heartbeat", {**HEARTBEAT, "interval_seconds": 10**9}),
        report("Muster Heartbeat", {**HEARTBEAT, "checks": {"trail": "x" * 1001}}),
        report("Muster Heartbeat", {**HEARTBEAT, "checks": {str(one): "" for one in range(51)}}),
        report("Muster Tagging Result", {**TAGGING, "event_id": "x" * 129}),
        report("Muster Tagging Result", {**TAGGING, "tagged": ["arn:x"] * 201}),
    ],
)
def test_a_report_that_is_refused_comes_back_alone(handle: Any, dynamodb: "DynamoDBClient", bad: str) -> None:
    assert handle(bad, report("Muster Tagging Result", TAGGING)) == ["0"]
    assert SpokeStore(dynamodb, "state").all() == []
    assert len(list(TaggingStore(dynamodb, "state").of(ACCOUNT))) == 1


def test_a_batch_of_which_nothing_can_be_stored_comes_back_whole(handle: Any) -> None:
    assert handle("?", "!") == ["0", "1"]
