"""The agent installer on the local organization, with IAM enforced: every instance is covered, or there is a reason."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contract.agents import SCRIPTS_FOLDER
from contract.names import AGENT_STATUS
from generator.agents.scripts import Scripts, load_scripts
from generator.config import Target
from generator.generate import generate, minified
from generator.rollout.apply import deploy
from generator.rollout.step import Step
from generator.settings.agent import Kind as AgentKind
from generator.spoke_stack import spoke_stack
from tests.rollout.deployed import Rollout, rolling_out

pytestmark = pytest.mark.slow

HOME, FAR = "us-east-1", "eu-west-1"
FIRST, SECOND, THIRD = "444455556666", "777788889999", "123456789012"
INSTALL = """#!/bin/bash
set -e
echo "Installing Example Agent"
echo run >> "$HOME/runs"
if [[ -e "$HOME/broken-packages" ]]; then echo "E: held broken packages" >&2; exit 100; fi
if [[ -e "$HOME/takes-long" ]]; then sleep 60; fi
echo "4.2.0" > "$HOME/agent"
"""
REMOVE = '#!/bin/sh\nrm "$HOME/agent"\n'
PROBE = 'test -e "$HOME/agent" && cat "$HOME/agent"'
AGENT = {
    "enabled": True,
    "kind": AgentKind.OTHER,
    "name": "Example Agent",
    "linux_install": "install.sh",
    "linux_uninstall": "uninstall.sh",
    "linux_running": PROBE,
    "windows_install": "install.ps1",
    "windows_running": "exit 1",
    "excluded_tags": "Agent:no",
}
ECS, EKS, MANAGED = {"aws:ecs:clusterName": "a"}, {"kubernetes.io/cluster/b": "owned"}, {"eks:cluster-name": "c"}
# A machine of Windows answers each of its two scripts: the look for the agent, and the installation.
ON_WINDOWS = [{"exit": 0, "output": ""}, {"exit": 0, "output": "Installing\nmuster: installed 4.2.0\n"}]
AGAIN_ON_WINDOWS = [{"exit": 168, "output": "muster: already_running 4.2.0\n"}]
Outcome = tuple[str, str]
Place = tuple[str, str]


@dataclass(frozen=True)
class Kind:
    """A kind of instance, how its node behaves, and what must be known of it in the end."""

    outcome: Outcome
    tags: Mapping[str, str] = field(default_factory=lambda: EKS)
    profile: str = "node"
    node: Mapping[str, Any] = field(default_factory=dict)


INSTALLED = ("installed", "installed")
KINDS = {
    "linux": Kind(INSTALLED),
    "ecs": Kind(INSTALLED, tags=ECS),
    "managed": Kind(INSTALLED, tags=MANAGED),
    "windows": Kind(INSTALLED, node={"platform": "Windows", "outputs": ON_WINDOWS}),
    "slow": Kind(INSTALLED, node={"registers_after": 4}),
    "running": Kind(("installed", "already_running"), node={"files": {"agent": "3.9\n"}}),
    "untagged": Kind(("excluded", "not_in_scope"), tags={}),
    "excluded": Kind(("excluded", "excluded_by_tag"), tags={**EKS, "Agent": "no"}),
    "bare": Kind(("unmanaged", "no_instance_profile"), profile=""),
    "silent": Kind(("unmanaged", "never_registered"), node={"registers_after": None}),
    "lost": Kind(("unmanaged", "connection_lost"), node={"ping": "ConnectionLost"}),
    "bottlerocket": Kind(("unmanaged", "unsupported_platform"), node={"system": "Bottlerocket OS 1.20"}),
    "mac": Kind(("unmanaged", "unsupported_platform"), node={"platform": "MacOS"}),
    "failing": Kind(("failed", "script_failed"), node={"files": {"broken-packages": ""}}),
    "barred": Kind(("failed", "download_failed"), profile="barred"),
}
# Where a Region's script is not the one that was deployed.
TAMPERED = {"linux": ("failed", "hash_mismatch"), "running": ("installed", "already_running")}


@dataclass
class Fleet:
    """Instances of all kinds in several accounts, and what the hub heard of them."""

    rollout: Rollout
    heard: str = ""
    kinds: dict[str, Kind] = field(default_factory=dict)
    expected: dict[str, Outcome] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    reports: list[dict[str, Any]] = field(default_factory=list)

    @property
    def scripts(self) -> Scripts:
        return load_scripts(self.rollout.config.agent, self.rollout.folder.parent)

    def listen(self) -> None:
        """Let a queue of the hub's hear what the spokes report."""
        hub = self.rollout.organization.hub
        sqs, events = self.rollout.client("sqs", hub), self.rollout.client("events", hub)
        self.heard = sqs.create_queue(QueueName="heard")["QueueUrl"]
        arn = f"arn:aws:sqs:{HOME}:{hub}:heard"
        allowed = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
        policy = {"Version": "2012-10-17", "Statement": [{**allowed, "Resource": arn}]}
        sqs.set_queue_attributes(QueueUrl=self.heard, Attributes={"Policy": json.dumps(policy)})
        events.put_rule(Name="heard", EventBusName="muster", EventPattern=json.dumps({"detail-type": [AGENT_STATUS]}))
        events.put_targets(Rule="heard", EventBusName="muster", Targets=[{"Id": "1", "Arn": arn}])

    def deploy(self) -> None:
        """Roll out with the scripts: in the template, and before the spokes in every Region's bucket."""
        rollout = self.rollout
        manifest = generate(rollout.config, Target.HOST, rollout.folder)
        folder = rollout.folder / Target.HOST
        keys = {name: one.key for name, one in manifest.functions.items()}
        body = minified(spoke_stack(rollout.config, keys, self.scripts))
        (folder / "spoke.template.json").write_text(body, encoding="utf-8")
        steps = list(deploy(rollout.config, manifest, folder, rollout.sessions, poll_seconds=0.1))
        assert not [one for one in steps if isinstance(one, Step) and one.is_failure]
        rollout.settle()

    def upload(self, region: str, *, body: bytes | None = None) -> None:
        """Put the scripts into a Region's bucket, or other bytes in their place."""
        bucket = self.rollout.config.names.artefact_bucket(self.rollout.organization.hub, region)
        s3 = self.rollout.client("s3", self.rollout.organization.hub, region)
        for one in self.scripts:
            assert one.key.startswith(SCRIPTS_FOLDER)
            s3.put_object(Bucket=bucket, Key=one.key, Body=one.body if body is None else body)

    def profiles(self, account: str) -> None:
        """Make the instance profiles of an account: one as the documentation says, one that forgot the policy."""
        iam = self.rollout.client("iam", account)
        trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        for name in ("node", "barred"):
            document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
            iam.create_instance_profile(InstanceProfileName=name)
            iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)

    def attach(self, account: str) -> None:
        arn = f"arn:aws:iam::{account}:policy/{self.rollout.config.names.agent_policy}"
        self.rollout.client("iam", account).attach_role_policy(RoleName="node", PolicyArn=arn)

    def launch(self, kind: str, account: str, region: str = HOME, outcome: Outcome | None = None) -> str:
        """Start an instance of a kind; return its id."""
        what = KINDS[kind]
        tags = [{"Key": key, "Value": value} for key, value in {**what.tags, "Name": kind}.items()]
        wanted: dict[str, Any] = {
            "ImageId": "ami-0abcdef1234567890",
            "MinCount": 1,
            "MaxCount": 1,
            "TagSpecifications": [{"ResourceType": "instance", "Tags": tags}],
            **({"IamInstanceProfile": {"Name": what.profile}} if what.profile else {}),
        }
        made = self.rollout.client("ec2", account, region).run_instances(**wanted)["Instances"][0]
        instance = str(made["InstanceId"])
        self.places[instance] = (account, region)
        self.set(instance, **what.node)
        self.kinds[instance], self.expected[instance] = what, outcome or what.outcome
        return instance

    def set(self, instance: str, **node: Any) -> Path:
        """Change how a node behaves; return its directory."""
        account, region = self.places[instance]
        body = {"account": account, "region": region, "instance": instance, **node}
        return Path(self.rollout.organization.post("/_localorg/nodes", body)["directory"])

    def runs(self, instance: str) -> int:
        """Return how often the customer's script was run on an instance."""
        file = self.set(instance) / "runs"
        return len(file.read_text().splitlines()) if file.exists() else 0

    def listened(self) -> None:
        """Take in what the hub heard, the latest of each instance last."""
        sqs = self.rollout.client("sqs", self.rollout.organization.hub)
        while got := sqs.receive_message(QueueUrl=self.heard, MaxNumberOfMessages=10).get("Messages", []):
            for message in got:
                event = json.loads(message["Body"])
                assert event["account"] == event["detail"]["account"]
                self.reports.append(event["detail"])
                sqs.delete_message(QueueUrl=self.heard, ReceiptHandle=message["ReceiptHandle"])
        self.known = {one["instance"]: one for one in sorted(self.reports, key=lambda one: str(one["at"]))}

    def settle(self) -> None:
        """Wait for what is on its way, and take in what the hub heard."""
        self.rollout.settle()
        self.listened()

    def outcomes(self, instances: Iterator[str] | list[str]) -> dict[str, tuple[str, Outcome]]:
        """Return what is known of instances, with the name of each."""
        found = {}
        for one in instances:
            report = self.known.get(one, {})
            found[one] = (str(report.get("instance_name")), (str(report.get("state")), str(report.get("reason"))))
        return found

    def start(self, machine: str, account: str, region: str = HOME, **given: Any) -> str:
        """Start a machine as the account's root; return the execution."""
        arn = f"arn:aws:states:{region}:{account}:stateMachine:muster-spoke-agent-{machine}"
        states = self.rollout.client("stepfunctions", account, region)
        return str(states.start_execution(stateMachineArn=arn, input=json.dumps(given))["executionArn"])

    def commands(self, account: str, region: str = HOME) -> int:
        return len(self.rollout.client("ssm", account, region).list_commands()["Commands"])


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Return instances that ran before the agent installer came, and as many that were started afterwards."""
    with rolling_out(tmp_path_factory.mktemp("agents"), accounts=3) as running:
        yield deployed(running)


def deployed(rollout: Rollout) -> Fleet:
    folder = rollout.folder.parent
    for name, text in {"install.sh": INSTALL, "uninstall.sh": REMOVE, "install.ps1": "exit 0\n"}.items():
        (folder / name).write_text(text)
    assert not [one for one in rollout.deploy() if one.is_failure]
    fleet = Fleet(rollout)
    fleet.listen()
    rollout.change("agent", **AGENT)
    fleet.upload(HOME)
    fleet.upload(FAR, body=b"#!/bin/sh\necho something else\n")
    for account in (FIRST, SECOND, THIRD):
        fleet.profiles(account)
    for kind in KINDS:
        fleet.launch(kind, FIRST)
    # The policy comes with the spoke: what runs before gets the agent by the next scan.
    fleet.deploy()
    for account in (FIRST, SECOND, THIRD):
        fleet.attach(account)
    fleet.start("scan", FIRST, via="sweep")
    for kind in KINDS:
        fleet.launch(kind, SECOND)
    for kind in ("linux", "ecs", "windows", "untagged", "bare", "excluded", "running", "failing"):
        fleet.launch(kind, THIRD)
    for kind, outcome in TAMPERED.items():
        fleet.launch(kind, THIRD, FAR, outcome)
    fleet.settle()
    return fleet


def test_every_instance_ends_in_the_right_state_with_the_right_reason(fleet: Fleet) -> None:
    assert len(fleet.expected) == 40
    found = {one: outcome for one, (_, outcome) in fleet.outcomes(list(fleet.expected)).items()}
    wrong = {
        one: (found[one], expected, fleet.known.get(one))
        for one, expected in fleet.expected.items()
        if found[one] != expected
    }
    assert wrong == {}


def test_reports_say_what_somebody_wants_to_know(fleet: Fleet) -> None:
    by_kind = {(fleet.known[one]["instance_name"], account): fleet.known[one] for one, (account, _) in where(fleet)}
    fresh, failed = by_kind["linux", SECOND], by_kind["failing", SECOND]
    assert (fresh["agent"], fresh["agent_version"], fresh["via"]) == ("Example Agent", "4.2.0", "start")
    assert (fresh["platform"], fresh["region"], fresh["exit_code"]) == ("Linux", HOME, 0)
    assert "Installing Example Agent" in fresh["output"]
    assert fresh["command"]
    assert (failed["exit_code"], by_kind["running", SECOND]["agent_version"]) == (100, "3.9")
    assert "E: held broken packages" in failed["output"]
    assert "muster-agent-scripts" in by_kind["barred", SECOND]["details"]
    assert by_kind["linux", FIRST]["via"] == "sweep"


def where(fleet: Fleet) -> list[tuple[str, Place]]:
    return [(one, place) for one, place in fleet.places.items() if place[1] == HOME and one in fleet.known]


def test_no_execution_failed_and_nothing_is_left_over(fleet: Fleet) -> None:
    for account in (FIRST, SECOND, THIRD):
        states = fleet.rollout.client("stepfunctions", account)
        for machine in ("scan", "start"):
            arn = f"arn:aws:states:{HOME}:{account}:stateMachine:muster-spoke-agent-{machine}"
            found = states.list_executions(stateMachineArn=arn)["executions"]
            assert {one["status"] for one in found} <= {"SUCCEEDED"}, machine
        sqs = fleet.rollout.client("sqs", account)
        url = sqs.get_queue_url(QueueName="muster-spoke-agent-result-dlq")["QueueUrl"]
        assert sqs.receive_message(QueueUrl=url).get("Messages", []) == []


def test_the_deployment_itself_started_a_scan_that_nobody_waited_for(fleet: Fleet) -> None:
    arn = f"arn:aws:states:{HOME}:{FIRST}:stateMachine:muster-spoke-agent-scan"
    found = fleet.rollout.client("stepfunctions", FIRST).list_executions(stateMachineArn=arn)["executions"]
    assert [one["name"] for one in found if one["name"].startswith("stack-")]


def test_a_second_run_changes_nothing(fleet: Fleet) -> None:
    before = fleet.outcomes(list(fleet.expected))
    runs = {one: fleet.runs(one) for one in fleet.expected}
    for one, kind in fleet.kinds.items():
        if kind is KINDS["windows"]:
            fleet.set(one, outputs=AGAIN_ON_WINDOWS)
    reported = len(fleet.reports)
    for account in (FIRST, SECOND, THIRD):
        fleet.start("scan", account, via="sweep")
    fleet.settle()
    after = fleet.outcomes(list(fleet.expected))
    for one, (name, (state, reason)) in before.items():
        same = "already_running" if state == "installed" else reason
        is_elsewhere = fleet.places[one][1] == FAR
        assert after[one] == (name, (state, reason if is_elsewhere else same)), name
    # What failed is tried again; what is installed is not.
    assert {one: fleet.runs(one) - ran for one, ran in runs.items() if before[one][1][0] == "installed"} == {
        one: 0 for one in runs if before[one][1][0] == "installed"
    }
    swept = sum(region == HOME for _, region in fleet.places.values())
    assert len(fleet.reports) - reported == swept


def test_an_instance_that_is_started_again_is_left_alone(fleet: Fleet) -> None:
    instance = fleet.launch("linux", SECOND)
    fleet.settle()
    ec2 = fleet.rollout.client("ec2", SECOND)
    ec2.stop_instances(InstanceIds=[instance])
    fleet.settle()
    assert fleet.outcomes([instance])[instance][1] == ("gone", "stopped")
    ec2.start_instances(InstanceIds=[instance])
    fleet.settle()
    assert fleet.outcomes([instance])[instance][1] == ("installed", "already_running")
    assert fleet.runs(instance) == 1
    ec2.terminate_instances(InstanceIds=[instance])
    fleet.settle()
    assert fleet.known[instance]["reason"] == "terminated"


def test_an_instance_that_is_terminated_midway_is_gone(fleet: Fleet) -> None:
    instance = fleet.launch("linux", SECOND)
    directory = fleet.set(instance, files={"takes-long": ""})
    end = monotonic() + 60
    while not (directory / "runs").exists() and monotonic() < end:
        sleep(0.1)
    fleet.rollout.client("ec2", SECOND).terminate_instances(InstanceIds=[instance])
    fleet.settle()
    assert fleet.outcomes([instance])[instance][1] == ("gone", "terminated")


def test_an_instance_that_is_terminated_while_it_is_waited_for_is_gone(fleet: Fleet) -> None:
    instance = fleet.launch("silent", SECOND)
    fleet.rollout.client("ec2", SECOND).terminate_instances(InstanceIds=[instance])
    fleet.settle()
    assert fleet.outcomes([instance])[instance][1] == ("gone", "terminated")


def test_people_of_the_hub_remove_and_renew_the_agent_under_the_role_that_may_do_nothing_else(fleet: Fleet) -> None:
    instance = fleet.launch("excluded", SECOND)
    fleet.settle()
    sts = fleet.rollout.client("sts", fleet.rollout.organization.hub)
    role = f"arn:aws:iam::{SECOND}:role/muster-agents-{HOME}"
    given = sts.assume_role(RoleArn=role, RoleSessionName="person")["Credentials"]
    keys = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
    states = fleet.rollout.client("stepfunctions", SECOND, **keys)
    arn = f"arn:aws:states:{HOME}:{SECOND}:stateMachine:muster-spoke-agent-start"

    def ask(action: str) -> Outcome:
        wanted = {"instance": instance, "via": "command", "action": action, "wait": 0}
        states.start_execution(stateMachineArn=arn, input=json.dumps(wanted))
        fleet.settle()
        assert fleet.known[instance]["via"] == "command"
        return fleet.outcomes([instance])[instance][1]

    assert ask("uninstall") == ("removed", "not_there")
    assert ask("install") == ("installed", "installed")
    assert ask("upgrade") == ("installed", "upgraded")
    assert ask("uninstall") == ("removed", "uninstalled")
    assert fleet.runs(instance) == 2
    with pytest.raises(ClientError, match="AccessDenied"):
        fleet.rollout.client("ssm", SECOND, **keys).send_command(
            DocumentName="AWS-RunShellScript", InstanceIds=[instance], Parameters={"commands": ["id"]}
        )


def test_the_installers_role_runs_no_other_document(fleet: Fleet) -> None:
    found = fleet.rollout.client("iam", SECOND).get_role_policy(
        RoleName=f"muster-spoke-agent-install-{HOME}", PolicyName="work"
    )["PolicyDocument"]
    (sending,) = [one for one in found["Statement"] if "ssm:SendCommand" in one["Action"]]
    documents = [one for one in sending["Resource"] if ":document/" in one]
    own = f"arn:aws:ssm:{HOME}:{SECOND}:document/muster-spoke-agent"
    assert documents == [f"{own}-install", f"{own}-uninstall"]


def test_a_start_that_did_not_reach_the_machine_is_redriven_to_it(fleet: Fleet) -> None:
    instance = next(one for one, place in fleet.places.items() if place == (SECOND, HOME))
    event = {
        "source": "aws.ec2",
        "time": "2026-11-20T11:00:00Z",
        "detail": {"instance-id": instance, "state": "running"},
    }
    before = len(fleet.reports)
    fleet.rollout.client("lambda", SECOND).invoke(
        FunctionName="muster-spoke-agent-result", InvocationType="Event", Payload=json.dumps(event).encode()
    )
    fleet.settle()
    assert {one["instance"] for one in fleet.reports[before:]} == {instance}
