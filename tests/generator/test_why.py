import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Mode
from generator.commands.explanation import Summary, in_full
from generator.config import Config
from generator.deployment import Deployment, chosen_deployment, configured_deployment, usual_deployment
from generator.explain import ExplainedFinding, Explanation, explain
from generator.reading import Item, read_items
from generator.shown import shown
from generator.trace import Trace, TracedEvent, traced_settings
from generator.why import NO, YES
from hub.detections.catalogue import DETECTIONS
from hub.detections.engine import Engine
from hub.detections.settings import DEFAULTS
from tests.golden import EVENTS

USUAL = usual_deployment()
FOLDERS = [str(folder) for folder in sorted(EVENTS.iterdir())]
ENGINE = Engine(DETECTIONS)


def told(*events: dict[str, Any], deployment: Deployment = USUAL) -> list[Explanation]:
    return list(explain([Item(event) for event in events], deployment, with_reasons=True))


def golden(detection: str, kind: str = "fires") -> dict[str, Any]:
    path = min((EVENTS / detection).glob(f"{kind}*.json"))
    return copy.deepcopy(next(read_items([str(path)])).value)


def reasons(one: Explanation) -> dict[str, tuple[str, list[str]]]:
    return {said.detection: (said.answer, said.because) for said in one.reasons}


def configured(config: Config, **sections: Any) -> Deployment:
    return configured_deployment(Config.model_validate(config.model_dump(exclude_none=True) | sections))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.rpartition("/")[2])
def test_being_listened_to_changes_no_answer(folder: str) -> None:
    for item in read_items([folder]):
        detail = item.value["detail"]
        for one in ENGINE.candidates(detail):
            trace = Trace()
            event, settings = TracedEvent(item.value, trace), traced_settings(DEFAULTS, trace)
            heard = one.predicate(event, settings) if one.takes_settings else one.predicate(event)
            assert bool(heard) == bool(one.matches(CloudTrailEvent(item.value)))


def test_what_a_detection_read_is_told_with_its_value() -> None:
    fired, quiet = told(golden("s3.versioning_suspended"), golden("s3.versioning_suspended", "quiet"))
    assert reasons(fired)["s3.versioning_suspended"][0] == YES
    answer, because = reasons(quiet)["s3.versioning_suspended"]
    assert answer == NO
    assert because[0] == 'requestParameters.VersioningConfiguration.Status is "Enabled"'


def test_what_was_read_of_the_caller_is_told_as_the_record_has_it() -> None:
    (one,) = told(golden("iam.access_key_created"))
    assert reasons(one)["root.access_key_created"] == (NO, ['userIdentity.type is "AssumedRole"'])


def test_members_of_a_list_are_told_together() -> None:
    (one,) = told(golden("security_group.world_open_all_ports"))
    assert 'responseElements.securityGroupRuleSet.cidrIpv4 is "0.0.0.0/0"' in one.reasons[0].because


def test_a_refused_call_is_a_reason_of_its_own() -> None:
    event = golden("iam.user_created")
    event["detail"] |= {"errorCode": "AccessDenied", "responseElements": None}
    (one,) = told(event)
    assert reasons(one)["iam.user_created"] == (NO, ["the call was refused: AccessDenied"])
    assert reasons(one)["api.unauthorized_burst"][0] == "counted"
    assert reasons(one)["api.unauthorized_burst"][1][0].startswith("1 of 20 within 10 minutes by ")


def test_a_detection_of_refused_calls_says_so() -> None:
    (one,) = told(golden("signin.root_console_login"))
    assert reasons(one)["signin.root_console_login_failed"] == (NO, ["it looks at refused calls only"])


