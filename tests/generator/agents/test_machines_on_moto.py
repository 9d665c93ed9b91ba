"""The state machines on a second interpreter, moto's: it enters the states that ours counts, in their order."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction

from generator.agents.machines import scan_machine, start_machine
from generator.agents.walk import Walked, walk
from generator.config import Config

ACCOUNT, REGION = "123456789012", "us-east-1"
NAMES = ("Scan", "Capture", "Check", "Install", "Result")
Answer = Callable[[Any], Any]
Functions = dict[str, Answer]


class ThrottledError(Exception):
    """What a function raises that AWS asked to be slower."""


class Interpreter:
    """moto's Step Functions; functions are what they are here, and waiting is only noted."""

    def __init__(self) -> None:
        self.functions: Functions = {}
        self.waited: list[int] = []
        self.paused: list[float] = []
        self.client = boto3.client("stepfunctions", region_name=REGION)

    def invoke(self, name: str, body: str, headers: dict[str, str]) -> bytes:
        try:
            return json.dumps(self.functions[name](json.loads(body))).encode()
        except Exception as error:  # noqa: BLE001 - as Lambda, which tells the caller of every kind
            headers["x-amz-function-error"] = "Unhandled"
            return json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}).encode()

    def run(self, machine: dict[str, Any], functions: Functions, given: dict[str, Any]) -> Walked:
        """Run an execution to its end; what it entered and gave."""
        self.functions = functions
        text = json.dumps(machine).replace("${StartExecution}", "arn:aws:states:::states:startExecution")
        for name in NAMES:
            text = text.replace(f"${{{name}}}", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
        made = self.client.create_state_machine(
            name="machine", definition=text, roleArn=f"arn:aws:iam::{ACCOUNT}:role/machines"
        )
        arn = self.client.start_execution(stateMachineArn=made["stateMachineArn"], input=json.dumps(given))[
            "executionArn"
        ]
        ended = self._ended(arn)
        assert ended["status"] == "SUCCEEDED", ended
        events = self.client.get_execution_history(executionArn=arn, maxResults=1_000)["events"]
        entered = (one["stateEnteredEventDetails"]["name"] for one in events if "stateEnteredEventDetails" in one)
        return Walked(tuple(entered), json.loads(ended["output"]))

    def _ended(self, arn: str) -> Any:
        end = time.monotonic() + 30
        while (found := self.client.describe_execution(executionArn=arn))["status"] == "RUNNING":
            assert time.monotonic() < end
            time.sleep(0.05)
        return found


@pytest.fixture
def interpreter(monkeypatch: pytest.MonkeyPatch) -> Iterator[Interpreter]:
    with mock_aws(
        config={"lambda": {"use_docker": False}, "stepfunctions": {"execute_state_machine": True}},
    ):
        made = Interpreter()

        def invoke(_backend: Any, function: str, _qualifier: Any, body: str, _sent: Any, headers: Any) -> bytes:
            return made.invoke(function.rpartition(":")[2], body, headers)

        class Clock:
            sleep = staticmethod(made.paused.append)

        monkeypatch.setattr(LambdaSimpleBackend, "invoke", invoke)
        monkeypatch.setattr(
            WaitFunction, "_wait_interval", lambda _self, wait_seconds, **_given: made.waited.append(wait_seconds)
        )
        monkeypatch.setattr(retrier_decl, "time", Clock)
        yield made


def going(given: Any) -> Any:
    return {**given, "next": "go"}


def ending(given: Any) -> Any:
    return {**given, "next": "end"}


def waiting(*words: str) -> Answer:
    rest = iter(words)
    return lambda given: {**given, "next": next(rest), "wait": 20}


def failing(times: int, error: Exception, answer: Answer) -> Answer:
    left = iter([error] * times)

    def handle(given: Any) -> Any:
        if failure := next(left, None):
            raise failure
        return answer(given)

    return handle


GIVEN = {"instance": "i-1", "via": "start", "wait": 70}
STARTS: dict[str, Callable[[], Functions]] = {
    "ready": lambda: {"Capture": going, "Check": going, "Install": going},
    "left out": lambda: {"Capture": ending},
    "slow": lambda: {"Capture": going, "Check": waiting("wait", "wait", "go"), "Install": going},
    "never there": lambda: {"Capture": going, "Check": waiting("wait", "end")},
    "throttled": lambda: {"Capture": failing(4, ThrottledError("slower"), going), "Check": going, "Install": going},
    "failing at first": lambda: {"Capture": going, "Check": failing(3, ValueError("no"), going), "Install": going},
}


@pytest.mark.parametrize("case", STARTS)
def test_an_instance_that_starts_enters_the_same_states(case: str, config: Config, interpreter: Interpreter) -> None:
    machine = start_machine(config)
    found = interpreter.run(machine, STARTS[case](), GIVEN)
    assert states(found) == states(walk(machine, STARTS[case](), GIVEN))
    assert found.output == walk(machine, STARTS[case](), GIVEN).output


def test_waits_are_as_long_as_the_functions_say(config: Config, interpreter: Interpreter) -> None:
    interpreter.run(start_machine(config), STARTS["slow"](), GIVEN)
    assert interpreter.waited == [70, 20, 20]


def test_who_asks_too_often_waits_longer_each_time(config: Config, interpreter: Interpreter) -> None:
    interpreter.run(start_machine(config), STARTS["throttled"](), GIVEN)
    assert len(interpreter.paused) == 4
    assert all(pause <= 2 * 2**number for number, pause in enumerate(interpreter.paused))


def test_one_that_cannot_be_looked_at_is_reported_and_the_others_go_on(
    config: Config, interpreter: Interpreter
) -> None:
    told: list[Any] = []

    def check(given: Any) -> Any:
        if given["instance"] == "i-2":
            raise ValueError("broken")
        return going(given)

    def tell(given: Any) -> Any:
        told.append(given)
        return given

    page = {"via": "sweep", "instances": [{**GIVEN, "instance": f"i-{number}"} for number in range(5)], "following": ""}
    functions: Functions = {"Scan": lambda _given: page, "Check": check, "Install": going, "Result": tell}
    found = interpreter.run(scan_machine(config), functions, {"via": "sweep"})
    assert [(one["instance"], one["failure"]["Error"]) for one in told] == [("i-2", "ValueError")]
    entered = {
        "Scan": 1,
        "Each": 1,
        "Check": 5,
        "Ready?": 4,
        "Install": 4,
        "Broken": 1,
        "More?": 1,
        "Done": 1,
    }
    assert Counter(found.entered) == entered
    again = 2  # a look that fails is tried so often, and each is billed
    counted = Counter(walk(scan_machine(config), functions, {"via": "sweep"}).entered)
    assert counted == {**entered, "Check": 5 + again}


def states(walked: Walked) -> list[str]:
    """Without what a retry enters again: Step Functions bills it and its history does not name it."""
    return [one for place, one in enumerate(walked.entered) if not place or one != walked.entered[place - 1]]
