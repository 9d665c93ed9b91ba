from typing import Any

import pytest

from contract.cloudtrail import wrapped
from contract.finding import Severity
from generator.pattern import (
    LIMIT,
    QUOTA,
    WITH_READS,
    Asked,
    RuleError,
    accepted,
    alert_rules,
    forwarded,
    is_read_only,
    size,
)
from generator.watching import usual_rules
from hub.detections.catalogue import DETECTIONS
from hub.detections.detection import Detection


def wanting(*calls: str, **more: Any) -> Detection:
    fields = {"id": "test.one", "title": "", "severity": Severity.LOW, "family": "", "predicate": lambda _: True}
    return Detection(api_calls=calls, **(fields | more))


def event(call: str, **fields: Any) -> dict[str, Any]:
    source, _, name = call.partition(":")
    return wrapped({"eventSource": source, "eventName": name, **fields})


def many(count: int) -> list[Detection]:
    return [wanting(f"ec2.amazonaws.com:ModifyAnInstanceAttribute{number:04}") for number in range(count)]


def test_the_catalogue_and_the_feeds_need_at_most_14_alert_rules_within_the_limit() -> None:
    rules = usual_rules()
    assert len(rules) <= 14
    assert max(size(rule.pattern) for rule in rules) <= LIMIT < QUOTA


def test_with_every_detection_on_eventbridge_accepts_the_rules_too() -> None:
    assert accepted(alert_rules(DETECTIONS))


@pytest.mark.parametrize(
    ("only", "said"),
    [
        ({"userAgent": [{"wildcard": f"*{word}*"} for word in "abcd"]}, "a field has 4 wildcards"),
        ({"userAgent": [f"{number:0500}" for number in range(5)]}, "its pattern has 2"),
    ],
)
def test_a_rule_that_eventbridge_would_refuse_is_refused_here(only: dict[str, Any], said: str) -> None:
    with pytest.raises(RuleError, match=f"^alert rule any-call: {said}"):
        accepted(alert_rules([wanting("*:*", only=only)]))


def test_rule_names_are_unique() -> None:
    names = [rule.name for rule in alert_rules(DETECTIONS)]
    assert len(names) == len(set(names))


def test_packing_splits_a_service_only_where_the_limit_is_reached() -> None:
    rules = [rule for rule in alert_rules(many(300)) if rule.name.startswith("calls")]
    assert all(size(rule.pattern) <= LIMIT for rule in rules)
    needed = sum(len('"ModifyAnInstanceAttribute0000",') for _ in range(300)) / (LIMIT - 250)
    assert len(rules) <= needed + 1
    assert all(forwarded(rules, event(call)) for one in many(300) for call in one.api_calls)


def test_a_detection_that_is_off_moves_no_call_to_another_rule() -> None:
    off = [one for one in DETECTIONS if one.id != "iam.policy_changed"]
    before, after = (
        {rule.name: set(rule.pattern["detail"].get("eventName", ())) for rule in alert_rules(some, among=DETECTIONS)}
        for some in (DETECTIONS, off)
    )
    changed = {name for name in before if before[name] != after[name]}
    assert "DeleteGroupPolicy" in set().union(*(before[name] - after[name] for name in changed))
    assert all(after[name] < before[name] for name in changed)
    assert len(changed) <= 2


def test_the_order_of_the_catalogue_does_not_matter() -> None:
    assert _patterns(DETECTIONS[::-1]) == _patterns(DETECTIONS)


def _patterns(detections: Any) -> list[str]:
    return sorted(str(rule.pattern) for rule in alert_rules(detections) if rule.name.startswith(("calls", "attempts")))


def test_refused_calls_are_forwarded_only_for_those_who_ask() -> None:
    rules = alert_rules(
        [wanting("iam.amazonaws.com:CreateUser"), wanting("s3.amazonaws.com:PutBucketAcl", attempts=True)]
    )
    assert forwarded(rules, event("iam.amazonaws.com:CreateUser")) == "calls"
    assert forwarded(rules, event("iam.amazonaws.com:CreateUser", errorCode="AccessDenied")) is None
    assert forwarded(rules, event("s3.amazonaws.com:PutBucketAcl", errorCode="AccessDenied")) == "attempts"


def test_a_call_that_both_kinds_want_stands_in_one_rule() -> None:
    call = "iam.amazonaws.com:CreateUser"
    rules = alert_rules([wanting(call), wanting(call, attempts=True)])
    assert [rule.name for rule in rules] == ["any-call", "attempts"]


def test_reads_need_a_rule_in_the_state_for_all_management_events() -> None:
    rules = alert_rules([wanting("ec2.amazonaws.com:GetPasswordData"), wanting("ec2.amazonaws.com:RunInstances")])
    assert {rule.name: rule.state for rule in rules}["read-only"] == WITH_READS
    assert forwarded(rules, event("ec2.amazonaws.com:GetPasswordData")) == "read-only"


def test_the_rules_that_see_much_may_be_left_out() -> None:
    wanted = [wanting("ec2.amazonaws.com:GetPasswordData"), wanting("*:*", only={"errorCode": ["AccessDenied"]})]
    refused = event("sqs.amazonaws.com:CreateQueue", errorCode="AccessDenied")
    assert forwarded(alert_rules(wanted), refused) == "any-call"
    quiet = alert_rules(wanted, Asked(reads=False, refusals=False))
    assert [rule.name for rule in quiet] == ["any-call"]
    assert forwarded(quiet, refused) is None


