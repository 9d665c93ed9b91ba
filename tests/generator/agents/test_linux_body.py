"""The documents' Linux scripts, really run by /bin/sh in a scratch directory, with an agent that is a file."""

import hashlib
import os
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contract.agents import Action, Platform
from generator.agents.documents import body, first_look
from generator.settings.agent import Agent

AGENT = Agent(
    kind="other", linux_running='test -e "$HOME/agent" && cat "$HOME/agent"', linux_install="i", linux_uninstall="u"
)
INSTALLS = '#!/bin/bash\nset -o pipefail\necho "Installing"\necho "4.2.0" > "$HOME/agent"\n'
REMOVES = '#!/bin/sh\nrm -f "$HOME/agent"\necho "Gone"\n'
TOOLS = ("cat", "cut", "flock", "grep", "head", "rm", "sed", "sha256sum", "sleep", "tail")


@dataclass
class Ran:
    code: int
    output: str

    @property
    def last(self) -> str:
        return self.output.splitlines()[-1] if self.output else ""


@dataclass
class Machine:
    """A scratch machine: `orchestration/<command>/downloads` is where the Systems Manager agent starts scripts."""

    home: Path
    tools: tuple[str, ...] = (*TOOLS, "bash", "sh", "curl")
    commands: int = 0
    mode: str = "install"
    left: list[Path] = field(default_factory=list)

    @property
    def agent(self) -> Path:
        return self.home / "agent"

    def path(self) -> str:
        bin_ = self.home / "bin" / str(self.commands)
        bin_.mkdir(parents=True)
        for tool in self.tools:
            found = shutil.which(tool)
            if found:
                (bin_ / tool).symlink_to(found)
        return str(bin_)

    def start(self, text: str, script: str = "", digest: str = "") -> "subprocess.Popen[str]":
        self.commands += 1
        start = self.home / "orchestration" / str(self.commands) / "downloads"
        start.mkdir(parents=True)
        if script:
            (start / "script.sh").write_text(script)
        self.left.append(start)
        wanted = digest or hashlib.sha256(script.encode()).hexdigest()
        whole = text.replace("{{ Hash }}", wanted).replace("{{ Mode }}", self.mode)
        file = start.parent / "_script.sh"
        file.write_text(whole)
        file.chmod(0o700)
        environment = {"PATH": self.path(), "HOME": str(self.home)}
        # What the agent starts has no shebang: sh runs it.
        return subprocess.Popen(
            ["/bin/sh", "-c", str(file)],
            cwd=start,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, text: str, script: str = "", digest: str = "") -> Ran:
        process = self.start(text, script, digest)
        output, _ = process.communicate(timeout=60)
        return Ran(process.returncode, output)

    def install(self, script: str = INSTALLS, digest: str = "", pauses: tuple[int, ...] = (0,)) -> Ran:
        return self.run(body(AGENT, Action.INSTALL, Platform.LINUX, pauses), script, digest)

    def uninstall(self, script: str = REMOVES) -> Ran:
        return self.run(body(AGENT, Action.UNINSTALL, Platform.LINUX, (0,)), script)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_fresh_machine_gets_the_agent(machine: Machine) -> None:
    ran = machine.install()
    assert (ran.code, ran.last) == (0, "muster: installed 4.2.0")
    assert "Installing" in ran.output
    assert machine.agent.exists()


def test_the_script_is_gone_afterwards(machine: Machine) -> None:
    machine.install()
    assert [one.name for one in machine.left[0].iterdir()] == ["output.txt"]
    assert (machine.left[0] / "output.txt").stat().st_mode & 0o077 == 0


def test_an_agent_that_runs_is_left_alone_before_anything_is_downloaded(machine: Machine) -> None:
    machine.agent.write_text("3.1\nmore\n")
    ran = machine.run(first_look(AGENT, Action.INSTALL, Platform.LINUX))
    # Systems Manager ends a document at this code, and calls it a success.
    assert (ran.code, ran.output) == (168, "muster: already_running 3.1\n")


def test_the_first_look_says_nothing_where_there_is_work(machine: Machine) -> None:
    ran = machine.run(first_look(AGENT, Action.INSTALL, Platform.LINUX))
    assert (ran.code, ran.output) == (0, "")


