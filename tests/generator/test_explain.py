import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import asff, ocsf
from generator.commands.explanation import in_full, in_short
from generator.config import Config
from generator.demo.recorded import EVENTS
from generator.deployment import configured_deployment, usual_deployment
from generator.explain import ExplainedFinding, Explanation, explain
from generator.reading import Item

GOLDEN = Path(__file__).parent.parent / "events"
USUAL = usual_deployment()
OBSERVED = "2026-11-20T09:00:05.000000Z"

texts = st.text(st.characters(codec=None), max_size=5)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def explained(*values: Any, config: Config | None = None) -> list[Explanation]:
    deployment = configured_deployment(config) if config else USUAL
    return list(explain([Item(value) for value in values], deployment))


def golden(detection: str, name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((GOLDEN / detection / name).read_text())
    return event


def fires(detection: str) -> dict[str, Any]:
    return golden(detection, min(file.name for file in (GOLDEN / detection).glob("fires-*.json")))


def detections(one: Explanation) -> list[str]:
    return [finding.detection for finding in one.findings if isinstance(finding, ExplainedFinding)]


def configured(config: Config, **sections: dict[str, Any]) -> Config:
    return Config.model_validate(config.model_dump(exclude_none=True) | sections)


def test_each_event_has_its_line_a_repeated_one_too() -> None:
    event = fires("iam.user_created")
    found = explained(event, event, event)
    assert [one.index for one in found] == [0, 1, 2]
    assert {one.event_id for one in found} == {event["detail"]["eventID"]}
    assert [detections(one) for one in found] == [["iam.user_created"]] * 3


def test_a_line_has_the_keys_that_scripts_read() -> None:
    line = json.loads(explained(fires("iam.user_created"))[0].line())
    assert list(line) == ["index", "event_id", "forwarded", "actor", "findings", "creates", "error"]
    assert list(line["findings"][0]) == [
        *("detection", "severity", "attempt", "also", "title", "resources", "account", "region")
    ]


def test_a_bare_record_is_judged_as_the_event_that_carries_it() -> None:
    event = fires("iam.user_created")
    whole, bare = explained(event, event["detail"])
    assert detections(bare) == detections(whole) == ["iam.user_created"]
    assert bare.forwarded


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (1, "an event must be a JSON object, this is int"),
        ({}, "neither an EventBridge event (detail-type) nor a CloudTrail record (eventName)"),
        ({"event": {}}, "try --key event"),
        ({"detail-type": "x", "detail": []}, "field detail must be a JSON object"),
        ({"detail-type": ["x"], "detail": {}}, "field detail-type must be text"),
        ({"eventName": 3}, "must be text"),
    ],
)
def test_what_is_no_event_has_an_error_and_does_not_stop_the_rest(value: Any, told: str) -> None:
    bad, good = explained(value, fires("iam.user_created"))
    assert told in (bad.error or "")
    assert detections(good) == ["iam.user_created"]
    assert good.error is None


def test_a_refused_call_is_an_attempt() -> None:
    event = fires("cloudtrail.logging_stopped")
    event["detail"] |= {"errorCode": "AccessDenied", "responseElements": None}
    (finding,) = explained(event)[0].findings
    assert isinstance(finding, ExplainedFinding)
    assert (finding.detection, finding.attempt) == ("cloudtrail.logging_stopped.attempted", True)


def test_a_finding_of_security_hub_is_normalised() -> None:
    finding = {
        "ProductArn": "arn:aws:securityhub:eu-west-1::product/aws/inspector",
        "Id": "f-1",
        "Title": "A port is open",
        "AwsAccountId": 111122223333,
        "UpdatedAt": "2026-11-20T09:00:00+01:00",
        "Severity": {"Normalized": 70},
        "Resources": [{"Id": "arn:aws:s3:::b"}],
    }
    assert explained(finding)[0].findings == [
        {
            "id": "f-1",
            "product_arn": "arn:aws:securityhub:eu-west-1::product/aws/inspector",
            "severity": "HIGH",
            "title": "A port is open",
            "account": "111122223333",
            "region": "eu-west-1",
            "resources": ["arn:aws:s3:::b"],
            "workflow_status": "NEW",
            "record_state": "ACTIVE",
            "compliance_status": "",
            "detection": "inspector/A port is open",
            "control": "",
            "product": "inspector",
            "company": "",
            "generator": "",
            "resource_types": [],
            "severity_normalized": 70,
            "updated_at": "2026-11-20T08:00:00.000000Z",
            "status": "OPEN",
            "actionable": True,
        }
    ]


