"""The engine: which detections judge an event, and what becomes of their verdicts."""

import json
import math
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.cloudtrail import DETAIL_TYPES, CloudTrailEvent, wrapped
from contract.finding import Finding, Mode, Severity
from contract.names import USUAL_NAMES, Names
from contract.resource import ResourceArn
from generator.matcher import matches
from hub.detections.callers import is_read
from hub.detections.catalogue import DETECTIONS
from hub.detections.detection import Detection, Match
from hub.detections.engine import Engine
from hub.detections.exclusions import NOWHERE, USUAL_EXCLUSIONS, reason_against
from hub.detections.findings import fold, made
from hub.detections.settings import DetectionSettings
from hub.detections.window import Sighting
from tests.golden import EVENTS, every_event

OBSERVED_AT = "2026-11-20T12:00:00.000000Z"
# CloudTrail's; the other services' own have tests of theirs.
GOLDEN = [envelope for envelope in every_event() if envelope["detail-type"] in DETAIL_TYPES]
BUCKET = ResourceArn("arn:{partition}:s3:::{id}", ("requestParameters.bucketName",))

engine = Engine(DETECTIONS)


def record(**fields: Any) -> dict[str, Any]:
    return {
        "eventSource": "s3.amazonaws.com",
        "eventName": "DeleteBucket",
        "eventType": "AwsApiCall",
        "eventID": "6f2d0c5e-0000-4000-8000-000000000001",
        "eventTime": "2026-11-20T11:03:04Z",
        "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333",
        "userIdentity": {"type": "IAMUser", "userName": "alice", "arn": "arn:aws:iam::111122223333:user/alice"},
        "requestParameters": {"bucketName": "amzn-s3-demo-bucket"},
        **fields,
    }


def watching(identifier: str, predicate: Callable[..., Any] = lambda _event: True, **fields: Any) -> Detection:
    return Detection(
        **{
            "id": identifier,
            "title": "Bucket {resource} gone",
            "severity": Severity.HIGH,
            "api_calls": ("s3.amazonaws.com:DeleteBucket",),
            "predicate": predicate,
            "family": identifier,
            "resource": BUCKET,
            **fields,
        }
    )


def judged(detections: list[Detection], event: dict[str, Any], **options: Any) -> tuple[Finding, ...]:
    return Engine(detections, **options).judge(wrapped(event), OBSERVED_AT).findings


def sees(one: Detection, event: CloudTrailEvent) -> bool:
    for call in one.api_calls:
        source, _, name = call.partition(":")
        if source == "*" and matches(dict(one.only), event.detail):
            return True
        if source == event.source and name in {"*", event.name}:
            return True
    return False


def is_muster_at_work(event: CloudTrailEvent) -> bool:
    is_usual = event.is_refused or is_read(event) or "Tag" in event.name or event.name == "BatchUpdateFindings"
    return is_usual and USUAL_NAMES.is_own_role(event.actor.role)


def naive(event: CloudTrailEvent) -> tuple[list[Finding], list[Sighting]]:
    """What trying every detection gives."""
    found: list[Finding] = []
    sighted: list[Sighting] = []
    for one in DETECTIONS:
        if one.mode is Mode.OFF or not sees(one, event) or is_muster_at_work(event):
            continue
        if event.is_refused and not (one.failures or (one.attempts and not event.is_transient_failure)):
            continue
        if one.failures and not event.is_refused:
            continue
        raised = [made(one, match, event, OBSERVED_AT) for match in one.matches(event)]
        raised = [finding for finding in raised if not reason_against(USUAL_EXCLUSIONS, finding, event)]
        if one.window:
            sighted += [sighting for finding in raised for sighting in one.window.sighted(finding, event)]
        else:
            found += raised
    return fold(found), sighted


def agree(envelope: dict[str, Any]) -> bool:
    verdict = engine.judge(envelope, OBSERVED_AT)
    return (list(verdict.findings), list(verdict.sightings)) == naive(CloudTrailEvent(envelope))


@pytest.mark.parametrize("envelope", GOLDEN, ids=lambda envelope: envelope["detail"]["eventName"])
def test_the_index_finds_what_trying_every_detection_finds(envelope: dict[str, Any]) -> None:
    assert agree(envelope)


CALLS = sorted({call for one in DETECTIONS for call in one.api_calls if "*" not in call})
IDENTITIES = st.sampled_from(["IAMUser", "Root", "AssumedRole", "AWSService", "Unknown"])
ERRORS = st.sampled_from([None, "AccessDenied", "Client.UnauthorizedOperation", "NoSuchBucket", "ThrottlingException"])
AGENTS = st.sampled_from(["aws-cli/2.31.9", "Linux/6.6.15-kali2-amd64", "kalimba", "Prowler/5", "", "\ud800"])


