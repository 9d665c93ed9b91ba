"""What is normal raises nothing, and says why."""

from typing import Any

import msgspec
import pytest

from contract.cloudtrail import CloudTrailEvent, wrapped
from contract.finding import Severity
from hub.detections.catalogue import DETECTIONS
from hub.detections.engine import Engine
from hub.detections.exclusions import USUAL_EXCLUSIONS, Exclusion, Place, reason_against
from hub.detections.findings import made
from hub.detections.settings import DetectionSettings
from hub.detections.verdict import Excluded

OBSERVED_AT = "2026-11-20T12:00:00.000000Z"
PLACE = Place(
    ou_ids=("r-exam", "ou-exam-12345678"), ou_path="Root/Workloads/Production", tags={"Environment": "production"}
)
(ONE,) = [one for one in DETECTIONS if one.id == "s3.bucket_deleted"]


def record(**fields: Any) -> dict[str, Any]:
    return wrapped(
        {
            "eventSource": "s3.amazonaws.com",
            "eventName": "DeleteBucket",
            "eventID": "e1",
            "eventTime": "2026-11-20T11:03:04Z",
            "awsRegion": "eu-west-1",
            "sourceIPAddress": "192.0.2.7",
            "recipientAccountId": "111122223333",
            "userIdentity": {
                "type": "AssumedRole",
                "arn": "arn:aws:sts::111122223333:assumed-role/ci-deploy/GitHubActions",
                "sessionContext": {
                    "sessionIssuer": {
                        "type": "Role",
                        "userName": "ci-deploy",
                        "arn": "arn:aws:iam::111122223333:role/pipelines/ci-deploy",
                    }
                },
            },
            "requestParameters": {"bucketName": "amzn-s3-demo-bucket"},
            **fields,
        }
    )


def is_covered(envelope: dict[str, Any] | None = None, place: Place = PLACE, **said: Any) -> bool:
    event = CloudTrailEvent(envelope or record())
    (match,) = ONE.matches(event)
    return Exclusion(reason="test", **said).covers(made(ONE, match, event, OBSERVED_AT), event, place)


@pytest.mark.parametrize(
    "said",
    [
        {"detections": ("s3.bucket_deleted",)},
        {"detections": ("s3.*",)},
        {"actors": ("ci-deploy",)},
        {"actors": ("alice", "ci-*")},
        {"actors": ("arn:aws:sts::111122223333:assumed-role/ci-deploy/*",)},
        {"actors": ("arn:aws:iam::*:role/pipelines/ci-*",)},
        {"actor_kinds": ("role",)},
        {"source_ips": ("192.0.2.?",)},
        {"source_ips": ("198.51.100.0/24", "192.0.2.0/24")},
        {"api_calls": ("s3.amazonaws.com:DeleteBucket",)},
        {"resources": ("arn:aws:s3:::amzn-s3-demo-*",)},
        {"accounts": ("111122223333",)},
        {"ous": ("ou-exam-12345678",)},
        {"ous": ("Root/Workloads",)},
        {"ous": ("Root/*/Production",)},
        {"tags": ("Environment=prod*",)},
        {"until": "2026-11-21"},
        {"detections": ("s3.*",), "actors": ("ci-*",), "ous": ("Root",)},
    ],
)
def test_what_fits_is_left_out(said: dict[str, Any]) -> None:
    assert is_covered(**said)


@pytest.mark.parametrize(
    "said",
    [
        {"detections": ("s3.bucket_policy_public",)},
        {"detections": ("bucket_deleted",)},
        {"actors": ("deploy",)},
        {"actors": ("CI-DEPLOY",)},
        {"invoked_by": ("*",)},
        {"source_ips": ("192.0.3.0/24", "2001:db8::/32")},
        {"resources": ("amzn-s3-demo-bucket",)},
        {"accounts": ("444455556666",)},
        {"ous": ("Root/Work",)},
        {"tags": ("Environment=prod",)},
        {"tags": ("Owner=*",)},
        {"until": "2026-11-20"},
        {"detections": ("s3.*",), "actors": ("alice",)},
    ],
)
def test_what_does_not_fit_stays(said: dict[str, Any]) -> None:
    assert not is_covered(**said)


