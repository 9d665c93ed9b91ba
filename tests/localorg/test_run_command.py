"""Run Command on the nodes of the local organization."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.localorg.lambdas import MEMBER, Functions
from tests.localorg.nodes import (
    KEY,
    NUMBERS,
    ON_LINUX,
    ON_WINDOWS,
    READ,
    Nodes,
    download,
    scripts,
    shell,
    step,
)
from tests.localorg.running import Eventually, Organization, StartGateway, refused

pytestmark = pytest.mark.slow
COMMAND, INVOCATION = "EC2 Command Status-change Notification", "EC2 Command Invocation Status-change Notification"
UNMET = "'\"StringEquals\": [platformType, Windows]'"
SKIPPED = f"Step execution skipped due to unsatisfied preconditions: {UNMET}. Step name: windows"
POWERSHELL = step("windows", "runPowerShellScript", ON_WINDOWS, runCommand=["Write-Output hello"])


@pytest.fixture
def nodes(organization: Organization) -> Nodes:
    return Nodes(organization, MEMBER)


@pytest.fixture(scope="module")
def instance(organization: Organization) -> str:
    """A node that nothing is wrong with."""
    return Nodes(organization, MEMBER).ready()


@pytest.fixture(scope="module")
def bucket(organization: Organization) -> str:
    return scripts(organization.client, "node-scripts", organization.id, hello="echo hello; exit ${1:-0}\n")


def outputs(result: dict[str, Any]) -> list[tuple[str, str, int, str]]:
    plugins = result["CommandPlugins"]
    return [(one["Name"], one["Status"], one["ResponseCode"], one["Output"]) for one in plugins]


def test_a_script_really_runs_and_its_words_come_back(nodes: Nodes, instance: str) -> None:
    document = nodes.document(shell("echo out", "echo err >&2"))
    result = nodes.ran(document, instance, Comment="A test")
    assert (result["Status"], result["StatusDetails"], result["Comment"]) == ("Success", "Success", "A test")
    assert outputs(result) == [("run", "Success", 0, "out\n\n----------ERROR-------\nerr\n")]


def test_a_script_that_fails_says_how(nodes: Nodes, instance: str) -> None:
    command = nodes.send(nodes.document(shell("echo before", "exit 84")), instance)
    ((_, status, code, output),) = outputs(nodes.result(command))
    assert (status, code) == ("Failed", 84)
    assert output == "before\n\n----------ERROR-------\nfailed to run commands: exit status 84"
    (whole,) = nodes.ssm.list_commands(CommandId=command)["Commands"]
    assert (whole["Status"], whole["ErrorCount"], whole["CompletedCount"], whole["TargetCount"]) == ("Failed", 1, 1, 1)
    one = nodes.ssm.get_command_invocation(CommandId=command, InstanceId=instance)
    assert (one["Status"], one["ResponseCode"], one["StandardOutputContent"]) == ("Failed", 84, "before\n")


def test_a_script_sees_its_own_directory_and_no_credentials(nodes: Nodes) -> None:
    instance = nodes.ready(files={"bin/tool": "#!/bin/sh\necho mine\n", "etc/words": "text"})
    directory = Path(nodes.set(instance)["directory"])
    document = nodes.document(shell('tool; cat "$HOME/etc/words"; pwd; env'))
    ((_, _, _, output),) = outputs(nodes.ran(document, instance))
    mine, words, *_ = output.split("\n", 1)
    assert mine == "mine"
    assert words.startswith(f"text{directory}/")
    seen = dict(line.split("=", 1) for line in output.splitlines() if "=" in line)
    assert seen["HOME"] == str(directory)
    assert seen["AWS_SSM_INSTANCE_ID"] == instance
    assert not [name for name in seen if "KEY" in name or "TOKEN" in name or "ENDPOINT" in name or "CONFIG" in name]


def test_another_shell_may_be_named_in_the_first_line(nodes: Nodes, instance: str) -> None:
    document = nodes.document(shell("#!/bin/bash", "words=(a b); echo ${#words[@]}"))
    ((_, _, _, output),) = outputs(nodes.ran(document, instance))
    assert output == "2\n"


def test_what_a_script_downloads_is_there_to_run(nodes: Nodes, instance: str, bucket: str) -> None:
    fetch = download(bucket, destinationPath="script.sh")
    document = nodes.document(fetch, shell("sh ./script.sh {{ Code }}"), Key=KEY, Code={"type": "String"})
    parameters = {"Key": ["agent/hello.sh"], "Code": ["7"]}
    (_, fetched, *_), (_, status, code, output) = outputs(nodes.ran(document, instance, Parameters=parameters))
    assert (fetched, status, code) == ("Success", "Failed", 7)
    assert output.startswith("hello\n")


def test_without_a_name_a_download_keeps_its_own(nodes: Nodes, instance: str, bucket: str) -> None:
    document = nodes.document(download(bucket), shell("ls"), Key=KEY)
    _, (_, _, _, output) = outputs(nodes.ran(document, instance, Parameters={"Key": ["agent/hello.sh"]}))
    assert output == "hello.sh\n"


@pytest.mark.parametrize(
    ("statements", "key", "words"),
    [
        ((), "agent/hello.sh", "AccessDenied"),
        (READ[:1], "agent/hello.sh", "AccessDenied"),
        (READ[1:], "agent/hello.sh", "AccessDenied"),
        (READ, "agent/missing.sh", "NoSuchKey"),
    ],
)
def test_a_download_needs_the_roles_own_permissions(
    nodes: Nodes, bucket: str, statements: Any, key: str, words: str
) -> None:
    instance = nodes.ready(nodes.profile(*statements))
    document = nodes.document(download(bucket), shell("ls"), Key=KEY)
    result = nodes.ran(document, instance, Parameters={"Key": [key]})
    assert result["Status"] == "Failed"
    (_, status, code, output), (_, afterwards, *_) = outputs(result)
    assert (status, code, afterwards) == ("Failed", 1, "Success")
    assert words in output


def test_a_download_needs_the_buckets_policy(nodes: Nodes, instance: str, organization: Organization) -> None:
    name = scripts(organization.client, f"closed-{next(NUMBERS)}", "o-another", hello="echo hello\n")
    document = nodes.document(download(name), Key=KEY)
    ((_, status, _, output),) = outputs(nodes.ran(document, instance, Parameters={"Key": ["agent/hello.sh"]}))
    assert status == "Failed"
    assert "AccessDenied" in output


@pytest.mark.parametrize("path", ["/tmp/outside", "../../outside"])
def test_a_download_stays_in_the_nodes_directory(nodes: Nodes, instance: str, bucket: str, path: str) -> None:
    document = nodes.document(download(bucket, destinationPath=path), Key=KEY)
    result = nodes.ran(document, instance, Parameters={"Key": ["agent/hello.sh"]})
    assert result["Status"] == "Failed"
    assert not Path("/tmp/outside").exists()


def test_a_node_whose_profile_has_no_role_downloads_nothing(nodes: Nodes, bucket: str) -> None:
    profile = f"empty-{next(NUMBERS)}"
    nodes.iam.create_instance_profile(InstanceProfileName=profile)
    document = nodes.document(download(bucket), Key=KEY)
    result = nodes.ran(document, nodes.ready(profile), Parameters={"Key": ["agent/hello.sh"]})
    assert "NoCredentialProviders" in outputs(result)[0][3]


def test_steps_of_other_platforms_are_skipped(nodes: Nodes, instance: str) -> None:
    linux = step("linux", "runShellScript", ON_LINUX, runCommand=["echo hello"])
    result = nodes.ran(nodes.document(POWERSHELL, linux), instance)
    assert outputs(result) == [
        ("windows", "Success", 0, SKIPPED),
        ("linux", "Success", 0, "hello\n"),
    ]


def test_a_step_that_its_platform_cannot_run_is_skipped_or_fails(nodes: Nodes, instance: str) -> None:
    powershell = step("run", "runPowerShellScript", runCommand=["Write-Output hello"])
    assert "pwsh" in outputs(nodes.ran(nodes.document(powershell), instance))[0][3]
    both = nodes.document(shell("true", name="linux"), POWERSHELL)
    skipped, _ = outputs(nodes.ran(both, nodes.ready(platform="Windows")))
    assert skipped[1:] == (
        *("Success", 0),
        "Step execution skipped due to unsupported plugin: aws:runShellScript. Step name: linux",
    )


def test_windows_answers_what_it_was_told_to(nodes: Nodes, bucket: str) -> None:
    instance = nodes.ready(platform="Windows", outputs=[{"exit": 85, "output": "muster"}, {"exit": 0}])
    document = nodes.document(download(bucket, destinationPath="script.ps1"), POWERSHELL, Key=KEY)
    parameters = {"Key": ["agent/hello.sh"]}
    _, (_, status, code, output) = outputs(nodes.ran(document, instance, Parameters=parameters))
    assert (status, code, output.splitlines()[0]) == ("Failed", 85, "muster")
    for _ in range(2):
        assert outputs(nodes.ran(document, instance, Parameters=parameters))[1][1:] == ("Success", 0, "")
    missing = nodes.ran(document, instance, Parameters={"Key": ["agent/missing.sh"]})
    assert (missing["Status"], outputs(missing)[0][1]) == ("Failed", "Failed")


def test_a_step_may_end_the_document_and_final_ones_run_all_the_same(nodes: Nodes, instance: str) -> None:
    document = nodes.document(
        shell("exit 3", name="first", onFailure="exit"),
        shell("echo never", name="second"),
        shell("echo last", name="third", finallyStep=True),
    )
    first, second, third = outputs(nodes.ran(document, instance))
    assert (first[1:3], second[1:3], third[1:]) == (("Failed", 3), ("Success", 0), ("Success", 0, "last\n"))
    assert "skipped due to prior step with an exit condition" in second[3]


@pytest.mark.parametrize(("code", "status"), [(168, "Success"), (169, "Failed")])
def test_two_exit_codes_end_the_document(nodes: Nodes, instance: str, code: int, status: str) -> None:
    document = nodes.document(shell(f"exit {code}", name="first"), shell("echo never", name="second"))
    result = nodes.ran(document, instance)
    assert result["Status"] == status
    assert "never" not in outputs(result)[1][3]


def test_long_output_is_cut_at_its_end(nodes: Nodes, instance: str) -> None:
    lines = "i=0; while [ $i -lt 400 ]; do echo 0123456789; i=$((i+1)); done; echo last"
    command = nodes.send(nodes.document(shell(lines)), instance)
    ((_, _, _, output),) = outputs(nodes.result(command))
    assert len(output) == 2_500
    assert output.endswith("\n---Output truncated---")
    whole = nodes.ssm.get_command_invocation(CommandId=command, InstanceId=instance)["StandardOutputContent"]
    assert whole.endswith("last\n")


def test_one_step_of_several_must_be_named(nodes: Nodes, instance: str) -> None:
    command = nodes.send(
        nodes.document(shell("echo a", name="first"), shell("echo b; exit 1", name="second")), instance
    )
    nodes.result(command)
    get = nodes.ssm.get_command_invocation
    asked = {"CommandId": command, "InstanceId": instance}
    assert get(**asked)["StandardOutputContent"] == ""
    one = get(**asked, PluginName="first")
    assert (one["Status"], one["StandardOutputContent"]) == ("Success", "a\n")
    assert refused(get, **asked, PluginName="third") == "InvalidPluginName"
    assert refused(get, CommandId=command, InstanceId="i-0123456789abcdef9") == "InvocationDoesNotExist"


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, "InvalidParameters"),
        ({"Key": ["agent/a.sh; reboot"]}, "InvalidParameters"),
        ({"Key": ["agent/a.sh", "agent/b.sh"]}, "InvalidParameters"),
        ({"Key": ["agent/a.sh"], "Other": ["x"]}, "InvalidParameters"),
        ({"Key": ["agent/a.sh"], "Count": ["many"]}, "InvalidParameters"),
        ({"Key": ["agent/a.sh"], "Mode": ["fast"]}, "InvalidParameters"),
    ],
)
def test_parameters_must_be_as_the_document_says(nodes: Nodes, instance: str, parameters: Any, code: str) -> None:
    count, mode = {"type": "Integer", "default": 3}, {"type": "String", "default": "slow", "allowedValues": ["slow"]}
    document = nodes.document(shell("echo {{ Key }} {{ Count }} {{ Mode }}"), Key=KEY, Count=count, Mode=mode)
    assert refused(nodes.send, document, instance, Parameters=parameters) == code
    result = nodes.ran(document, instance, Parameters={"Key": ["agent/a.sh"]})
    assert outputs(result)[0][3] == "agent/a.sh 3 slow\n"


def test_only_known_running_nodes_take_commands(nodes: Nodes, instance: str) -> None:
    document = nodes.document(shell("true"))
    unmanaged, stopped = nodes.launch(), nodes.ready()
    nodes.ec2.stop_instances(InstanceIds=[stopped])
    for wrong in (unmanaged, stopped, "i-0123456789abcdef9"):
        assert refused(nodes.send, document, instance, wrong) == "InvalidInstanceId"
    assert refused(nodes.send, document, *[f"i-{number:017x}" for number in range(51)]) == "ValidationException"
    assert refused(nodes.send, "no-such-document", instance) == "InvalidDocument"
    assert refused(nodes.send, document, instance, DocumentVersion="9") == "InvalidDocumentVersion"
    windows = nodes.ready(platform="Windows")
    assert refused(nodes.send, document, windows) == "UnsupportedPlatformType"


def test_a_sender_needs_the_document_and_each_instance(nodes: Nodes, organization: Organization) -> None:
    number = next(NUMBERS)
    document, instance = nodes.document(shell("true")), nodes.ready()
    tagged = nodes.launch(nodes.profile(), {"owner": f"team-{number}"})
    nodes.set(tagged, registers_after=0)
    arn = "arn:aws:{}:us-east-1:" + MEMBER + ":{}"
    on_document = {"Action": "ssm:SendCommand", "Resource": arn.format("ssm", f"document/{document}")}
    by_tag = {"StringEquals": {"ssm:resourceTag/owner": f"team-{number}"}}
    on_tagged = {"Action": "ssm:SendCommand", "Resource": arn.format("ec2", "instance/*"), "Condition": by_tag}
    account = Functions(organization.client, MEMBER)
    send = account.acting(f"sender-{number}", on_document, on_tagged).aws("ssm").send_command
    assert send(DocumentName=document, InstanceIds=[tagged])
    assert refused(send, DocumentName=document, InstanceIds=[instance]) == "AccessDeniedException"
    assert refused(send, DocumentName="AWS-RunShellScript", InstanceIds=[tagged]) == "AccessDeniedException"
    without = account.acting(f"half-{number}", {**on_tagged, "Resource": "*"}, on_document).aws("ssm")
    assert refused(without.list_commands) == "AccessDeniedException"


def test_each_change_is_an_event_of_systems_manager(nodes: Nodes, instance: str) -> None:
    queue = nodes.listen(COMMAND, INVOCATION)
    document = nodes.document(shell("exit {{ Code }}"), Code={"type": "String"})
    command = nodes.send(document, instance, Parameters={"Code": ["4"]})
    events = nodes.heard(queue, 4, command)
    assert [(one["detail-type"], one["detail"]["status"]) for one in events] == [
        (INVOCATION, "InProgress"),
        (COMMAND, "InProgress"),
        (INVOCATION, "Failed"),
        (COMMAND, "Failed"),
    ]
    invocation, whole = events[2:]
    assert invocation["source"] == "aws.ssm"
    assert invocation["resources"] == [f"arn:aws:ec2:us-east-1:{MEMBER}:instance/{instance}"]
    assert invocation["detail"] == {
        "command-id": command,
        "document-name": document,
        "instance-id": instance,
        "requested-date-time": whole["detail"]["requested-date-time"],
        "status": "Failed",
    }
    assert whole["detail"]["parameters"] == {"Code": ["4"]}
    assert set(whole["detail"]) == {
        *("command-id", "document-name", "expire-after"),
        *("parameters", "requested-date-time", "status"),
    }


def test_whoever_hears_of_an_end_finds_the_result(nodes: Nodes, instance: str) -> None:
    queue = nodes.listen(INVOCATION)
    command = nodes.send(nodes.document(shell("echo done")), instance)
    assert nodes.heard(queue, 2, command)[-1]["detail"]["status"] == "Success"
    (one,) = nodes.ssm.list_command_invocations(CommandId=command, Details=True)["CommandInvocations"]
    assert (one["Status"], one["CommandPlugins"][0]["Output"]) == ("Success", "done\n")


def test_a_script_that_takes_too_long_is_ended(nodes: Nodes, instance: str) -> None:
    document = nodes.document(shell("echo begun", "sleep 60", timeoutSeconds="1"))
    result = nodes.ran(document, instance)
    assert (result["Status"], result["StatusDetails"]) == ("TimedOut", "ExecutionTimedOut")
    assert outputs(result)[0][2:] == (137, "begun\n")


def test_a_command_for_a_node_that_is_lost_is_never_delivered(nodes: Nodes, eventually: Eventually) -> None:
    lost = nodes.ready(ping="ConnectionLost")
    document = nodes.document(shell("true"))
    result = nodes.ran(document, lost, TimeoutSeconds=30)
    assert (result["Status"], result["StatusDetails"]) == ("TimedOut", "DeliveryTimedOut")
    command = nodes.send(document, lost)
    nodes.set(lost, ping="Online")
    assert nodes.result(command)["Status"] == "Success"


def test_a_command_whose_instance_stops_is_in_progress_until_its_time_is_up(
    nodes: Nodes, organization: Organization, eventually: Eventually
) -> None:
    instance = nodes.ready()
    command = nodes.send(nodes.document(shell("echo begun; touch $HOME/begun; sleep 60")), instance, TimeoutSeconds=30)
    begun = Path(nodes.set(instance)["directory"]) / "begun"
    assert eventually(begun.exists)
    nodes.ec2.terminate_instances(InstanceIds=[instance])
    assert eventually(lambda: organization.control("settled")["pending"]["commands"] == 0)
    (one,) = nodes.ssm.list_command_invocations(CommandId=command)["CommandInvocations"]
    assert one["Status"] == "InProgress"


def test_a_cancelled_command_ends(nodes: Nodes, eventually: Eventually) -> None:
    instance = nodes.ready()
    command = nodes.send(nodes.document(shell("touch $HOME/begun; sleep 60")), instance)
    begun = Path(nodes.set(instance)["directory"]) / "begun"
    assert eventually(begun.exists)
    nodes.ssm.cancel_command(CommandId=command)
    assert nodes.result(command)["Status"] == "Cancelled"


def test_commands_are_listed_the_newest_first(nodes: Nodes) -> None:
    instance, document = nodes.ready(), nodes.document(shell("true"))
    made = [nodes.send(document, instance) for _ in range(3)]
    listed = nodes.ssm.list_commands(InstanceId=instance)["Commands"]
    assert [one["CommandId"] for one in listed] == made[::-1]
    for command in made:
        nodes.result(command)
    page = nodes.ssm.list_command_invocations(InstanceId=instance, MaxResults=2)
    rest = nodes.ssm.list_command_invocations(InstanceId=instance, NextToken=page["NextToken"])
    found = [*page["CommandInvocations"], *rest["CommandInvocations"]]
    assert [one["CommandId"] for one in found] == made[::-1]
    assert found[0]["CommandPlugins"] == []
    by_document = [{"key": "DocumentName", "value": document}, {"key": "Status", "value": "Failed"}]
    assert nodes.ssm.list_commands(Filters=by_document)["Commands"] == []
    assert refused(nodes.ssm.list_commands, CommandId="00000000-0000-0000-0000-000000000000") == "InvalidCommandId"


def test_a_command_may_be_sent_by_tag(nodes: Nodes) -> None:
    value = f"web-{next(NUMBERS)}"
    instance = nodes.launch(nodes.profile(), {"role": value})
    nodes.set(instance, registers_after=0)
    targets = [{"Key": "tag:role", "Values": [value]}]
    command = nodes.ssm.send_command(DocumentName=nodes.document(shell("true")), Targets=targets)["Command"]
    assert command["InstanceIds"] == [instance]


@pytest.fixture
def own_gateway(start_gateway: StartGateway) -> Iterator[Organization]:
    gateway = start_gateway("--wait-scale", "1")
    yield gateway
    gateway.process.terminate()
    gateway.process.wait(10)


def test_the_gateways_end_ends_scripts_and_removes_directories(
    own_gateway: Organization, eventually: Eventually
) -> None:
    nodes = Nodes(own_gateway, MEMBER)
    instance = nodes.ready()
    directory = Path(nodes.set(instance)["directory"])
    nodes.send(nodes.document(shell("echo $$ > $HOME/number; sleep 300")), instance)
    assert eventually((directory / "number").exists)
    time.sleep(0.1)
    process = Path("/proc") / (directory / "number").read_text().strip()
    own_gateway.process.terminate()
    own_gateway.process.wait(10)
    assert eventually(lambda: not process.exists())
    assert not directory.exists()