def test_what_is_off_excluded_or_musters_own_says_so(config: Config) -> None:
    event = golden("iam.user_created")
    off = configured(config, detections={"iam.user_created": {"mode": Mode.OFF}})
    assert reasons(told(event, deployment=off)[0])["iam.user_created"] == ("off", ["the settings switch it off"])
    excluded = configured(
        config, exclusions=[{"detections": ["iam.user_created"], "accounts": ["111122223333"], "reason": "onboarding"}]
    )
    assert reasons(told(event, deployment=excluded)[0])["iam.user_created"] == ("excluded", ["onboarding"])
    event["detail"]["userIdentity"] = {
        "type": "AssumedRole",
        "arn": "arn:aws:sts::111122223333:assumed-role/muster-inventory-eu-central-1/x",
        "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "muster-inventory-eu-central-1"}},
    }
    assert reasons(told(event)[0])["iam.user_created"][0] == YES
    event["detail"]["errorCode"] = "AccessDenied"
    (said,) = told(event)[0].reasons
    assert said.because == ["muster-inventory-eu-central-1 is one of Muster's own roles"]


def test_a_count_that_is_complete_raises_and_then_is_told_already() -> None:
    path = min((EVENTS / "signin.login_failure_burst").glob("fires-*.json"))
    events = [item.value for item in read_items([str(path)])]
    found = told(*events, {**events[-1], "detail": {**events[-1]["detail"], "eventID": "one-more"}})
    answers = [reasons(one)["signin.login_failure_burst"] for one in found]
    assert [answer for answer, _ in answers][-2:] == [YES, "counted"]
    assert answers[-2][1][0].startswith("5 of 5 within 10 minutes by address ")
    assert answers[-1][1][0].startswith("told already, less than 10 minutes ago, for address ")


def with_detail(**changed: Any) -> dict[str, Any]:
    event = golden("iam.user_created")
    return {**event, "detail": {**event["detail"], **changed}}


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (
            with_detail(eventName="SimulatePrincipalPolicy"),
            "no detection names iam.amazonaws.com:SimulatePrincipalPolicy",
        ),
        (with_detail(eventName="ListUsers"), "no detection names iam.amazonaws.com:ListUsers, a read-only call"),
        (
            with_detail(eventCategory="Insight"),
            "it is an event of category Insight, which EventBridge gives to no rule",
        ),
        (with_detail(errorCode="EntityAlreadyExists"), "it was refused (EntityAlreadyExists), and "),
        ({**with_detail(), "source": "forged"}, "its source 'forged' is not AWS's own"),
        (
            {**with_detail(), "detail-type": "AWS Console Action via CloudTrail"},
            "no rule is for AWS Console Action via CloudTrail",
        ),
    ],
)
def test_what_is_not_forwarded_has_its_reason(event: dict[str, Any], why: str) -> None:
    (one,) = told(event)
    assert not one.forwarded
    assert one.unforwarded_because.startswith(why)


def test_values_are_short_hidden_where_they_are_secret_and_never_steer_a_terminal() -> None:
    assert shown("a.b", ["\x1b[31m"]) == 'is "\\u001b[31m"'
    assert shown("requestParameters.masterUserPassword", ["hunter2"]) == "is there (hidden)"
    assert shown("a", ["x" * 500]) == f'is "{"x" * 79}…'
    assert shown("a", [*range(9)]) == "is 0, 1, 2, 3 and 5 more"


def test_a_name_that_steers_a_terminal_is_printed_without_it() -> None:
    event = with_detail(userIdentity={"type": "IAMUser", "userName": "eve\x1b[2J", "accountId": "111122223333"})
    assert not any("\x1b" in line for one in told(event) for line, _ in in_full(one))


def test_a_finding_that_waits_for_a_look_up_says_so_to_people() -> None:
    follows = "the hub reads in the account whether it is so"
    public, made = told(golden("s3.bucket_policy_public"), golden("iam.user_created"))
    assert any(follows in line for line, _ in in_full(public))
    assert not any(follows in line for line, _ in in_full(made))
    assert "is_looked_up" not in public.line()


