from typing import Any

import pytest

from contract.cloudtrail import wrapped
from contract.finding import Severity
from generator.pattern import LIMIT, WITH_READS, alert_rules, forwarded, is_read_only, size
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


def test_the_catalogue_needs_at_most_17_alert_rules_within_the_limit() -> None:
    rules = alert_rules(DETECTIONS)
    assert len(rules) <= 17
    assert max(size(rule.pattern) for rule in rules) <= LIMIT < 2_048


def test_rule_names_are_unique() -> None:
    names = [rule.name for rule in alert_rules(DETECTIONS)]
    assert len(names) == len(set(names))


def test_packing_splits_a_service_only_where_the_limit_is_reached() -> None:
    rules = [rule for rule in alert_rules(many(300)) if rule.name.startswith("calls")]
    assert all(size(rule.pattern) <= LIMIT for rule in rules)
    needed = sum(len('"ModifyAnInstanceAttribute0000",') for _ in range(300)) / (LIMIT - 250)
    assert len(rules) <= needed + 1
    assert all(forwarded(rules, event(call)) for one in many(300) for call in one.api_calls)


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
    assert [rule.name for rule in rules] == ["attempts", "accounts"]


def test_reads_need_a_rule_in_the_state_for_all_management_events() -> None:
    rules = alert_rules([wanting("ec2.amazonaws.com:GetPasswordData"), wanting("ec2.amazonaws.com:RunInstances")])
    assert {rule.name: rule.state for rule in rules}["read-only"] == WITH_READS
    assert forwarded(rules, event("ec2.amazonaws.com:GetPasswordData")) == "read-only"


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
    assert forwarded(rules, event("sqs.amazonaws.com:CreateQueue", userIdentity={"type": "Root"})) == "root-activity"
    assert forwarded(rules, event("sqs.amazonaws.com:CreateQueue", userIdentity={"type": "IAMUser"})) is None


def test_a_service_wanted_whole_leaves_the_other_rules() -> None:
    rules = alert_rules([wanting("iam.amazonaws.com:*"), wanting("iam.amazonaws.com:CreateUser")])
    assert [rule.name for rule in rules] == ["services", "accounts"]
    assert forwarded(rules, event("iam.amazonaws.com:TagUser", errorCode="AccessDenied")) == "services"


def test_events_that_members_put_themselves_are_not_forwarded() -> None:
    forged = event("iam.amazonaws.com:CreateUser") | {"source": "my.application"}
    assert forwarded(alert_rules(DETECTIONS), forged) is None


def test_a_filter_on_named_calls_gives_them_a_rule_of_their_own() -> None:
    call = "ec2.amazonaws.com:DescribeInstanceAttribute"
    only = {"requestParameters": {"attribute": ["userData"]}}
    rules = alert_rules([wanting(call, only=only, id="ec2.user_data_read")])
    assert {rule.name: rule.state for rule in rules}["ec2-user-data-read"] == WITH_READS
    assert forwarded(rules, event(call, requestParameters={"attribute": "userData"})) == "ec2-user-data-read"
    assert forwarded(rules, event(call, requestParameters={"attribute": "kernel"})) is None


def test_a_filter_on_sign_ins_is_refused() -> None:
    root = {"userIdentity": {"type": ["Root"]}}
    with pytest.raises(ValueError, match=r"^root\.signed_in: only does not narrow"):
        alert_rules([wanting("signin.amazonaws.com:ConsoleLogin", only=root, id="root.signed_in")])


def test_service_events_are_forwarded_as_calls_are() -> None:
    call = "kms.amazonaws.com:RotateKey"
    source, _, name = call.partition(":")
    record = {"eventSource": source, "eventName": name, "eventType": "AwsServiceEvent"}
    service_event = {**wrapped(record), "detail-type": "AWS Service Event via CloudTrail"}
    assert forwarded(alert_rules([wanting(call)]), service_event) == "calls"