@pytest.mark.parametrize("call", ["sts.amazonaws.com:GetSessionToken", "signin.amazonaws.com:GetSigninToken"])
def test_some_calls_only_look_like_reads(call: str) -> None:
    source, _, name = call.partition(":")
    assert not is_read_only((source, name))
    assert forwarded(alert_rules([wanting(call)]), event(call))


@pytest.mark.parametrize("category", ["NetworkActivity", "Insight"])
def test_network_activity_and_insights_are_not_delivered(category: str) -> None:
    rules = alert_rules([wanting("s3.amazonaws.com:PutObject")])
    assert forwarded(rules, event("s3.amazonaws.com:PutObject", eventCategory=category)) is None


@pytest.mark.parametrize("fields", [{"managementEvent": False}, {"eventCategory": "Data"}])
def test_data_events_that_a_trail_logs_are_delivered_in_either_state(fields: dict[str, Any]) -> None:
    rules = alert_rules([wanting("s3.amazonaws.com:PutObject")])
    assert forwarded(rules, event("s3.amazonaws.com:PutObject", **fields)) == "calls"


def test_a_filter_on_any_call_is_pushed_down() -> None:
    root = {"userIdentity": {"type": ["Root"]}}
    rules = alert_rules([wanting("*:*", only=root, id="root.activity")])
    assert forwarded(rules, event("sqs.amazonaws.com:CreateQueue", userIdentity={"type": "Root"})) == "any-call"
    assert forwarded(rules, event("sqs.amazonaws.com:CreateQueue", userIdentity={"type": "IAMUser"})) is None


def test_a_service_may_be_wanted_whole() -> None:
    rules = alert_rules([wanting("iam.amazonaws.com:*")])
    assert forwarded(rules, event("iam.amazonaws.com:TagUser", errorCode="AccessDenied")) == "any-call"
    assert forwarded(rules, event("sqs.amazonaws.com:TagQueue")) is None


def test_changes_of_the_organizations_accounts_are_forwarded_whatever_the_detections() -> None:
    assert forwarded(alert_rules([]), event("organizations.amazonaws.com:MoveAccount")) == "any-call"


def test_events_that_members_put_themselves_are_not_forwarded() -> None:
    forged = event("iam.amazonaws.com:CreateUser") | {"source": "my.application"}
    assert forwarded(alert_rules(DETECTIONS), forged) is None


def test_a_filter_on_named_calls_is_pushed_down() -> None:
    call, admin = "ssm.amazonaws.com:SendCommand", {"requestParameters": {"documentName": ["AWS-RunShellScript"]}}
    rules = alert_rules([wanting(call, only=admin)])
    assert forwarded(rules, event(call, requestParameters={"documentName": "AWS-RunShellScript"})) == "filtered"
    assert forwarded(rules, event(call, requestParameters={"documentName": "AWS-ConfigureAWSPackage"})) is None


def test_a_filter_is_dropped_where_another_detection_wants_every_such_call() -> None:
    call = "ssm.amazonaws.com:SendCommand"
    rules = alert_rules([wanting(call, only={"requestParameters": {"documentName": ["A"]}}), wanting(call)])
    assert forwarded(rules, event(call)) == "calls"


def test_filters_of_several_detections_stand_side_by_side() -> None:
    one, other = ({"requestParameters": {"documentName": [name]}} for name in "AB")
    rules = alert_rules(
        [wanting("ssm.amazonaws.com:SendCommand", only=one), wanting("ssm.amazonaws.com:SendCommand", only=other)]
    )
    sent = [event("ssm.amazonaws.com:SendCommand", requestParameters={"documentName": name}) for name in "ABC"]
    assert [forwarded(rules, one) for one in sent] == ["filtered", "filtered", None]


def test_a_detection_of_failures_gets_no_successful_call() -> None:
    rules = alert_rules([wanting("bedrock.amazonaws.com:Converse", failures=True)])
    assert forwarded(rules, event("bedrock.amazonaws.com:Converse")) is None
    assert forwarded(rules, event("bedrock.amazonaws.com:Converse", errorCode="AccessDenied")) == "filtered"


def test_a_detection_of_any_call_that_nothing_narrows_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^api\.everything: a detection of any call needs a field"):
        alert_rules([wanting("*:*", id="api.everything")])


def test_service_events_are_forwarded_as_calls_are() -> None:
    call = "kms.amazonaws.com:RotateKey"
    source, _, name = call.partition(":")
    record = {"eventSource": source, "eventName": name, "eventType": "AwsServiceEvent"}
    service_event = {**wrapped(record), "detail-type": "AWS Service Event via CloudTrail"}
    assert forwarded(alert_rules([wanting(call)]), service_event) == "calls"


@pytest.mark.parametrize("name", ["ConsoleLogin", "SwitchRole", "ExitRole"])
def test_sign_ins_are_forwarded_by_their_own_detail_type(name: str) -> None:
    call = f"signin.amazonaws.com:{name}"
    signed_in = {**event(call), "detail-type": "AWS Console Sign In via CloudTrail"}
    assert forwarded(alert_rules([wanting(call)]), signed_in) == "sign-in"
