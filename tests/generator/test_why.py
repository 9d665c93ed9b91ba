import copy
from typing import Any

import pytest

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Mode
from generator.commands.explanation import in_full
from generator.config import Config
from generator.deployment import Deployment, configured_deployment, usual_deployment
from generator.explain import Explanation, explain
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
    path = min((EVENTS / detection).glob(f"{kind}-*.json"))
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
    (one,) = told(golden("security_group.world_open_admin_port"))
    assert any(text.startswith("responseElements.securityGroupRuleSet") for text in one.reasons[0].because)


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
    assert reasons(told(event, deployment=off)[0])["iam.user_created"] == ("off", ["it is off"])
    excluded = configured(
        config, exclusions=[{"detections": ["iam.user_created"], "accounts": ["111122223333"], "reason": "onboarding"}]
    )
    assert reasons(told(event, deployment=excluded)[0])["iam.user_created"] == ("excluded", ["onboarding"])
    event["detail"]["userIdentity"] = {
        "type": "AssumedRole",
        "arn": "arn:aws:sts::111122223333:assumed-role/muster-inventory-eu-central-1/x",
        "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "muster-inventory-eu-central-1"}},
    }
    (said,) = told(event)[0].reasons
    assert said.because == ["muster-inventory-eu-central-1 is one of Muster's own roles"]


def test_a_count_that_is_complete_raises_and_then_is_told_already() -> None:
    path = min((EVENTS / "signin.login_failure_burst").glob("fires-*.json"))
    events = [item.value for item in read_items([str(path)])]
    found = told(*events, {**events[-1], "detail": {**events[-1]["detail"], "eventID": "one-more"}})
    answers = [reasons(one)["signin.login_failure_burst"] for one in found]
    assert [answer for answer, _ in answers][-2:] == [YES, "counted"]
    assert answers[-1][1][0].endswith("was told of less than 10 minutes ago")


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