def test_an_agent_that_runs_is_left_alone_by_the_second_look_too(machine: Machine) -> None:
    machine.agent.write_text("3.1\n")
    ran = machine.install("#!/bin/bash\necho 9 > $HOME/agent\n")
    assert (ran.code, ran.output) == (0, "muster: already_running 3.1\n")
    assert machine.agent.read_text() == "3.1\n"


def test_an_upgrade_runs_the_script_all_the_same(machine: Machine) -> None:
    machine.agent.write_text("3.1\n")
    machine.mode = "upgrade"
    assert machine.run(first_look(AGENT, Action.INSTALL, Platform.LINUX)).output == ""
    ran = machine.install()
    assert (ran.code, ran.last) == (0, "muster: upgraded 4.2.0")


def test_a_script_with_another_hash_is_not_run(machine: Machine) -> None:
    ran = machine.install(digest="0" * 64)
    assert ran.code == 1
    assert ran.last.startswith("muster: hash_mismatch ")
    assert not machine.agent.exists()


@pytest.mark.parametrize("code", [1, 100, 168, 194])
def test_a_failing_script_is_told_with_its_code_and_its_last_words(machine: Machine, code: int) -> None:
    ran = machine.install(f"#!/bin/bash\nfor i in $(seq 1); do :; done\necho 'E: broken' >&2\nexit {code}\n")
    # Codes of its own would make Systems Manager end well or reboot the machine.
    assert (ran.code, ran.last) == (1, f"muster: script_failed {code}")
    assert "E: broken" in ran.output


def test_a_script_that_needs_curl_is_not_begun_without_it(machine: Machine) -> None:
    machine.tools = (*TOOLS, "bash", "sh")
    ran = machine.install(f"{INSTALLS}curl -s https://agent.example/installer\n")
    assert (ran.code, ran.last) == (1, "muster: missing_tool curl")
    assert not machine.agent.exists()
    assert machine.install().last == "muster: installed 4.2.0"


def test_a_bash_script_is_not_begun_without_bash(machine: Machine) -> None:
    machine.tools = (*TOOLS, "sh", "curl")
    assert machine.install().last == "muster: missing_tool bash"
    assert machine.install(INSTALLS.replace("bash", "sh").replace("set -o pipefail\n", "")).last.endswith("4.2.0")


def test_without_any_tool_for_the_hash_the_last_one_is_named(machine: Machine) -> None:
    machine.tools = (*(one for one in TOOLS if one != "sha256sum"), "bash", "sh", "curl")
    assert machine.install().last == "muster: missing_tool openssl"


def test_an_agent_that_does_not_run_after_its_script_ended_well_is_told(machine: Machine) -> None:
    ran = machine.install("echo done\n", pauses=(0, 0))
    assert ran.code == 1
    assert ran.last.startswith("muster: not_running_afterwards ")


def test_an_agent_that_takes_its_time_is_waited_for(machine: Machine) -> None:
    ran = machine.install('(sleep 0.5; echo 4.2.0 > "$HOME/agent") &\n', pauses=(0, 1, 1))
    assert ran.last == "muster: installed 4.2.0"


def test_what_looks_like_a_token_is_not_shown(machine: Machine) -> None:
    ran = machine.install('echo \'dsa_control -a dsm://a:443/ "tenantID:AAA-1" "token:BBB-2"\'\nexit 3\n')
    assert "AAA-1" not in ran.output
    assert "BBB-2" not in ran.output
    assert '"tenantID:***" "token:***"' in ran.output


def test_a_token_where_the_output_is_cut_is_not_shown_either(machine: Machine) -> None:
    ran = machine.install(
        's=token:; i=0; while [ $i -lt 2000 ]; do s="${s}SECRET"; i=$((i+1)); done; echo "$s"; exit 3\n'
    )
    assert "SECRET" not in ran.output
    assert "token:***" in ran.output


def test_of_much_output_the_end_is_shown(machine: Machine) -> None:
    ran = machine.install("i=0\nwhile [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done\nexit 2\n")
    assert "line 2999" in ran.output
    assert "line 100\n" not in ran.output
    assert len(ran.output) < 2_500


