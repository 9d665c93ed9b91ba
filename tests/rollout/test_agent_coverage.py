"""What the hub knows of the agent on an organization's instances: each in its right state, with its reason."""

import functools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contract.agents import Action, AgentState
from contract.clock import now
from contract.spoke_events import AgentStatus
from generator.agents.asking import ask, assumed, chosen, tagged
from generator.agents.scripts import load_scripts
from generator.config import Target
from generator.generate import generate
from generator.rollout.apply import deploy
from generator.rollout.step import Step
from generator.settings.agent import Kind
from hub.store.agents import AgentStore, KnownInstance
from tests.rollout.deployed import Rollout, rolling_out
from tests.rollout.driving import HUB, MANAGEMENT

pytestmark = pytest.mark.slow
REGION = "us-east-1"
INSTALL = """#!/bin/bash
echo installing with a token nobody may see elsewhere
[ ! -e "$HOME/broken" ] || exit 3
[ ! -e "$HOME/slow" ] || sleep 60
echo 4.2.0 > "$HOME/agent.running"
"""
RUNNING = 'cat "$HOME/agent.running"'
NODE = {"eks:cluster-name": "shop"}


class Fleet:
    """Instances of an account, and what the hub knows of them."""

    def __init__(self, rollout: Rollout, account: str) -> None:
        self.rollout, self.account = rollout, account
        self.ec2, self.iam, self.ssm = (rollout.client(one, account) for one in ("ec2", "iam", "ssm"))
        self.store = AgentStore(rollout.client("dynamodb", HUB), "muster-state")

    @functools.cached_property
    def profile(self) -> str:
        """A profile whose role has the policy that the spoke brings."""
        self._role("node")
        self.iam.attach_role_policy(
            RoleName="node", PolicyArn=f"arn:aws:iam::{self.account}:policy/muster-agent-scripts"
        )
        return "node"

    @functools.cached_property
    def bare_profile(self) -> str:
        """A profile whose role may do nothing."""
        self._role("bare")
        return "bare"

    def _role(self, name: str) -> None:
        trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
        self.iam.create_instance_profile(InstanceProfileName=name)
        self.iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)

    def launch(self, profile: str | None = "", tags: dict[str, str] | None = None, **node: Any) -> str:
        """Start an instance, a cluster's node unless other tags are given; with the policy unless profile is None."""
        self.set("", **node)
        # Nobody's call made it, so that the creator tagger would wait for one.
        given = {"CreatedBy": "alice", **(NODE if tags is None else tags)}
        pairs = [{"Key": key, "Value": value} for key, value in given.items()]
        with_profile = {} if profile is None else {"IamInstanceProfile": {"Name": profile or self.profile}}
        tagged = [{"ResourceType": "instance", "Tags": pairs}]
        answer = self.ec2.run_instances(
            ImageId="ami-0abcdef1234567890", MinCount=1, MaxCount=1, TagSpecifications=tagged, **with_profile
        )
        instance = str(answer["Instances"][0]["InstanceId"])
        self.set(instance, **node)
        return instance

    def set(self, instance: str, **node: Any) -> None:
        """Change how an instance answers to Systems Manager, before or after it runs."""
        usual = {"platform": "Linux", "system": "", "registers_after": 0.1, "files": {}, "outputs": []}
        body = {"account": self.account, "region": REGION, **usual, **node}
        self.rollout.organization.post("/_localorg/nodes", {**body, "instance": instance} if instance else body)

    def known(self, instance: str) -> KnownInstance | None:
        """What the hub knows of an instance, once nothing is on its way any more."""
        return next((one for one in self.store.of(self.account, now()) if one.status.instance == instance), None)

    def said(self, instance: str) -> tuple[str, str]:
        """State and reason of an instance; `gone` is what the hub does not know."""
        known = self.known(instance)
        return (known.status.state, known.status.reason) if known else ("gone", "")

    def status(self, instance: str) -> AgentStatus:
        """The last report of an instance."""
        known = self.known(instance)
        assert known
        return known.status

    def commands(self, instance: str) -> int:
        """How many commands an instance was ever sent."""
        return len(self.ssm.list_commands(InstanceId=instance)["Commands"])

    def scan(self, via: str = "sweep") -> None:
        """Scan now, and wait until all is done."""
        machine = f"arn:aws:states:{REGION}:{self.account}:stateMachine:muster-spoke-agent-scan"
        self.rollout.client("stepfunctions", self.account).start_execution(
            stateMachineArn=machine, input=json.dumps({"via": via})
        )
        self.rollout.settle()


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollout]:
    folder = tmp_path_factory.mktemp("agents")
    (folder / "install.sh").write_text(INSTALL)
    (folder / "remove.sh").write_text('rm "$HOME/agent.running"\n')
    (folder / "install.ps1").write_text("Write-Output installing\n")
    with rolling_out(folder, 2) as running:
        running.change(
            "agent",
            enabled=True,
            kind=Kind.OTHER,
            name="Example Agent",
            linux_install="install.sh",
            linux_uninstall="remove.sh",
            linux_running=RUNNING,
            windows_install="install.ps1",
            windows_running="exit 1",
            excluded_tags="Agent:no",
            registration_minutes=2,
        )
        assert not [one for one in deployed(running, folder) if one.is_failure]
        yield running


