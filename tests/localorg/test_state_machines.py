"""State machines of the local organization: waits, retries, time-outs, roles and events."""

import json
import time
from typing import Any

import pytest

from tests.localorg.lambdas import MEMBER, Functions, policy, trust
from tests.localorg.nodes import NUMBERS, Nodes
from tests.localorg.running import Eventually, Organization

pytestmark = pytest.mark.slow
STATUS = "Step Functions Execution Status Change"
REFUSING = """
class NotReadyError(Exception):
    pass

def handle_handler(event, context):
    raise NotReadyError("not yet")
"""
ANSWERING = "def handle_handler(event, context):\n    return {'doubled': event['number'] * 2}\n"


class Machines:
    """Functions and state machines of one account."""

    def __init__(self, organization: Organization, eventually: Eventually) -> None:
        self.functions = Functions(organization.client, MEMBER)
        self.nodes = Nodes(organization, MEMBER)
        self.states, self.iam = self.functions.aws("stepfunctions"), self.functions.aws("iam")
        self.eventually = eventually

    def make(self, states: dict[str, Any], *statements: dict[str, Any], **more: Any) -> str:
        """A state machine that begins with the first of these states; its ARN."""
        name = f"machine-{next(NUMBERS)}"
        wanted = {"RoleName": name, "AssumeRolePolicyDocument": trust("states.amazonaws.com")}
        role = self.iam.create_role(**wanted)["Role"]["Arn"]
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
        definition = json.dumps({"StartAt": next(iter(states)), "States": states, **more})
        made = self.states.create_state_machine(name=name, definition=definition, roleArn=role)
        return str(made["stateMachineArn"])

    def start(self, machine: str, **given: Any) -> str:
        return str(self.states.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"])

    def ended(self, execution: str) -> dict[str, Any]:
        """An execution once it has ended."""

        def look() -> Any:
            found = self.states.describe_execution(executionArn=execution)
            return found if found["status"] != "RUNNING" else None

        return dict(self.eventually(look))


@pytest.fixture
def machines(organization: Organization, eventually: Eventually) -> Machines:
    return Machines(organization, eventually)


def invoke(function: str, **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": function, "End": True, **more}


def wait(seconds: int) -> dict[str, Any]:
    return {"Wait": {"Type": "Wait", "Seconds": seconds, "End": True}}


def may_invoke(function: str) -> dict[str, Any]:
    return {"Action": "lambda:InvokeFunction", "Resource": function}


def test_a_wait_takes_a_hundredth_of_its_time(machines: Machines) -> None:
    begun = time.monotonic()
    assert machines.ended(machines.start(machines.make(wait(70))))["status"] == "SUCCEEDED"
    assert 0.7 < time.monotonic() - begun < 10


def test_a_running_execution_is_waited_for(
    machines: Machines, organization: Organization, eventually: Eventually
) -> None:
    execution = machines.start(machines.make(wait(100)))
    assert organization.control("settled")["pending"]["executions"] >= 1
    assert eventually(lambda: organization.control("settled")["settled"])
    assert machines.states.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"


def test_a_function_is_called_under_the_machines_role(machines: Machines) -> None:
    function = machines.functions.make(f"answering-{next(NUMBERS)}", ANSWERING)
    allowed = machines.ended(machines.start(machines.make({"Ask": invoke(function)}, may_invoke(function)), number=4))
    assert json.loads(allowed["output"]) == {"doubled": 8}
    refused = machines.ended(machines.start(machines.make({"Ask": invoke(function)}, may_invoke(f"{function}x"))))
    assert (refused["status"], refused["error"]) == ("FAILED", "Lambda.AWSLambdaException")
    assert f"does not allow lambda:InvokeFunction on {function}" in refused["cause"]


def test_items_of_a_map_are_under_the_role_too(machines: Machines) -> None:
    function = machines.functions.make(f"mapped-{next(NUMBERS)}", ANSWERING)
    items = {"StartAt": "Ask", "States": {"Ask": invoke(function)}}
    each = {"Each": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": items, "End": True}}
    given = [{"number": 1}, {"number": 2}]
    allowed = machines.ended(machines.start(machines.make(each, may_invoke(function)), items=given))
    assert json.loads(allowed["output"]) == [{"doubled": 2}, {"doubled": 4}]
    assert machines.ended(machines.start(machines.make(each), items=given))["error"] == "Lambda.AWSLambdaException"


def test_retries_wait_a_hundredth_too_and_a_catch_sees_the_functions_error(machines: Machines) -> None:
    function = machines.functions.make(f"refusing-{next(NUMBERS)}", REFUSING)
    retry = {"ErrorEquals": ["NotReadyError"], "IntervalSeconds": 10, "MaxAttempts": 3, "BackoffRate": 2}
    catch = {"ErrorEquals": ["NotReadyError"], "Next": "Over", "ResultPath": "$.failure"}
    states = {"Ask": invoke(function, Retry=[retry], Catch=[catch]), "Over": {"Type": "Succeed"}}
    begun = time.monotonic()
    ended = machines.ended(machines.start(machines.make(states, may_invoke(function)), number=1))
    assert json.loads(ended["output"])["failure"]["Error"] == "NotReadyError"
    assert 0.7 < time.monotonic() - begun < 10
    history = machines.states.get_execution_history(executionArn=ended["executionArn"], maxResults=100)["events"]
    assert sum(event["type"] == "TaskScheduled" for event in history) == 4


def test_an_execution_ends_when_its_time_is_up(machines: Machines) -> None:
    queue = machines.nodes.listen(STATUS)
    execution = machines.start(machines.make(wait(200), TimeoutSeconds=1))
    assert machines.ended(execution)["status"] == "TIMED_OUT"
    events = machines.nodes.heard(queue, 2, execution)
    assert [one["detail"]["status"] for one in events] == ["RUNNING", "TIMED_OUT"]
    time.sleep(1.5)
    assert machines.states.describe_execution(executionArn=execution)["status"] == "TIMED_OUT"


def test_an_aborted_execution_stays_aborted_when_its_task_fails(machines: Machines, eventually: Eventually) -> None:
    function = machines.functions.make(
        f"slow-{next(NUMBERS)}", "import time\ndef handle_handler(event, context):\n    time.sleep(1); raise ValueError"
    )
    execution = machines.start(machines.make({"Ask": invoke(function)}, may_invoke(function)))
    history = machines.states.get_execution_history
    assert eventually(lambda: "TaskScheduled" in json.dumps(history(executionArn=execution)["events"], default=str))
    machines.states.stop_execution(executionArn=execution, error="Enough")
    assert eventually(lambda: "TaskFailed" in json.dumps(history(executionArn=execution)["events"], default=str))
    ended = machines.states.describe_execution(executionArn=execution)
    assert (ended["status"], ended["error"]) == ("ABORTED", "Enough")


def test_each_change_of_an_execution_is_an_event(machines: Machines) -> None:
    queue = machines.nodes.listen(STATUS)
    states = {"Over": {"Type": "Fail", "Error": "Broken", "Cause": "as asked"}}
    machine = machines.make(states)
    execution = machines.start(machine, number=1)
    begun, ended = machines.nodes.heard(queue, 2, execution)
    assert (begun["source"], begun["account"], begun["resources"]) == ("aws.states", MEMBER, [execution])
    assert (begun["detail"]["status"], begun["detail"]["stateMachineArn"]) == ("RUNNING", machine)
    assert json.loads(begun["detail"]["input"]) == {"number": 1}
    told = {name: ended["detail"][name] for name in ("status", "error", "cause", "output")}
    assert told == {"status": "FAILED", "error": "Broken", "cause": "as asked", "output": None}
