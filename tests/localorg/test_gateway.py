"""The gateway's process: how it starts, refuses to start, and goes without leaving anything."""

import json
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.localorg import exercise
from tests.localorg.running import PYTHON, ROOT, Eventually, Organization, StartGateway

pytestmark = pytest.mark.slow


def run(*arguments: Any) -> subprocess.CompletedProcess[str]:
    command = [str(PYTHON), "-m", "localorg", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(PYTHON), "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)


def descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task").glob("*/children")
    found = [int(child) for file in children for child in file.read_text().split()]
    return found + [below for child in found for below in descendants(child)]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def port_of(organization: Organization) -> int:
    return int(organization.endpoint.rpartition(":")[2])


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def invoke_something(organization: Organization) -> None:
    iam = organization.client("iam", organization.hub)
    trust = json.dumps(exercise.trust("lambda"))
    role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    function = organization.client("lambda", organization.hub)
    function.create_function(
        FunctionName="worker",
        Runtime="python3.13",
        Handler="index.handler",
        Role=role,
        Code={"ZipFile": exercise.archive()},
        Environment={"Variables": {"MODE": "x"}},
    )
    answer = function.invoke(FunctionName="worker", Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()


def test_health_tells_what_the_ready_line_told(organization: Organization) -> None:
    health = organization.control("health")
    assert health["status"] == "ok"
    assert health["organization"]["id"] == organization.id
    assert health["organization"]["ous"] == organization.ous
    assert [member["id"] for member in health["organization"]["members"]][:5] == organization.members


def test_the_fixed_accounts_come_first_and_further_ones_are_generated(start_gateway: StartGateway) -> None:
    larger = start_gateway("--accounts", "8", "--regions", "us-east-1,ap-south-1")
    assert larger.management == "999999999999"
    assert larger.hub == "111122223333"
    assert larger.members[0] == "444455556666"
    assert larger.members[5:] == ["555500000006", "555500000007", "555500000008"]


def test_a_busy_port_is_refused_in_one_line() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = run("--port", str(port))
    assert refused.returncode == 2
    assert refused.stdout == ""
    expected = (
        f"error: port {port} on 127.0.0.1 is already in use; stop what listens there or choose another with --port\n"
    )
    assert refused.stderr == expected


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--port", "x"),
        ("--port", "70000"),
        ("--port", "0", "--accounts", "-1"),
        ("--port", "0", "--wait-scale", "2"),
        ("--port", "0", "--regions", "moon"),
        ("--port", "0", "--regions", ","),
        ("--port", "0", "--log-level", "LOUD"),
        ("--port", "0", "--nonsense"),
    ],
)
def test_an_argument_that_cannot_be_used_is_refused_in_one_line(arguments: str) -> None:
    refused = run(*arguments)
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: ")
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_within_two_seconds_and_nothing_stays(start_gateway: StartGateway, number: int) -> None:
    organization = start_gateway()
    invoke_something(organization)
    children = descendants(organization.process.pid)
    assert children
    started = time.monotonic()
    organization.process.send_signal(number)
    assert organization.process.wait(5) == 0
    assert time.monotonic() - started < 2
    assert organization.process.stdout.read() == ""
    assert not is_open(port_of(organization))
    assert not [child for child in children if is_running(child)]


def test_it_goes_when_the_process_that_it_follows_is_killed(
    start_gateway: StartGateway, eventually: Eventually
) -> None:
    parent = subprocess.Popen(["sleep", "60"])
    organization = start_gateway("--with-parent", str(parent.pid))
    invoke_something(organization)
    children = descendants(organization.process.pid)
    parent.kill()
    assert organization.process.wait(5) == 0
    parent.wait(5)
    assert eventually(lambda: not [child for child in children if is_running(child)], 3)


def test_a_killed_gateway_takes_its_workers_along(start_gateway: StartGateway, eventually: Eventually) -> None:
    organization = start_gateway()
    invoke_something(organization)
    children = descendants(organization.process.pid)
    organization.process.kill()
    organization.process.wait(5)
    assert eventually(lambda: not [child for child in children if is_running(child)], 3)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("nothing", None, 404), ("events", b"{", 400), ("events", b"{}", 400), ("replay", b'{"items": 3}', 400)],
)
def test_control_endpoints_refuse_with_json(organization: Organization, path: str, body: str, status: int) -> None:
    with pytest.raises(HTTPError) as caught:
        urlopen(Request(f"{organization.endpoint}/_localorg/{path}", body), timeout=10)
    with caught.value as answer:
        assert answer.code == status
        assert json.loads(answer.read())["error"]


def test_it_listens_on_the_loopback_interface_only(organization: Organization) -> None:
    inode_lines = Path(f"/proc/{organization.process.pid}/net/tcp").read_text().splitlines()
    port = f"{port_of(organization):04X}"
    listening = [
        line.split()[1] for line in inode_lines[1:] if line.split()[3] == "0A" and line.split()[1].endswith(port)
    ]
    assert listening == [f"0100007F:{port}"]


def test_the_callers_shell_does_not_reach_the_gateway(start_gateway: StartGateway) -> None:
    odd = start_gateway(AWS_PROFILE="missing", AWS_SECRET_ACCESS_KEY="other", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    answer = odd.control("replay", {"items": []})
    assert answer["items"] == []
    assert odd.client("sts", odd.hub).get_caller_identity()["Account"] == odd.hub


def test_another_ministack_is_refused() -> None:
    code = "from localorg import patches; patches.PINNED = '0.0.1'; patches.check_version()"
    refused = python(code)
    assert "PatchError" in refused.stderr
    assert "written for ministack 0.0.1" in refused.stderr


def test_a_patch_needs_its_needles() -> None:
    code = (
        "from localorg import patches; from ministack.services import sqs; patches.require(sqs, 'queue_delay', 'nope')"
    )
    assert "no longer contains ['nope']" in python(code).stderr
    code = "from localorg import patches; from ministack.services import sqs; patches.require(sqs, 'gone')"
    assert "ministack.services.sqs.gone is gone" in python(code).stderr


def test_every_part_finds_what_it_patches() -> None:
    code = "from localorg import listening; listening.set_environment(1, 'ERROR')"
    code += "; from localorg import gateway; gateway.install()"
    installed = python(code)
    assert (installed.returncode, installed.stderr) == (0, "")


def test_every_type_that_is_declared_only_is_documented() -> None:
    code = "import json; from localorg import listening; listening.set_environment(1, 'ERROR')"
    code += "; from localorg.cloudformation.declared import DECLARED; print(json.dumps(DECLARED))"
    page = (ROOT / "docs" / "local-organization.md").read_text()
    rows = [f"| `{kind}` | {instead} |" for kind, instead in sorted(json.loads(python(code).stdout).items())]
    assert "\n".join(rows) in page