def test_two_commands_at_once_install_once(machine: Machine) -> None:
    text = body(AGENT, Action.INSTALL, Platform.LINUX, (0,))
    script = 'echo run >> "$HOME/runs"\nsleep 1\necho 4.2.0 > "$HOME/agent"\n'
    first = machine.start(text, script)
    second = machine.start(text, script)
    said = sorted(one.communicate(timeout=60)[0].splitlines()[-1] for one in (first, second))
    assert said == ["muster: already_running 4.2.0", "muster: installed 4.2.0"]
    assert (machine.home / "runs").read_text() == "run\n"


def test_a_command_that_is_killed_leaves_no_lock(machine: Machine) -> None:
    text = body(AGENT, Action.INSTALL, Platform.LINUX, (0,))
    killed = machine.start(text, 'echo > "$HOME/began"\nsleep 5\n')
    while killed.poll() is None and not (machine.home / "began").exists():
        time.sleep(0.05)
    killed.kill()
    killed.communicate(timeout=60)
    assert machine.install().last == "muster: installed 4.2.0"


def test_what_a_script_leaves_running_holds_no_lock(machine: Machine) -> None:
    machine.install("sleep 60 >/dev/null 2>&1 &\nexit 3\n")
    assert machine.install().last == "muster: installed 4.2.0"


def test_where_nothing_can_lock_it_is_installed_all_the_same(machine: Machine) -> None:
    machine.tools = tuple(one for one in machine.tools if one != "flock")
    assert machine.install().last == "muster: installed 4.2.0"


def test_the_agent_is_removed(machine: Machine) -> None:
    machine.agent.write_text("4.2.0\n")
    assert machine.run(first_look(AGENT, Action.UNINSTALL, Platform.LINUX)).output == ""
    ran = machine.uninstall()
    assert (ran.code, ran.last) == (0, "muster: uninstalled")
    assert not machine.agent.exists()


def test_a_script_that_removes_it_and_fails_all_the_same_has_removed_it(machine: Machine) -> None:
    machine.agent.write_text("4.2.0\n")
    ran = machine.uninstall('rm -f "$HOME/agent"\nexit 1\n')
    assert (ran.code, ran.last) == (0, "muster: uninstalled")


def test_a_lock_that_cannot_be_written_stops_nobody(machine: Machine) -> None:
    (machine.home / "orchestration" / "muster-agent.lock").mkdir(parents=True)
    assert machine.install().last == "muster: installed 4.2.0"


def test_where_no_agent_runs_nothing_is_removed(machine: Machine) -> None:
    assert machine.run(first_look(AGENT, Action.UNINSTALL, Platform.LINUX)).output == "muster: not_there\n"
    assert machine.uninstall().last == "muster: not_there"


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("exit 7\n", "uninstall_failed 7"),
        ("true\n", "uninstall_failed the script ended well, and the agent still runs"),
    ],
)
def test_a_removal_that_fails_is_told(machine: Machine, script: str, told: str) -> None:
    machine.agent.write_text("4.2.0\n")
    ran = machine.uninstall(script)
    assert (ran.code, ran.last) == (1, f"muster: {told}")


@pytest.mark.skipif(os.name != "posix", reason="sh")
def test_trends_own_probe_says_no_on_a_machine_without_it(machine: Machine) -> None:
    text = first_look(Agent(linux_install="i"), Action.INSTALL, Platform.LINUX)
    assert machine.run(text) == Ran(0, "")


def test_trends_own_probe_finds_an_activated_agent_in_any_state(machine: Machine) -> None:
    text = first_look(Agent(linux_install="i"), Action.INSTALL, Platform.LINUX)
    stub = machine.home / "dsa_query"
    stub.write_text(
        "#!/bin/sh\necho 'AgentStatus.agentState: red'\necho 'AgentStatus.dsmUrl: https://agents.example:443/'\n"
    )
    stub.chmod(0o755)
    service = machine.home / "service"
    service.write_text('#!/bin/sh\n[ "$1" = ds_agent ]\n')
    service.chmod(0o755)
    text = text.replace("/opt/ds_agent/dsa_query", str(stub)).replace("else service", f"else {service}")
    ran = machine.run(text)
    assert (ran.code, ran.output.strip()) == (168, "muster: already_running")