def deployed(rollout: Rollout, folder: Path) -> list[Step]:
    manifest = generate(rollout.config, Target.HOST, rollout.folder, scripts=load_scripts(rollout.config.agent, folder))
    steps = deploy(rollout.config, manifest, rollout.folder / Target.HOST, rollout.sessions, poll_seconds=0.1)
    found = [one for one in steps if isinstance(one, Step)]
    rollout.settle()
    return found


@pytest.fixture(scope="module")
def fleet(rollout: Rollout) -> Fleet:
    member = next(one.id for one in rollout.organization.members if one.id not in {HUB, MANAGEMENT})
    return Fleet(rollout, member)


def ended(status: str, reason: str) -> dict[str, Any]:
    """What a Windows node answers, which runs nothing here."""
    return {"exit": 0 if status == "ok" else 1, "output": f"the script's words\nmuster: {reason} 4.2.0\n"}


KINDS: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "linux": ({}, ("installed", "installed")),
    "ecs": ({"tags": {"AmazonECSManaged": ""}}, ("installed", "installed")),
    "eks": ({"tags": {"kubernetes.io/cluster/shop": "owned"}}, ("installed", "installed")),
    "windows": ({"platform": "Windows", "outputs": [ended("ok", "installed")]}, ("installed", "installed")),
    "already": ({"files": {"agent.running": "4.1.0"}}, ("installed", "already_running")),
    "failing": ({"files": {"broken": ""}}, ("failed", "script_failed")),
    "windows failing": (
        {"platform": "Windows", "outputs": [ended("no", "not_running_afterwards")]},
        ("failed", "not_running_afterwards"),
    ),
    "untagged": ({"tags": {}}, ("excluded", "not_in_scope")),
    "excluded": ({"tags": {**NODE, "Agent": "no"}}, ("excluded", "excluded_by_tag")),
    "no profile": ({"profile": None}, ("unmanaged", "no_instance_profile")),
    "never registers": ({"registers_after": None}, ("unmanaged", "never_registered")),
    "late": ({"registers_after": 1.2}, ("installed", "installed")),
    "bottlerocket": ({"system": "Bottlerocket OS 1.26"}, ("unmanaged", "unsupported_platform")),
    "mac": ({"platform": "MacOS"}, ("unmanaged", "unsupported_platform")),
}


@pytest.fixture(scope="module")
def started(rollout: Rollout, fleet: Fleet) -> dict[str, str]:
    """An instance of each kind, started after the rollout, and all that follows done."""
    found = {name: fleet.launch(**how) for name, (how, _) in KINDS.items()}
    found["no right"] = fleet.launch(fleet.bare_profile)
    rollout.settle()
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_an_instance_that_is_started_ends_in_its_right_state(kind: str, fleet: Fleet, started: dict[str, str]) -> None:
    assert fleet.said(started[kind]) == KINDS[kind][1]


def test_what_is_told_of_an_instance_shows_why(fleet: Fleet, started: dict[str, str]) -> None:
    good, bad = fleet.status(started["linux"]), fleet.status(started["failing"])
    assert (good.agent_version, good.platform, good.agent, good.via) == ("4.2.0", "Linux", "Example Agent", "start")
    assert bad.exit_code == 3
    assert "installing with a token" in bad.output
    assert fleet.status(started["already"]).agent_version == "4.1.0"
    denied = fleet.status(started["no right"])
    assert denied.reason == "download_failed"
    assert "managed policy muster-agent-scripts" in denied.details


