"""Asking for the agent by hand."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from contract.agents import Action, AgentState, Reason, Via
from contract.names import USUAL_NAMES, VERSION
from contract.spoke_events import AgentStatus
from generator.agents.asking import ask, chosen
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
    found = list(ask(EVERY, Action.UPGRADE, USUAL_NAMES, lambda account, _region: places[account]))
    assert [bool(one.failure) for one in found] == [False, False, True]
    machine, given = places[SHOP].started[0]
    assert machine == f"arn:aws:states:eu-central-1:{SHOP}:stateMachine:muster-spoke-agent-start"
    assert given == {"instance": "i-0123456789abcdef0", "via": "command", "action": "upgrade", "wait": 0}


@pytest.mark.parametrize("command", ["install", "upgrade", "uninstall"])
def test_nothing_is_asked_for_unless_somebody_says_what(command: str) -> None:
    with pytest.raises(BadInputError, match="--instance"):
        CliRunner().invoke(app, ["agents", command], catch_exceptions=False)