def test_an_exclusion_of_a_detection_covers_its_refused_attempts() -> None:
    attempt = next(one for one in DETECTIONS if one.id == "cloudtrail.logging_stopped")
    event = CloudTrailEvent(
        record(eventSource="cloudtrail.amazonaws.com", eventName="StopLogging", errorCode="AccessDenied")
    )
    (match,) = attempt.matches(event)
    finding = made(attempt, match, event, OBSERVED_AT)
    assert finding.detection == "cloudtrail.logging_stopped.attempted"
    assert Exclusion(reason="test", detections=("cloudtrail.logging_stopped",)).covers(finding, event)


def test_a_finding_about_several_resources_is_normal_only_when_it_is_of_all() -> None:
    event = CloudTrailEvent(record())
    finding = made(ONE, ONE.matches(event)[0], event, OBSERVED_AT)
    both = msgspec.structs.replace(finding, resources=("arn:aws:s3:::website-a", "arn:aws:s3:::customers"))
    assert not Exclusion(reason="x", resources=("arn:aws:s3:::website-*",)).covers(both, event)
    assert Exclusion(reason="x", resources=("arn:aws:s3:::website-*", "arn:aws:s3:::customers")).covers(both, event)


def test_brackets_and_dots_mean_themselves() -> None:
    assert not is_covered(source_ips=("192x0x2x7",))
    assert not is_covered(source_ips=("192.0.2.[7]",))


def test_the_engine_says_what_it_left_out_and_why() -> None:
    settings = DetectionSettings(exclusions=(Exclusion(reason="the pipeline cleans up", actors=("ci-*",)),))
    verdict = Engine(DETECTIONS, settings).judge(record(), OBSERVED_AT)
    assert verdict.findings == ()
    assert verdict.excluded == (Excluded("s3.bucket_deleted", "the pipeline cleans up"),)


def test_places_and_tags_are_the_accounts_own() -> None:
    settings = DetectionSettings(exclusions=(Exclusion(reason="a sandbox", ous=("Root/Workloads",)),))
    engine = Engine(DETECTIONS, settings)
    assert engine.judge(record(), OBSERVED_AT).findings
    engine.know_places({"111122223333": PLACE})
    assert engine.judge(record(), OBSERVED_AT).findings == ()


def test_an_excluded_sighting_is_not_counted() -> None:
    refused = record(eventSource="iam.amazonaws.com", eventName="CreateUser", errorCode="AccessDenied")
    assert Engine(DETECTIONS).judge(refused, OBSERVED_AT).sightings
    probe = record(sourceIPAddress="delivery.logs.amazonaws.com", errorCode="AccessDenied")
    verdict = Engine(DETECTIONS).judge(probe, OBSERVED_AT)
    assert verdict.sightings == ()
    assert verdict.excluded


def test_the_usual_exclusions_can_be_taken_out() -> None:
    probe = record(sourceIPAddress="delivery.logs.amazonaws.com", errorCode="AccessDenied")
    settings = DetectionSettings(has_usual_exclusions=False)
    assert Engine(DETECTIONS, settings).judge(probe, OBSERVED_AT).sightings


def test_the_usual_exclusions_name_detections_that_there_are() -> None:
    for exclusion in USUAL_EXCLUSIONS:
        for wanted in exclusion.detections:
            only = Exclusion(reason="", detections=(wanted,))
            event = CloudTrailEvent(record())
            finding = made(ONE, ONE.matches(event)[0], event, OBSERVED_AT)
            named = [one.id for one in DETECTIONS if only.covers(_as(finding, one.id), event)]
            assert named, f"{wanted} of {exclusion.reason!r} is no detection's id"


def _as(finding: Any, detection: str) -> Any:
    return msgspec.structs.replace(finding, detection=detection)


def test_no_usual_exclusion_hides_what_is_severe() -> None:
    severe = {one.id for one in DETECTIONS if one.severity in {Severity.HIGH, Severity.CRITICAL}}
    event = CloudTrailEvent(record())
    finding = made(ONE, ONE.matches(event)[0], event, OBSERVED_AT)
    hidden = {
        one
        for one in severe
        for exclusion in USUAL_EXCLUSIONS
        if reason_against([Exclusion(reason="x", detections=exclusion.detections)], _as(finding, one), event)
    }
    assert hidden <= {"api.suspicious_user_agent", "backup.tampered", "ec2.snapshots_deleted_burst"}
