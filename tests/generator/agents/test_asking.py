"""Asking for the agent by hand."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from typer.testing import CliRunner

from contract.agents import Action, AgentState, Reason, Via
from contract.names import USUAL_NAMES, VERSION
from contract.spoke_events import AgentStatus
from generator.agents.asking import ask, chosen, tagged
from generator.cli import app
from generator.problems import BadInputError
from hub.store.agents import KnownInstance

SHOP, DATA = "444455556666", "222222222222"


def known(account: str, instance: str, state: AgentState, region: str = "eu-central-1") -> KnownInstance:
    return KnownInstance(
        AgentStatus(
            account=account,
            region=region,
            version=VERSION,
            instance=instance,
            state=state,
            reason=Reason.FRESH if state is AgentState.INSTALLED else Reason.SCRIPT_FAILED,
            via=Via.START,
            at="2026-11-20T09:00:00.000000Z",
        )
    )


EVERY = [
    known(SHOP, "i-0123456789abcdef0", AgentState.INSTALLED),
    known(SHOP, "i-0123456789abcdef1", AgentState.FAILED),
    known(DATA, "i-0123456789abcdef2", AgentState.UNMANAGED, "us-gov-west-1"),
]


@pytest.mark.parametrize(
    ("asked", "places"),
    [
        (([], [], []), [0, 1, 2]),
        (([SHOP], [], []), [0, 1]),
        (([], ["i-0123456789abcdef2"], []), [2]),
        (([SHOP], ["i-0123456789abcdef2"], []), []),
        (([], [], [AgentState.FAILED, AgentState.UNMANAGED]), [1, 2]),
    ],
)
def test_just_what_is_asked_for_is_chosen(asked: Any, places: list[int]) -> None:
    assert chosen(EVERY, *asked) == [EVERY[place] for place in places]


class Machines:
    """Step Functions of one place, which refuses where it is told to."""

    def __init__(self, *, refuses: bool) -> None:
        self.refuses = refuses
        self.started: list[tuple[str, dict[str, Any]]] = []

    def start_execution(self, *, stateMachineArn: str, input: str) -> None:  # noqa: A002, N803 - boto3's names
        if self.refuses:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "StartExecution")
        self.started.append((stateMachineArn, json.loads(input)))


def test_each_instance_is_asked_for_in_its_own_place_and_a_refusal_stops_no_other() -> None:
    places = {SHOP: Machines(refuses=False), DATA: Machines(refuses=True)}
    found = list(ask(EVERY, Action.UPGRADE, USUAL_NAMES, lambda _service, account, _region: places[account]))
    assert [bool(one.failure) for one in found] == [False, False, True]
    machine, given = places[SHOP].started[0]
    assert machine == f"arn:aws:states:eu-central-1:{SHOP}:stateMachine:muster-spoke-agent-start"
    assert given == {"instance": "i-0123456789abcdef0", "via": "command", "action": "upgrade", "wait": 0}


def ec2_of(account: str, region: str) -> Any:
    """EC2 of an account in a Region, as moto keeps them apart."""
    trust = {"RoleArn": f"arn:aws:iam::{account}:role/x", "RoleSessionName": "test"}
    given = boto3.client("sts", region_name=region).assume_role(**trust)["Credentials"]
    return boto3.client(
        "ec2",
        region_name=region,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )


def run(account: str, region: str, **tags: str) -> KnownInstance:
    """Start an instance, which the hub then knows."""
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    answer = ec2_of(account, region).run_instances(
        ImageId="ami-0abcdef1234567890",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": pairs}],
    )
    return known(account, answer["Instances"][0]["InstanceId"], AgentState.FAILED, region)


@mock_aws
def test_tags_are_asked_of_each_account_and_region() -> None:
    shop = run(SHOP, "eu-central-1", Team="shop", Stage="prod")
    other = run(SHOP, "eu-central-1", Team="data")
    far = run(DATA, "us-west-2", Team="shop")
    stopped = run(DATA, "us-west-2", Team="shop")
    ec2_of(DATA, "us-west-2").stop_instances(InstanceIds=[stopped.status.instance])
    every = [shop, other, far, stopped]

    def found(**tags: str | None) -> list[KnownInstance]:
        return tagged(every, tags, lambda _service, account, region: ec2_of(account, region))

    assert found(Team="shop") == [shop, far]
    assert found(Team="shop", Stage=None) == [shop]
    assert found(Team=None) == [shop, other, far]
    assert found(team="shop") == []


def test_a_place_that_cannot_be_asked_for_tags_is_named() -> None:
    def refused(_service: str, _account: str, _region: str) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "AssumeRole")

    with pytest.raises(BadInputError, match=f"--tag: EC2 of {SHOP} eu-central-1 cannot be asked: .*not you"):
        tagged(EVERY[:1], {"Team": "shop"}, refused)


@pytest.mark.parametrize("command", ["install", "upgrade", "uninstall"])
def test_nothing_is_asked_for_unless_somebody_says_what(command: str) -> None:
    with pytest.raises(BadInputError, match="--instance"):
        CliRunner().invoke(app, ["agents", command], catch_exceptions=False)