@given(call=st.sampled_from(CALLS), other=st.sampled_from(GOLDEN), kind=IDENTITIES, error=ERRORS, agent=AGENTS)
def test_the_index_finds_the_same_for_any_call_with_any_content(
    call: str, other: dict[str, Any], kind: str, error: str | None, agent: str
) -> None:
    source, _, name = call.partition(":")
    identity = {**other["detail"]["userIdentity"], "type": kind}
    named = {"eventSource": source, "eventName": name, "userIdentity": identity, "userAgent": agent}
    failed = {"errorCode": error} if error else {}
    assert agree({**other, "detail": {**other["detail"], **named, **failed}})


def test_ten_times_as_many_detections_that_do_not_match_are_never_tried() -> None:
    others = [
        msgspec.structs.replace(one, id=f"{one.id}{copy}", api_calls=(f"other{copy}.amazonaws.com:Call",), only={})
        for copy in range(9)
        for one in DETECTIONS
    ]
    many = Engine([*others, *DETECTIONS])
    for envelope in GOLDEN:
        ids = [one.id for one in many.candidates(envelope["detail"])]
        assert ids == [one.id for one in engine.candidates(envelope["detail"])]


def test_an_event_that_no_detection_watches_costs_two_look_ups() -> None:
    assert engine.candidates(record(eventSource="monitoring.amazonaws.com", eventName="PutMetricData")) == []


def test_detections_of_one_family_become_one_finding_of_the_highest_severity() -> None:
    low = watching("s3.low", family="s3", severity=Severity.LOW)
    high = watching("s3.high", family="s3", severity=Severity.HIGH)
    (finding,) = judged([low, high], record())
    assert (finding.detection, finding.severity, finding.also) == ("s3.high", Severity.HIGH, ("s3.low",))


def test_a_family_is_told_to_people_when_any_of_its_detections_is() -> None:
    stored = watching("s3.stored", family="s3", mode=Mode.MONITOR)
    (finding,) = judged([stored, watching("s3.told", family="s3", severity=Severity.LOW)], record())
    assert (finding.detection, finding.mode) == ("s3.stored", Mode.LIVE)


def test_detections_of_two_families_stay_two_findings() -> None:
    assert len(judged([watching("s3.one"), watching("s3.two")], record())) == 2


def test_a_refused_call_is_no_deed() -> None:
    assert judged([watching("s3.one")], record(errorCode="AccessDenied")) == ()


def test_a_refused_call_is_an_attempt_of_at_most_medium_severity() -> None:
    (finding,) = judged([watching("s3.one", attempts=True)], record(errorCode="AccessDenied"))
    assert (finding.detection, finding.severity, finding.is_attempt) == ("s3.one.attempted", Severity.MEDIUM, True)
    assert finding.title == "Attempted: Bucket amzn-s3-demo-bucket gone"
    assert finding.details == {"error": "AccessDenied"}


def test_an_attempt_never_meets_the_finding_of_the_deed() -> None:
    detections = [watching("s3.one", attempts=True)]
    (deed,) = judged(detections, record())
    (attempt,) = judged(detections, record(errorCode="AccessDenied"))
    assert deed.id != attempt.id


def test_an_attempt_on_what_does_not_exist_is_only_informational() -> None:
    (finding,) = judged([watching("s3.one", attempts=True)], record(errorCode="NoSuchBucket"))
    assert finding.severity is Severity.INFORMATIONAL


@pytest.mark.parametrize("code", ["ConflictException", "ThrottlingException", "Client.RequestLimitExceeded"])
def test_a_call_that_failed_for_the_services_reasons_is_no_attempt(code: str) -> None:
    assert judged([watching("s3.one", attempts=True)], record(errorCode=code)) == ()


@pytest.mark.parametrize("code", ["Client.VcpuLimitExceeded", "Client.InstanceLimitExceeded", "LimitExceededException"])
def test_a_quota_that_is_used_up_stops_an_attempt(code: str) -> None:
    (finding,) = judged([watching("s3.one", attempts=True)], record(errorCode=code))
    assert finding.is_attempt


def test_an_error_in_the_answer_is_a_refusal_too() -> None:
    assert judged([watching("s3.one")], record(responseElements={"errorMessage": "Access Denied"})) == ()


