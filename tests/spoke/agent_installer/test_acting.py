"""Install and result: the command that is sent, and what is told of its end."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contract.spoke_events import LONGEST_OUTPUT, LONGEST_TEXT
from spoke.agent_installer.calls import ThrottledError
from spoke.agent_installer.install import install_handler
from spoke.agent_installer.result import TryLaterError, result_handler
from tests.spoke.agent_installer.conftest import ENVIRONMENT, ID, described, instance, refusal

Call = Callable[..., Any]
Reports = Callable[[], list[dict[str, Any]]]
READY = {"instance": ID, "via": "start", "action": "install", "platform": "Linux", "name": "web"}
COMMAND = "11111111-2222-3333-4444-555555555555"
AT = "2026-11-20T11:00:00Z"
SKIPPED = "Step execution skipped due to unsatisfied preconditions: '\"StringEquals\": [platformType, Windows]'."


def ended(status: str = "Success", document: str = "install") -> dict[str, Any]:
    detail = {"command-id": COMMAND, "document-name": f"muster-spoke-agent-{document}", "instance-id": ID}
    return {"source": "aws.ssm", "time": AT, "detail": {**detail, "status": status}}


def step(name: str, output: str, status: str = "Success", code: int = 0) -> dict[str, Any]:
    return {"Name": name, "Status": status, "ResponseCode": code, "Output": output}


def invocation(*steps: dict[str, Any], status: str = "Success", details: str = "", comment: str = "") -> dict[str, Any]:
    return {
        "CommandInvocations": [
            {
                "Status": status,
                "StatusDetails": details or status,
                "Comment": comment or "Muster: install by start",
                "CommandPlugins": list(steps),
            }
        ]
    }


def told(reports: Reports) -> tuple[str, str]:
    (report,) = reports()
    return report["state"], report["reason"]


@pytest.mark.parametrize(
    ("action", "platform", "document", "parameters"),
    [
        ("install", "Linux", "muster-spoke-agent-install", {"Hash": ["a" * 64], "Mode": ["install"]}),
        ("upgrade", "Windows", "muster-spoke-agent-install", {"Hash": ["b" * 64], "Mode": ["upgrade"]}),
        ("uninstall", "Linux", "muster-spoke-agent-uninstall", {"Hash": ["c" * 64]}),
    ],
)
def test_the_command_names_the_document_and_the_scripts_hash_and_nothing_secret(  # noqa: PLR0917 - parametrized
    call: Call, aws: Any, action: str, platform: str, document: str, parameters: dict[str, Any]
) -> None:
    answer = call(install_handler, **{**READY, "action": action, "platform": platform})
    assert answer == {"instance": ID, "command": COMMAND}
    (sent,) = aws.named("send_command")
    assert (sent["DocumentName"], sent["InstanceIds"], sent["Parameters"]) == (document, [ID], parameters)
    assert (sent["TimeoutSeconds"], sent["Comment"]) == (600, f"Muster: {action} by start")


def test_without_a_script_nothing_is_sent(call: Call, aws: Any, reports: Reports) -> None:
    answer = call(install_handler, **{**READY, "action": "uninstall", "platform": "Windows"})
    assert answer["command"] == ""
    assert aws.named("send_command") == []
    assert told(reports) == ("failed", "no_script")
    assert "agent.windows_uninstall" in reports()[0]["details"]


def test_a_command_that_is_refused_is_told_with_the_services_words(call: Call, aws: Any, reports: Reports) -> None:
    aws.answers["send_command"] = refusal("AccessDeniedException")
    call(install_handler, **READY)
    assert told(reports) == ("failed", "command_refused")
    assert "AccessDeniedException" in reports()[0]["details"]


def test_a_command_for_an_instance_that_is_gone_by_now_is_no_failure(call: Call, aws: Any, reports: Reports) -> None:
    aws.answers["send_command"] = refusal("InvalidInstanceId")
    aws.answers["describe_instances"] = described(instance(state="terminated"))
    call(install_handler, **READY)
    assert told(reports) == ("gone", "terminated")


def test_systems_manager_that_fails_is_asked_again_by_the_state_machine(call: Call, aws: Any, reports: Reports) -> None:
    aws.answers["send_command"] = refusal("InternalServerError", 500)
    with pytest.raises(ClientError):
        call(install_handler, **READY)
    assert reports() == []


def test_too_many_commands_are_sent_again_later(call: Call, aws: Any) -> None:
    aws.answers["send_command"] = refusal("ThrottlingException")
    with pytest.raises(ThrottledError):
        call(install_handler, **READY)


@pytest.mark.parametrize(
    ("line", "state", "reason", "version"),
    [
        ("installed 4.2.0", "installed", "installed", "4.2.0"),
        ("already_running", "installed", "already_running", ""),
        ("upgraded 4.3", "installed", "upgraded", "4.3"),
        ("uninstalled", "removed", "uninstalled", ""),
        ("not_there", "removed", "not_there", ""),
    ],
)
def test_a_good_end_is_told_with_the_agents_version(  # noqa: PLR0917 - parametrized
    call: Call, aws: Any, reports: Reports, line: str, state: str, reason: str, version: str
) -> None:
    steps = (
        step("running_linux", ""),
        step("download_linux", "got it"),
        step("install_linux", f"Installing\n\nmuster: {line}\n"),
    )
    aws.answers["list_command_invocations"] = invocation(*steps, step("running_windows", SKIPPED))
    call(result_handler, **ended())
    assert told(reports) == (state, reason)
    (report,) = reports()
    assert (report["agent_version"], report["exit_code"], report["output"]) == (version, 0, "Installing")
    assert (report["via"], report["command"], report["at"]) == ("start", COMMAND, "2026-11-20T11:00:00.000000Z")
    assert (report["instance_name"], report["since"]) == ("web", "2026-11-20T10:00:00.000000Z")
    assert report["platform"] == "Linux"
    (asked,) = aws.named("list_command_invocations")
    assert asked == {"CommandId": COMMAND, "InstanceId": ID, "Details": True}


@pytest.mark.parametrize(
    ("action", "line", "is_unchanged"),
    [
        ("install", "script_failed 1", False),
        ("upgrade", "script_failed 1", False),
        ("upgrade", "hash_mismatch it is another", True),
        ("uninstall", "uninstall_failed 1", True),
    ],
)
def test_what_fails_says_whether_the_agent_is_as_it_was(  # noqa: PLR0917 - parametrized
    call: Call, aws: Any, reports: Reports, action: str, line: str, is_unchanged: bool
) -> None:
    said = step("install_linux", f"muster: {line}\n", "Failed", 1)
    aws.answers["list_command_invocations"] = invocation(said, status="Failed", comment=f"Muster: {action} by command")
    call(result_handler, **ended("Failed"))
    assert [one.get("is_unchanged", False) for one in reports()] == [is_unchanged]


def test_a_step_of_another_platforms_kind_says_nothing_of_the_platform(call: Call, aws: Any, reports: Reports) -> None:
    unsupported = "Step execution skipped due to unsupported plugin: aws:runShellScript. Step name: running_linux"
    said = step("install_windows", "muster: installed 4.2.0\n")
    aws.answers["list_command_invocations"] = invocation(step("running_linux", unsupported), said)
    call(result_handler, **ended())
    assert [one["platform"] for one in reports()] == ["Windows"]


def test_how_a_command_ended_may_be_on_a_later_page(call: Call, aws: Any, reports: Reports) -> None:
    said = invocation(step("install_linux", "muster: installed 4.2.0\n"))
    aws.answers["list_command_invocations"] = [{"CommandInvocations": []}, said]
    call(result_handler, **ended())
    assert told(reports) == ("installed", "installed")


ERRORS = "\n----------ERROR-------\nfailed to run commands: exit status 1"


@pytest.mark.parametrize(
    ("line", "reason", "code", "details"),
    [
        ("script_failed 100", "script_failed", 100, ""),
        ("hash_mismatch what was downloaded is another", "hash_mismatch", None, "what was downloaded is another"),
        ("missing_tool curl", "missing_tool", None, "curl"),
        ("not_running_afterwards it is off", "not_running_afterwards", None, "it is off"),
        ("uninstall_failed 7", "uninstall_failed", 7, ""),
        ("uninstall_failed still runs", "uninstall_failed", None, "still runs"),
    ],
)
def test_a_bad_end_is_told_with_its_code_and_the_last_lines(  # noqa: PLR0917 - parametrized
    call: Call, aws: Any, reports: Reports, line: str, reason: str, code: int | None, details: str
) -> None:
    said = step("install_linux", f"E: broken\nmuster: {line}\n{ERRORS}", "Failed", 1)
    aws.answers["list_command_invocations"] = invocation(step("download_linux", ""), said, status="Failed")
    call(result_handler, **ended("Failed"))
    assert told(reports) == ("failed", reason)
    (report,) = reports()
    assert (report["exit_code"], report["details"], report["output"]) == (code, details, "E: broken")


def test_an_agents_script_cannot_pass_its_words_off_as_the_end(call: Call, aws: Any, reports: Reports) -> None:
    said = step("install_linux", "muster: installed 9\nmuster: owned\nmuster: script_failed 3\n", "Failed", 1)
    aws.answers["list_command_invocations"] = invocation(said, status="Failed")
    call(result_handler, **ended("Failed"))
    assert told(reports) == ("failed", "script_failed")


def test_a_script_that_cannot_be_downloaded_names_the_policy_that_mends_it(
    call: Call, aws: Any, reports: Reports
) -> None:
    failed = step("download_linux", f"{ERRORS}\nfailed to download from s3: AccessDenied", "Failed", 1)
    prior = step("install_linux", "Plugin skipped due to prior step with an exit condition")
    aws.answers["list_command_invocations"] = invocation(step("running_linux", ""), failed, prior, status="Failed")
    call(result_handler, **ended("Failed"))
    assert told(reports) == ("failed", "download_failed")
    assert "muster-agent-scripts" in reports()[0]["details"]
    assert "AccessDenied" in reports()[0]["output"]


@pytest.mark.parametrize(
    ("status", "details", "reason"),
    [
        ("TimedOut", "DeliveryTimedOut", "command_undelivered"),
        ("TimedOut", "Delivery Timed Out", "command_undelivered"),
        ("Failed", "Undeliverable", "command_undelivered"),
        ("TimedOut", "ExecutionTimedOut", "command_timed_out"),
        ("Cancelled", "Cancelled", "command_cancelled"),
        ("Failed", "Failed", "script_failed"),
        ("Success", "Success", "not_running_afterwards"),
    ],
)
def test_an_end_without_a_word_is_told_by_the_commands_status(  # noqa: PLR0917 - parametrized
    call: Call, aws: Any, reports: Reports, status: str, details: str, reason: str
) -> None:
    aws.answers["list_command_invocations"] = invocation(status=status, details=details)
    call(result_handler, **ended(status))
    assert told(reports) == ("failed", reason)


def test_an_end_that_is_not_shown_yet_is_looked_at_again(call: Call, aws: Any, reports: Reports) -> None:
    for answer in ({"CommandInvocations": []}, invocation(status="InProgress")):
        aws.answers["list_command_invocations"] = answer
        with pytest.raises(TryLaterError):
            call(result_handler, **ended())
    assert reports() == []


def test_the_end_of_a_command_on_an_instance_that_is_gone_is_told_as_gone(
    call: Call, aws: Any, reports: Reports
) -> None:
    aws.answers["list_command_invocations"] = invocation(status="TimedOut", details="ExecutionTimedOut")
    aws.answers["describe_instances"] = described(instance(state="shutting-down"))
    call(result_handler, **ended("TimedOut"))
    assert told(reports) == ("gone", "terminated")


def test_a_command_that_somebody_else_sent_is_reported_by_its_document(call: Call, aws: Any, reports: Reports) -> None:
    aws.answers["list_command_invocations"] = invocation(
        step("uninstall_linux", "muster: uninstalled"), comment="by hand"
    )
    call(result_handler, **ended(document="uninstall"))
    assert told(reports) == ("removed", "uninstalled")
    assert reports()[0]["via"] == "command"


def test_texts_are_cut_to_what_the_hub_takes(call: Call, aws: Any, reports: Reports) -> None:
    said = step("install_linux", f"{'o' * 5_000}\nmuster: hash_mismatch {'d' * 5_000}", "Failed", 1)
    aws.answers["list_command_invocations"] = invocation(said, status="Failed")
    call(result_handler, **ended("Failed"))
    assert (len(reports()[0]["output"]), len(reports()[0]["details"])) == (LONGEST_OUTPUT, LONGEST_TEXT)


@pytest.mark.parametrize(("state", "reason"), [("stopped", "stopped"), ("terminated", "terminated")])
def test_an_instance_that_ends_is_told_as_gone(call: Call, aws: Any, reports: Reports, state: str, reason: str) -> None:
    call(result_handler, source="aws.ec2", time=AT, detail={"instance-id": ID, "state": state})
    assert told(reports) == ("gone", reason)
    assert reports()[0]["at"] == "2026-11-20T11:00:00.000000Z"
    assert aws.named("describe_instances") == []


CAUSE = json.dumps({"errorMessage": "An error occurred (AccessDenied)", "errorType": "ClientError"})


def test_an_execution_that_failed_is_told_for_its_instance(call: Call, reports: Reports) -> None:
    detail = {"status": "FAILED", "error": "ClientError", "cause": CAUSE, "input": json.dumps(READY)}
    call(result_handler, source="aws.states", time=AT, detail=detail)
    assert told(reports) == ("failed", "workflow_failed")
    assert reports()[0]["details"] == "ClientError: An error occurred (AccessDenied)"


def test_an_execution_that_was_stopped_says_so(call: Call, reports: Reports) -> None:
    call(result_handler, source="aws.states", time=AT, detail={"status": "ABORTED", "input": json.dumps(READY)})
    assert reports()[0]["details"] == "ABORTED"


def test_what_a_scan_could_not_finish_for_one_instance_is_told(call: Call, reports: Reports) -> None:
    call(result_handler, **READY, failure={"Error": "States.Timeout", "Cause": "too late"})
    assert told(reports) == ("failed", "workflow_failed")
    assert reports()[0]["details"] == "States.Timeout: too late"


def test_a_scan_that_failed_waits_among_the_dead_letters_and_is_started_again_from_there(call: Call, aws: Any) -> None:
    detail = {"status": "FAILED", "error": "States.Timeout", "input": '{"via":"scan","following":"page-2"}'}
    call(result_handler, source="aws.states", time=AT, detail=detail)
    (parked,) = aws.named("send_message")
    assert parked["QueueUrl"] == ENVIRONMENT["AGENT_QUEUE_URL"]
    letter = json.loads(parked["MessageBody"])
    assert letter == {"via": "scan", "error": "States.Timeout"}
    assert aws.named("start_execution") == []
    call(result_handler, **letter)
    (started,) = aws.named("start_execution")
    assert started["stateMachineArn"] == ENVIRONMENT["AGENT_SCAN_MACHINE"]
    assert json.loads(started["input"]) == {"via": "scan"}


@pytest.mark.parametrize(
    ("event", "machine", "given"),
    [
        (
            {"source": "aws.ec2", "time": AT, "detail": {"instance-id": ID, "state": "running"}},
            "AGENT_START_MACHINE",
            {"instance": ID, "via": "start", "action": "install", "wait": 0},
        ),
        ({**READY, "wait": 70}, "AGENT_START_MACHINE", {**READY, "wait": 70}),
        ({"via": "sweep"}, "AGENT_SCAN_MACHINE", {"via": "sweep"}),
        ({"source": "aws.events", "time": AT, "detail": {}}, "AGENT_SCAN_MACHINE", {"via": "sweep"}),
    ],
)
def test_what_did_not_reach_a_machine_is_given_to_it_again(
    call: Call, aws: Any, event: dict[str, Any], machine: str, given: dict[str, Any]
) -> None:
    call(result_handler, **event)
    (started,) = aws.named("start_execution")
    assert started["stateMachineArn"] == ENVIRONMENT[machine]
    assert json.loads(started["input"]) == given
