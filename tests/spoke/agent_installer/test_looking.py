"""Scan, capture and check: who gets the agent, who is waited for, and what the hub hears of the others."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from spoke.agent_installer.calls import ThrottledError
from spoke.agent_installer.capture import capture_handler
from spoke.agent_installer.check import check_handler
from spoke.agent_installer.parameters import SettingsUnreadError
from spoke.agent_installer.scan import scan_handler
from tests.spoke.agent_installer.conftest import ID, described, instance, node, refusal

Call = Callable[..., Any]
Reports = Callable[[], list[dict[str, Any]]]
OTHER = "i-0fedcba9876543210"
START = {"instance": ID, "via": "start", "action": "install", "wait": 70}


def told(reports: Reports) -> list[tuple[str, str, str]]:
    return [(one["instance"], one["state"], one["reason"]) for one in reports()]


def settings(aws: Any, **own: Any) -> None:
    aws.answers["get_object"] = lambda **_: {"Body": io.BytesIO(json.dumps(own).encode())}


def test_a_scan_hands_on_who_gets_the_agent_and_reports_the_others(call: Call, aws: Any, reports: Reports) -> None:
    aws.answers["describe_instances"] = described(instance(), instance(OTHER, Agent="no"), following="page-2")
    answer = call(scan_handler, via="scan")
    assert answer["following"] == "page-2"
    (work,) = answer["instances"]
    assert (work["instance"], work["via"], work["action"], work["name"]) == (ID, "scan", "install", "web")
    assert (work["since"], work["has_profile"]) == ("2026-11-20T10:00:00.000000Z", True)
    assert told(reports) == [(OTHER, "excluded", "excluded_by_tag")]
    (report,) = reports()
    assert (report["account"], report["region"], report["via"]) == ("111122223333", "eu-central-1", "scan")
    assert (report["agent"], report["instance_name"], report["details"]) == ("Trend Micro", "web", "it has Agent:no")


def test_a_scan_asks_for_running_instances_page_by_page(call: Call, aws: Any) -> None:
    assert call(scan_handler, via="sweep", following="page-2")["following"] == ""
    (asked,) = aws.named("describe_instances")
    running = [{"Name": "instance-state-name", "Values": ["running"]}]
    assert asked == {"Filters": running, "MaxResults": 250, "NextToken": "page-2"}


def test_reports_go_to_the_hub_ten_at_a_time(call: Call, aws: Any, reports: Reports) -> None:
    many = [instance(f"i-{number:017x}", Agent="no") for number in range(25)]
    aws.answers["describe_instances"] = described(*many)
    assert call(scan_handler, via="scan")["instances"] == []
    assert [len(one["Entries"]) for one in aws.named("put_events")] == [10, 10, 5]
    assert len(reports()) == 25


def test_what_the_hub_refuses_waits_in_the_spokes_queue(call: Call, aws: Any) -> None:
    aws.answers["describe_instances"] = described(instance(Agent="no"), instance(OTHER, Agent="no"))
    aws.answers["put_events"] = {"FailedEntryCount": 1, "Entries": [{"EventId": "1"}, {"ErrorCode": "InternalFailure"}]}
    call(scan_handler, via="scan")
    (kept,) = aws.named("send_message")
    assert json.loads(json.loads(kept["MessageBody"])["Detail"])["instance"] == OTHER
    aws.answers["put_events"] = refusal("AccessDeniedException")
    call(scan_handler, via="scan")
    assert len(aws.named("send_message")) == 3


@pytest.mark.parametrize("status", [403, 404, 500])
@pytest.mark.parametrize("handler", [scan_handler, capture_handler])
def test_nobody_gets_the_agent_while_the_accounts_settings_cannot_be_read(
    call: Call, aws: Any, handler: Any, status: int
) -> None:
    aws.answers["get_object"] = refusal("Any", status)
    with pytest.raises(SettingsUnreadError):
        call(handler, **START)
    assert aws.named("put_events") == []


@pytest.mark.parametrize("code", ["RequestLimitExceeded", "ThrottlingException"])
def test_a_service_that_is_asked_too_often_is_asked_again_later(call: Call, aws: Any, code: str) -> None:
    aws.answers["describe_instances"] = refusal(code)
    with pytest.raises(ThrottledError):
        call(capture_handler, **START)


def test_an_instance_that_was_started_goes_on_with_its_first_pause(call: Call, reports: Reports) -> None:
    answer = call(capture_handler, **START)
    assert (answer["next"], answer["wait"], answer["waited"]) == ("go", 70, 0)
    assert (answer["name"], answer["has_profile"]) == ("web", True)
    assert reports() == []


def test_an_instance_that_is_left_out_ends_well_and_is_reported(call: Call, aws: Any, reports: Reports) -> None:
    aws.answers["describe_instances"] = described(instance(Agent="no"))
    assert call(capture_handler, **START)["next"] == "end"
    assert told(reports) == [(ID, "excluded", "excluded_by_tag")]


@pytest.mark.parametrize(
    ("state", "reason"), [("stopping", "stopped"), ("stopped", "stopped"), ("terminated", "terminated")]
)
def test_an_instance_that_is_gone_again_is_told_as_gone(
    call: Call, aws: Any, reports: Reports, state: str, reason: str
) -> None:
    aws.answers["describe_instances"] = described(instance(state=state))
    assert call(capture_handler, **START)["next"] == "end"
    assert told(reports) == [(ID, "gone", reason)]


def test_an_instance_that_ec2_forgot_is_terminated(call: Call, aws: Any, reports: Reports) -> None:
    aws.answers["describe_instances"] = refusal("InvalidInstanceID.NotFound")
    assert call(capture_handler, **START)["next"] == "end"
    assert told(reports) == [(ID, "gone", "terminated")]


def test_whoever_names_an_instance_means_it_whatever_its_tags_are(call: Call, aws: Any) -> None:
    aws.answers["describe_instances"] = described(instance(Agent="no"))
    by_hand = {**START, "via": "command", "wait": 0}
    assert call(capture_handler, **by_hand)["next"] == "go"


def test_in_an_account_that_is_left_out_nobody_installs_and_everybody_may_remove(
    call: Call, aws: Any, reports: Reports
) -> None:
    settings(aws, agent=False)
    by_hand = {**START, "via": "command", "wait": 0}
    assert call(capture_handler, **by_hand)["next"] == "end"
    assert told(reports) == [(ID, "excluded", "account_excluded")]
    assert call(capture_handler, **{**by_hand, "action": "uninstall"})["next"] == "go"


def test_an_instance_that_is_reached_is_ready(call: Call, reports: Reports) -> None:
    answer = call(check_handler, **START)
    assert (answer["next"], answer["platform"], answer["waited"]) == ("go", "Linux", 70)
    assert reports() == []


def test_a_started_instance_is_waited_for_with_longer_and_longer_pauses_until_its_time_is_up(
    call: Call, aws: Any, reports: Reports
) -> None:
    aws.answers["describe_instance_information"] = {"InstanceInformationList": []}
    work = {**START, "has_profile": True}
    pauses = []
    while (work := call(check_handler, **work))["next"] == "wait":
        pauses.append(work["wait"])
    assert pauses[:4] == [35, 52, 78, 117]
    assert sum(pauses) + 70 == work["waited"] == 1800
    assert len(pauses) <= 12
    assert told(reports) == [(ID, "unmanaged", "never_registered")]
    assert reports()[0]["details"] == "it did not register with Systems Manager in 30 minutes"


def test_a_scan_does_not_wait(call: Call, aws: Any, reports: Reports) -> None:
    aws.answers["describe_instance_information"] = {"InstanceInformationList": []}
    aws.answers["describe_instances"] = described(instance(profile=False))
    assert call(check_handler, instance=ID, via="sweep", has_profile=False)["next"] == "end"
    assert told(reports) == [(ID, "unmanaged", "no_instance_profile")]


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (node("ConnectionLost"), "connection_lost"),
        (node(platform="MacOS", system="macOS"), "unsupported_platform"),
        (node(system="Bottlerocket"), "unsupported_platform"),
    ],
)
def test_a_node_that_cannot_take_the_script_is_unmanaged(
    call: Call, aws: Any, reports: Reports, known: dict[str, Any], reason: str
) -> None:
    aws.answers["describe_instance_information"] = known
    assert call(check_handler, instance=ID, via="scan")["next"] == "end"
    assert told(reports) == [(ID, "unmanaged", reason)]


def test_a_node_may_be_on_a_later_page(call: Call, aws: Any) -> None:
    aws.answers["describe_instance_information"] = [{"InstanceInformationList": []}, node()]
    assert call(check_handler, instance=ID, via="scan")["next"] == "go"


def test_a_started_instance_whose_connection_is_lost_is_waited_for(call: Call, aws: Any) -> None:
    aws.answers["describe_instance_information"] = node("ConnectionLost")
    assert call(check_handler, **START)["next"] == "wait"


def test_an_instance_that_stops_while_it_is_waited_for_is_gone_and_not_unmanaged(
    call: Call, aws: Any, reports: Reports
) -> None:
    aws.answers["describe_instance_information"] = {"InstanceInformationList": []}
    aws.answers["describe_instances"] = described(instance(state="stopped"))
    assert call(check_handler, **{**START, "waited": 1_800})["next"] == "end"
    assert told(reports) == [(ID, "gone", "stopped")]