def test_a_detection_of_failures_keeps_its_id_and_severity_and_sees_no_success() -> None:
    detections = [watching("s3.one", failures=True)]
    (finding,) = judged(detections, record(errorMessage="Failed authentication"))
    assert (finding.detection, finding.severity, finding.is_attempt) == ("s3.one", Severity.HIGH, False)
    assert judged(detections, record()) == ()


def _broken(_event: CloudTrailEvent) -> bool:
    raise ZeroDivisionError("division by zero")


def test_a_detection_that_raises_becomes_a_finding_and_does_not_silence_the_others() -> None:
    verdict = Engine([watching("s3.broken", _broken), watching("s3.one")]).judge(wrapped(record()), OBSERVED_AT)
    assert [failure.reason for failure in verdict.failures] == ["ZeroDivisionError: division by zero"]
    assert {finding.detection for finding in verdict.findings} == {"muster.detection_failed", "s3.one"}


def session_of(role: str) -> dict[str, Any]:
    return {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::111122223333:assumed-role/{role}/muster",
        "sessionContext": {"sessionIssuer": {"type": "Role", "userName": role}},
    }


@pytest.mark.parametrize(
    "role", ["muster-spoke-creator-tagger-eu-west-1", "muster-lookups-eu-central-1", "muster-read"]
)
def test_what_muster_itself_does_raises_nothing(role: str) -> None:
    own = session_of(role)
    watched = [watching("s3.one", api_calls=("s3.amazonaws.com:PutBucketTagging",), attempts=True)]
    tagged = record(eventName="PutBucketTagging", userIdentity=own)
    assert judged(watched, tagged) == ()
    assert judged(watched, tagged, names=Names("other"))
    assert judged([watching("s3.one", attempts=True)], record(userIdentity=own, errorCode="AccessDenied")) == ()


def test_a_role_of_musters_that_does_something_else_is_watched() -> None:
    """Whoever may make roles can take their names in a Region without spokes."""
    assert judged([watching("s3.one")], record(userIdentity=session_of("muster-spoke-heartbeat-eu-west-1")))


@pytest.mark.parametrize(
    "role", ["muster-evil", "muster-evil-eu-west-1", "muster-detector", "muster-spoke-heartbeat-eu-west-1-evil"]
)
def test_a_role_that_borrows_musters_prefix_is_still_watched(role: str) -> None:
    assert judged([watching("s3.one")], record(userIdentity=session_of(role)))


def test_a_user_with_a_name_like_musters_roles_is_still_watched() -> None:
    assert judged([watching("s3.one")], record(userIdentity={"type": "IAMUser", "userName": "muster-alice"}))


def test_settings_switch_a_detection_off_or_to_monitoring() -> None:
    one = watching("s3.one")
    assert judged([one], record(), settings=DetectionSettings(modes={"s3.one": Mode.OFF})) == ()
    (finding,) = judged([one], record(), settings=DetectionSettings(modes={"s3.one": Mode.MONITOR}))
    assert finding.mode is Mode.MONITOR


def test_the_severity_of_the_settings_stands_above_the_detections_and_the_matchs() -> None:
    one = watching("s3.one", lambda _event: Match(severity=Severity.CRITICAL))
    (finding,) = judged([one], record(), settings=DetectionSettings(severities={"s3.one": Severity.LOW}))
    assert finding.severity is Severity.LOW


def test_a_match_brings_its_own_resource_severity_and_details() -> None:
    match = Match("arn:aws:s3:::other", severity=Severity.LOW, details={"why": "test"})
    one = watching("s3.one", lambda _event: [match], title="{resource} because of {why}")
    (finding,) = judged([one], record())
    assert (finding.resource, finding.severity) == ("arn:aws:s3:::other", Severity.LOW)
    assert finding.title == "other because of test"


def test_a_match_without_a_resource_takes_the_detections() -> None:
    (finding,) = judged([watching("s3.one", lambda _event: Match(severity=Severity.LOW))], record())
    assert finding.resource == "arn:aws:s3:::amzn-s3-demo-bucket"


def test_accounts_of_the_organization_are_no_strangers() -> None:
    path = next((EVENTS / "ec2.snapshot_shared_external").glob("fires-*.json"))
    knowing = Engine(DETECTIONS)
    assert knowing.judge(json.loads(path.read_bytes()), OBSERVED_AT).findings
    knowing.know_places({"111122223333": NOWHERE, "777788889999": NOWHERE})
    assert knowing.judge(json.loads(path.read_bytes()), OBSERVED_AT).findings == ()