def lines(one: Explanation, *, is_whole: bool = False) -> str:
    return "\n".join(line for line, _ in in_full(one, is_whole=is_whole))


@pytest.mark.parametrize(
    ("kind", "decided"),
    [("inside-the-network", 'cidrIpv4 is "192.0.2.0/24"'), ("ping", 'ipProtocol is "icmp"')],
)
def test_the_field_that_decided_is_told_before_those_that_are_absent(kind: str, decided: str) -> None:
    (one,) = told(golden("security_group.world_open_all_ports", f"quiet-{kind}"))
    (answer,) = [line for line in lines(one).splitlines() if "no: security_group.world_open_all_ports" in line]
    assert decided in answer
    assert answer.index(decided) < answer.index("absent")


def test_what_is_absent_is_folded_until_somebody_asks_for_all() -> None:
    (one,) = told(golden("security_group.world_open_all_ports", "fires-every-tcp-port"))
    assert "requestParameters.cidrIpv6, setting allowed_cidrs and 4 more are absent" in lines(one)
    whole = lines(one, is_whole=True)
    assert " more are absent" not in whole
    assert "responseElements.securityGroupRuleSet, requestParameters.ipPermissions.ipv6Ranges.cidrIpv6" in whole


_LOCAL = {"Sid": "Own", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": ["sts:AssumeRole"] * 30}
_PUBLIC = {"Sid": "All", "Action": "sts:AssumeRole", "Principal": "*", "Effect": "Allow"}


@pytest.mark.parametrize("encoded", [str, quote])
def test_of_a_policy_the_statement_that_decided_is_told_decoded(encoded: Callable[[str], str]) -> None:
    event = golden("iam.role_trust_public", "fires-new-role")
    text = json.dumps({"Statement": [_LOCAL, _PUBLIC]})
    event["detail"]["requestParameters"]["assumeRolePolicyDocument"] = encoded(text)
    (one,) = told(event)
    says = 'requestParameters.assumeRolePolicyDocument says {"Effect": "Allow", "Principal": "*", "Action": "sts:'
    assert reasons(one)["iam.role_trust_public"][1][0].startswith(says)


def test_a_policy_that_did_not_decide_is_told_whole_principals_first() -> None:
    event = golden("iam.role_trust_public", "fires-new-role")
    document = {"Statement": [_LOCAL, {**_PUBLIC, "Principal": {"Service": "ec2.amazonaws.com"}}]}
    event["detail"]["requestParameters"]["assumeRolePolicyDocument"] = json.dumps(document)
    answer, (because, *_) = reasons(told(event)[0])["iam.role_trust_public"]
    assert answer == NO
    assert '{"AWS": "111122223333"}' in because
    assert because.endswith(
        '{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}'
    )


def test_a_count_that_is_complete_says_how_many_and_how_they_went() -> None:
    path = EVENTS / "api.unauthorized_burst" / "fires-twenty-refusals.json"
    *_, last = told(*(item.value for item in read_items([str(path)])))
    caller = "arn:aws:iam::111122223333:user/mallory"
    counted = [f"20 of 20 within 10 minutes by {caller}", "eventName is PutUserPolicy", "errorCode is AccessDenied"]
    assert reasons(last)["api.unauthorized_burst"] == (YES, counted)


def test_a_detection_that_is_off_from_the_start_says_what_switches_it_on() -> None:
    event = golden("sts.instance_credentials_outside_aws")
    answer, (because,) = reasons(told(event)[0])["sts.instance_credentials_outside_aws"]
    assert answer == "off"
    assert because.startswith("it is off from the start")


def test_a_call_of_which_all_detections_are_off_is_not_said_to_have_none(config: Config) -> None:
    event = golden("s3.versioning_suspended")
    off = configured(config, detections={"s3.versioning_suspended": {"mode": Mode.OFF}})
    (one,) = told(event, deployment=off)
    assert one.unforwarded_because == (
        "s3.versioning_suspended, which s3.amazonaws.com:PutBucketVersioning is for, is off"
    )


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({}, ""),
        ({"detections": {"iam.user_created": {"mode": "monitor"}}}, "only stored, nobody is told: monitor"),
        ({"channels": {}}, "only stored, nobody is told: no channel is set"),
        (
            {
                "channels": {
                    "email": {"sender": "a@example.com", "recipients": ["b@example.com"], "minimum_severity": "HIGH"}
                }
            },
            "only stored, nobody is told: channel email has a minimum_severity of HIGH",
        ),
    ],
)
def test_a_finding_that_nobody_is_told_of_says_why(config: Config, sections: dict[str, Any], said: str) -> None:
    email = {"email": {"sender": "a@example.com", "recipients": ["b@example.com"]}}
    deployment = configured(config, **{"channels": email, **sections})
    (one,) = told(golden("iam.user_created"), deployment=deployment)
    (finding,) = one.findings
    assert isinstance(finding, ExplainedFinding)
    assert finding.untold_because == said
    assert (f"      {said}" in lines(one).splitlines()) is bool(said)