@pytest.mark.parametrize(
    ("written", "severity"), [(5, "CRITICAL"), ("4", "HIGH"), ([], "INFORMATIONAL"), ({"a": 1}, "INFORMATIONAL")]
)
def test_an_odd_severity_of_ocsf_is_informational_at_least(written: Any, severity: str) -> None:
    assert ocsf.finding_of({"severity_id": written}, OBSERVED).severity == severity


def test_a_severity_label_that_nobody_knows_falls_back_to_the_number() -> None:
    assert asff.finding_of({"Severity": {"Label": "Awful", "Normalized": 95}}, OBSERVED).severity == "CRITICAL"


ASFF = st.fixed_dictionaries({"ProductArn": junk, "Id": junk}, optional={"Severity": junk, "Resources": junk})
OCSF = st.fixed_dictionaries({"finding_info": junk, "metadata": junk}, optional={"severity_id": junk, "cloud": junk})
RECORDS = st.fixed_dictionaries(
    {"eventSource": st.just("iam.amazonaws.com") | junk, "eventName": st.just("CreateUser") | junk},
    optional={"userIdentity": junk, "requestParameters": junk, "responseElements": junk, "eventTime": junk},
)
ENVELOPES = st.fixed_dictionaries(
    {
        "detail-type": st.sampled_from([asff.IMPORTED, ocsf.IMPORTED, "AWS API Call via CloudTrail"]) | junk,
        "detail": st.fixed_dictionaries({"findings": st.lists(ASFF | OCSF | junk, max_size=2) | junk}) | RECORDS | junk,
    },
    optional={"id": junk, "account": junk, "region": junk, "time": junk},
)


@given(junk | ASFF | OCSF | RECORDS | ENVELOPES)
def test_whatever_json_holds_gives_one_line(value: Any) -> None:
    (one,) = explained(value)
    assert json.loads(one.line())["index"] == 0


@given(junk | ASFF | OCSF | RECORDS | ENVELOPES)
def test_whatever_json_holds_can_be_told_to_a_person(value: Any) -> None:
    (one,) = explain([Item(value)], USUAL, with_reasons=True)
    lines = [line for said in (in_full(one), in_short(one)) for line, _ in said]
    assert all(line.isprintable() for line in lines)
    assert lines[0].startswith("0: ")


def test_the_creators_key_is_the_configured_one_and_a_tagger_that_is_off_tags_nothing(config: Config) -> None:
    event = json.loads((EVENTS / "08-create-topic.json").read_text())
    assert list(explained(event)[0].creates[0].tags) == ["CreatedBy"]
    keyed = configured(config, creator={"created_by_key": "Creator"})
    assert list(explained(event, config=keyed)[0].creates[0].tags) == ["Creator"]
    off = explained(event, config=configured(config, creator={"enabled": False}))[0]
    assert off.creates == []
    assert off.untagged_because == "the creator tagger is off"


def test_the_roles_of_the_configured_prefix_are_musters_own(config: Config) -> None:
    event = golden("securityhub.findings_suppressed", "fires-by-hand.json")
    issuer = {"type": "Role", "arn": "arn:aws:iam::111122223333:role/watch-inventory-eu-central-1"}
    event["detail"]["userIdentity"] = {
        "type": "AssumedRole",
        "arn": "arn:aws:sts::111122223333:assumed-role/watch-inventory-eu-central-1/x",
        "accountId": "111122223333",
        "sessionContext": {"sessionIssuer": {**issuer, "userName": "watch-inventory-eu-central-1"}},
    }
    renamed = configured(config, aws=config.aws.model_dump() | {"prefix": "watch"})
    assert detections(explained(event)[0]) == ["securityhub.findings_suppressed"]
    assert detections(explained(event, config=renamed)[0]) == []


def test_a_detection_that_is_off_is_silent_and_a_severity_is_the_configured_one(config: Config) -> None:
    off = configured(config, detections={"iam.user_created": {"mode": "off"}})
    worse = configured(config, detections={"iam.user_created": {"severity": "CRITICAL"}})
    event = fires("iam.user_created")
    assert detections(explained(event, config=off)[0]) == []
    (finding,) = explained(event, config=worse)[0].findings
    assert isinstance(finding, ExplainedFinding)
    assert finding.severity == "CRITICAL"


def test_what_another_service_found_is_explained_and_what_it_closes_is_no_finding() -> None:
    opening, closing = (
        golden("native.guardduty_finding", name)
        for name in ("fires-role-credentials-used-outside.json", "quiet-archived.json")
    )
    opened, closed = explained(opening, closing)
    assert (opened.forwarded, opened.rule, opened.actor) == (True, "native", "web-server")
    assert detections(opened) == ["native.guardduty_finding"]
    assert (closed.forwarded, closed.findings) == (True, [])