def test_ports_and_addresses_of_the_settings_may_be_open() -> None:
    path = EVENTS / "security_group.world_open_other_port" / "fires-unusual-port.json"
    envelope = json.loads(path.read_bytes())
    for allowed in (DetectionSettings(allowed_ports=(8443,)), DetectionSettings(allowed_cidrs=("0.0.0.0/0",))):
        (finding,) = Engine(DETECTIONS, allowed).judge(envelope, OBSERVED_AT).findings
        assert finding.detection == "security_group.changed"


def test_the_same_event_delivered_twice_is_one_finding() -> None:
    first = engine.judge(GOLDEN[0], OBSERVED_AT).findings
    again = engine.judge({**GOLDEN[0], "id": "another-delivery"}, OBSERVED_AT).findings
    assert [finding.id for finding in first] == [finding.id for finding in again]


@pytest.mark.parametrize(
    "envelope",
    [
        None,
        [],
        {},
        {"detail-type": []},
        {"detail-type": "AWS API Call via CloudTrail"},
        {"detail-type": "AWS API Call via CloudTrail", "detail": []},
        {"detail-type": "AWS API Call via CloudTrail", "detail": {"eventSource": 1, "eventName": None}},
        {"detail-type": "EC2 Instance State-change Notification", "detail": {"state": "running"}},
    ],
)
def test_what_is_no_recorded_call_has_no_findings(envelope: Any) -> None:
    assert engine.judge(envelope, OBSERVED_AT).findings == ()


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.sampled_from([math.nan, 10**30, "\ud800", "0.0.0.0/0", "*", "{", "[[[[", "%7B", "arn:"])
    | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(inner for key, one in pairs for inner in _paths(one, (*path, key)))]


def _replaced(value: Any, path: tuple[str | int, ...], odd: Any) -> Any:
    if not path:
        return odd
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _replaced(value[path[0]], path[1:], odd)
    return copy


@settings(max_examples=400)
@given(data=st.data(), envelope=st.sampled_from(GOLDEN), odd=ODD)
def test_no_json_in_any_field_makes_the_engine_raise(data: st.DataObject, envelope: dict[str, Any], odd: Any) -> None:
    hostile = _replaced(envelope, data.draw(st.sampled_from(_paths(envelope))), odd)
    for finding in engine.judge(hostile, OBSERVED_AT).findings:
        msgspec.json.encode(finding)


@given(detail=st.dictionaries(st.text(max_size=12), ODD, max_size=6), call=st.sampled_from(CALLS))
def test_no_record_at_all_makes_the_engine_raise(detail: dict[str, Any], call: str) -> None:
    source, _, name = call.partition(":")
    envelope = wrapped({**detail, "eventSource": source, "eventName": name})
    for finding in engine.judge(envelope, OBSERVED_AT).findings:
        msgspec.json.encode(finding)


def test_a_number_of_five_thousand_digits_does_not_make_the_engine_raise() -> None:
    huge = 10**5000
    engine.judge(wrapped(record(requestParameters={"bucketName": huge}, eventID=huge)), OBSERVED_AT)


def test_a_deeply_nested_record_does_not_make_the_engine_raise() -> None:
    deep: Any = {}
    for _ in range(400):
        deep = {"items": [deep]}
    request = {"bucketName": deep, "bucketPolicy": deep}
    engine.judge(wrapped(record(eventName="PutBucketPolicy", requestParameters=request)), OBSERVED_AT)
    engine.judge(wrapped(record(userIdentity=deep, eventID=deep, awsRegion=deep, errorCode=deep)), OBSERVED_AT)


@pytest.mark.parametrize(("role", "found"), [("muster-spoke-expiry", 0), ("muster-spoke-backup-tagger", 1)])
def test_the_expiry_alone_deletes_images_and_snapshots_unseen(role: str, found: int) -> None:
    path = next((EVENTS / "ec2.image_deleted").glob("fires-*.json"))
    event = json.loads(path.read_bytes())
    for one in event if isinstance(event, list) else [event]:
        one["detail"]["userIdentity"] = {
            "type": "AssumedRole",
            "arn": f"arn:aws:sts::111122223333:assumed-role/{role}-eu-central-1/muster",
            "accountId": "111122223333",
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "arn": f"arn:aws:iam::111122223333:role/{role}-eu-central-1",
                    "accountId": "111122223333",
                    "userName": f"{role}-eu-central-1",
                }
            },
        }
        said = Engine(DETECTIONS).judge(one, OBSERVED_AT).findings
        assert len([each for each in said if each.detection == "ec2.image_deleted"]) == found