def test_no_parameter_of_a_command_holds_the_script_or_a_secret(fleet: Fleet, started: dict[str, str]) -> None:
    (command,) = fleet.ssm.list_commands(InstanceId=started["linux"])["Commands"]
    assert set(command["Parameters"]) == {"Hash", "Mode"}
    assert "token" not in json.dumps(command, default=str)


def test_a_scan_changes_nothing_where_all_is_well(fleet: Fleet, started: dict[str, str]) -> None:
    fleet.scan()
    for kind in ("linux", "ecs", "eks", "already"):
        assert fleet.said(started[kind]) == ("installed", "already_running")
    for kind in ("untagged", "excluded", "no profile", "never registers", "failing", "mac"):
        assert fleet.said(started[kind]) == KINDS[kind][1]
    since = fleet.known(started["failing"])
    assert since
    assert since.missing_since < since.status.at


def test_an_instance_that_is_started_again_is_left_alone(rollout: Rollout, fleet: Fleet) -> None:
    instance = fleet.launch()
    rollout.settle()
    fleet.ec2.stop_instances(InstanceIds=[instance])
    rollout.settle()
    assert fleet.said(instance) == ("gone", "")
    fleet.ec2.start_instances(InstanceIds=[instance])
    rollout.settle()
    assert fleet.said(instance) == ("installed", "already_running")


def test_a_script_that_is_not_the_one_of_parameter_store_is_not_run(rollout: Rollout, fleet: Fleet) -> None:
    key = rollout.client("ssm", fleet.account).get_parameter(Name="/muster/agent/linux-sha256")["Parameter"]["Value"]
    bucket = rollout.client("s3", HUB)
    place = {"Bucket": f"muster-artefacts-{HUB}-{REGION}", "Key": f"agent/{key}/script.sh"}
    before = bucket.get_object(**place)["Body"].read()
    bucket.put_object(**place, Body=b"#!/bin/sh\ntouch $HOME/hacked\n")
    instance = fleet.launch()
    rollout.settle()
    bucket.put_object(**place, Body=before)
    assert fleet.said(instance) == ("failed", "hash_mismatch")
    assert "not the script that was deployed" in fleet.status(instance).details


def test_an_instance_that_is_terminated_midway_is_forgotten(rollout: Rollout, fleet: Fleet) -> None:
    instance = fleet.launch(registers_after=1.0)
    fleet.ec2.terminate_instances(InstanceIds=[instance])
    rollout.settle()
    assert fleet.said(instance) == ("gone", "")


def test_what_a_person_asks_for_by_the_askers_role_is_done(rollout: Rollout, fleet: Fleet) -> None:
    instance = fleet.launch(tags={**NODE, "Team": "shop"})
    rollout.settle()
    clients = assumed(rollout.sessions.hub, rollout.config.names)
    by_tag = tagged(list(fleet.store.of(fleet.account, now())), {"Team": "shop"}, clients)
    assert [one.status.instance for one in by_tag] == [instance]
    for action, expected in (
        (Action.UPGRADE, ("installed", "upgraded")),
        (Action.UNINSTALL, ("removed", "uninstalled")),
    ):
        targets = chosen(fleet.store.of(fleet.account, now()), [fleet.account], [instance], [])
        (asked,) = ask(targets, action, rollout.config.names, clients)
        assert (asked.instance, asked.failure) == (instance, "")
        rollout.settle()
        assert fleet.said(instance) == expected


def test_instances_that_ran_before_the_rollout_are_found_by_its_scan(rollout: Rollout, fleet: Fleet) -> None:
    fleet.set("", registers_after=0.1)
    events = rollout.client("events", fleet.account)
    events.disable_rule(Name="muster-spoke-agent-start")
    instance = fleet.launch()
    rollout.settle()
    events.enable_rule(Name="muster-spoke-agent-start")
    assert fleet.known(instance) is None
    fleet.scan("scan")
    assert fleet.said(instance) == ("installed", "installed")
    assert datetime.fromisoformat(fleet.status(instance).at) <= datetime.now(UTC)
    states = {one.status.state for one in fleet.store.of(fleet.account, now())}
    assert states >= {AgentState.INSTALLED, AgentState.FAILED}