def test_what_waits_for_its_look_up_says_so(config: Config) -> None:
    name = "sts.instance_credentials_outside_aws"
    for mode, said in (("live", "told once a look-up in the account has confirmed it"), ("monitor", "only stored")):
        (one,) = told(golden(name), deployment=configured(config, detections={name: {"mode": mode}}))
        assert said in lines(one)


def test_an_event_of_another_service_that_gives_no_finding_says_why(config: Config) -> None:
    opening = golden("native.guardduty_finding", "fires-role-credentials")
    closing = golden("native.guardduty_finding", "quiet-archived")
    other = {**opening, "detail-type": "KMS CMK Deletion"}
    off = configured(config, feeds={"guardduty_finding": False})
    assert told(opening, deployment=off)[0].unforwarded_because == "native.guardduty_finding is off"
    assert told(other)[0].unforwarded_because == "no rule is for KMS CMK Deletion"
    assert reasons(told(closing)[0]) == {"native.guardduty_finding": (NO, ["it closes a finding, if there is one"])}


def test_a_finding_in_security_hub_is_not_counted_as_one_of_ours() -> None:
    finding = {"ProductArn": "arn:aws:securityhub:eu-west-1::product/aws/inspector", "Id": "f-1", "Title": "A port"}
    (one,) = told(finding)
    summary = Summary()
    summary.add(one)
    assert lines(one).splitlines()[1:] == [
        "   stored by the hub: rule ingester",
        "   in Security Hub, open: INFORMATIONAL A port (f-1)",
    ]
    assert [*summary.lines()] == ["findings in Security Hub 1, of which 1 open"]


def test_a_finding_that_the_setting_does_not_ask_for_says_why(config: Config) -> None:
    finding = {"ProductArn": "arn:aws:securityhub:eu-west-1::product/aws/inspector", "Id": "f-1", "Title": "A port"}
    for feeds, why in (
        ({"security_hub": "off"}, "feeds.security_hub is off"),
        (
            {"security_hub_format": "ocsf"},
            "feeds.security_hub_format asks for Findings Imported V2, this is Security Hub Findings - Imported",
        ),
    ):
        assert told(finding, deployment=configured(config, feeds=feeds))[0].unforwarded_because == why


@pytest.mark.parametrize("knows", [False, True])
def test_a_stranger_that_the_account_list_would_have_named_is_said_so(tmp_path: Path, knows: bool) -> None:
    event = golden("ec2.snapshot_shared_external", "fires-added")
    (tmp_path / "accounts.json").write_text(json.dumps([{"Id": "111122223333"}]))
    deployment = chosen_deployment(None, tmp_path / "accounts.json" if knows else None)
    summary = Summary()
    summary.add(told(event, deployment=deployment)[0])
    assert ("without --org, every account but the event's own is a stranger" in summary.lines()) is not knows
