"""What the detector asks: of which findings, with which facts of the event, through which queue."""

import json
from typing import Any

import msgspec
import pytest

from contract.finding import Confidence, Mode
from generator.remembered import RememberedWindows
from generator.third_party import ROOT
from hub.detections.catalogue import DETECTIONS
from hub.detections.detection import Detection
from hub.detections.engine import Engine
from hub.detections.settings import DetectionSettings
from hub.lookups.catalogue import LOOKUPS
from hub.lookups.lookup import Question
from hub.lookups.questions import LookupQueue, question_of, questions_about

EVENTS = ROOT / "tests" / "events"
# Also those that are off until somebody asks for them.
ON = [msgspec.structs.replace(one, mode=Mode.LIVE) if one.mode is Mode.OFF else one for one in DETECTIONS]
BY_ID = {one.id: one for one in ON}
ASKING = [one for one in ON if one.lookup]
SEEN_AT = "2026-11-20T09:00:00.000000Z"


def events(detection: str, kind: str = "fires") -> list[dict[str, Any]]:
    return [json.loads(path.read_bytes()) for path in sorted((EVENTS / detection).glob(f"{kind}-*.json"))]


def asked(event: dict[str, Any], settings: DetectionSettings | None = None) -> list[Question]:
    engine = Engine(ON, settings or DetectionSettings())
    findings = engine.judge(event, SEEN_AT).settled(RememberedWindows().count)
    return questions_about(findings, event, engine.detections)


@pytest.mark.parametrize("detection", ASKING, ids=lambda one: one.id)
def test_every_event_of_a_detection_with_a_look_up_asks_it(detection: Detection) -> None:
    for event in events(detection.id):
        lookups = {one.lookup for one in asked(event)}
        related = {one.lookup for one in ASKING if one.family == detection.family}
        assert lookups, "nothing is asked"
        assert lookups & related


@pytest.mark.parametrize("detection", ASKING, ids=lambda one: one.id)
def test_a_question_says_where_and_about_what(detection: Detection) -> None:
    for event in events(detection.id):
        for one in asked(event):
            assert one.account == event["account"]
            assert one.resource.startswith("arn:")
            assert one.facts.keys() == LOOKUPS[one.lookup].facts.keys()


@pytest.mark.parametrize(
    ("detection", "fact"),
    [
        ("iam.default_policy_version_set", "version"),
        ("iam.user_added_to_admin_group", "group"),
        ("sso.admin_permission_set_assigned", "instance"),
    ],
)
def test_what_a_look_up_needs_of_the_event_is_there(detection: str, fact: str) -> None:
    assert all(one.fact(fact) for event in events(detection) for one in asked(event))


def test_rules_are_named_by_the_call_that_changes_them_only() -> None:
    found = {
        (event["detail"]["eventName"], bool(one.facts["rules"]))
        for one_id in ("security_group.world_open_admin_port", "security_group.world_open_all_ports")
        for event in events(one_id)
        for one in asked(event)
    }
    assert ("ModifySecurityGroupRules", True) in found
    assert ("AuthorizeSecurityGroupIngress", True) not in found


def test_a_refused_call_asks_nothing() -> None:
    (event, *_) = events("s3.bucket_policy_public")
    refused = {**event, "detail": {**event["detail"], "errorCode": "AccessDenied"}}
    assert asked(refused) == []
    (finding, *_) = Engine(DETECTIONS).judge(event, SEEN_AT).findings
    assert finding.confidence is Confidence.UNCONFIRMED


def test_what_else_was_found_in_the_event_goes_with_the_question() -> None:
    (event, *_) = events("ec2.snapshot_public")
    added = {"items": [{"group": "all"}, {"userId": "999900001111"}]}
    permissions = {**event["detail"]["requestParameters"], "createVolumePermission": {"add": added}}
    both = {**event, "detail": {**event["detail"], "requestParameters": permissions}}
    known = DetectionSettings(organization_accounts=frozenset({event["account"]}))
    (question,) = asked(both, known)
    assert (question.lookup, question.besides) == ("public_snapshot", ("ec2.snapshot_shared_external",))


def test_what_is_only_stored_or_answered_by_the_same_reads_does_not_keep_a_finding_open() -> None:
    (event, *_) = events("security_group.world_open_all_ports")
    verdict = Engine(DETECTIONS).judge(event, SEEN_AT)
    (finding,) = [one for one in verdict.findings if one.confidence is Confidence.UNCONFIRMED]
    assert {"security_group.world_open_admin_port", "security_group.changed"} <= set(finding.also)
    assert [one.besides for one in asked(event)] == [()]


class Queue:
    """SQS, as far as the detector knows it; some messages are refused."""

    def __init__(self, *refused: str) -> None:
        self.refused = refused
        self.sent: list[list[Question]] = []

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 - boto3's
        assert QueueUrl == "https://queue"
        questions = [question_of(one["MessageBody"]) for one in Entries]
        self.sent.append(questions)
        failed = [one["Id"] for one, asked in zip(Entries, questions, strict=True) if asked.finding in self.refused]
        return {"Failed": [{"Id": one} for one in failed]} if failed else {}


def questions(count: int) -> list[Question]:
    one = Question(finding="", lookup="bucket_policy", account="444455556666", region="eu-west-1", resource=BUCKET)
    return [msgspec.structs.replace(one, finding=f"f{number}") for number in range(count)]


BUCKET = "arn:aws:s3:::shop-invoices"


def test_questions_go_by_tens_and_those_that_were_refused_are_named() -> None:
    queue: Any = Queue("f3", "f11")
    assert LookupQueue(lambda: queue, "https://queue").put(questions(12)) == {"f3", "f11"}
    assert [len(batch) for batch in queue.sent] == [10, 2]
    assert [one for batch in queue.sent for one in batch] == questions(12)


def test_nobody_is_called_when_there_is_nothing_to_ask() -> None:
    def never() -> Any:
        raise AssertionError("a client was made")

    assert LookupQueue(never, "https://queue").put([]) == set()


def test_what_is_told_after_its_look_up_says_how_and_refused_calls_are_looked_up_too() -> None:
    (event,) = events("sts.instance_credentials_outside_aws")
    refused = {**event, "detail": {**event["detail"], "errorCode": "AccessDenied"}}
    for one in (event, refused):
        (question,) = asked(one)
        assert (question.lookup, question.mode) == ("credentials_origin", Mode.LIVE)
        assert question.fact("address") == event["detail"]["sourceIPAddress"]
