"""The agent installer's state machines: what they bill, how they retry, and that nothing in them leads nowhere."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.agents.machines import scan_machine, start_input, start_machine
from generator.agents.walk import walk
from generator.config import Config
from generator.snapshots import everything, rendered, sample

READY = {"instance": "i-1", "next": "go", "wait": 70}
Answer = Callable[[Any], Any]


@pytest.fixture(scope="module")
def config() -> Config:
    return everything(sample())


def machines(config: Config) -> dict[str, Any]:
    return {"scan": scan_machine(config), "start": start_machine(config)}


def answering(answer: Any) -> Answer:
    return lambda given: {**given, **answer}


def functions(check: Answer, **more: Answer) -> dict[str, Answer]:
    usual = {"Capture": answering({"next": "go"}), "Install": answering({}), "Result": answering({})}
    return {**usual, "Check": check, **more}


def scanning(*pages: int) -> Answer:
    """Return scans of pages with so many instances each."""
    left = list(pages)

    def scan(given: Any) -> Any:
        count = left.pop(0)
        return {"via": given["via"], "instances": [READY] * count, "following": "more" if left else ""}

    return scan


def states_of(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for name, state in machine["States"].items():
        yield name, state, machine["States"]
        if "ItemProcessor" in state:
            yield from states_of(state["ItemProcessor"])


def test_an_instance_that_is_started_and_ready_takes_six_transitions(config: Config) -> None:
    walked = walk(start_machine(config), functions(answering({"next": "go"})), READY)
    assert walked.entered == ("Capture", "InScope?", "Wait", "Check", "Ready?", "Install")


def test_an_instance_that_is_left_out_takes_three_and_ends_well(config: Config) -> None:
    out = functions(answering({}), Capture=answering({"next": "end"}))
    assert walk(start_machine(config), out, READY).entered == ("Capture", "InScope?", "Done")


def test_each_further_look_takes_three(config: Config) -> None:
    answers = iter(["wait", "wait", "go"])
    looked = walk(start_machine(config), functions(lambda given: {**given, "next": next(answers)}), READY)
    assert len(looked.entered) == 6 + 2 * 3
    ended = walk(start_machine(config), functions(answering({"next": "end"})), READY)
    assert ended.entered[-1] == "Done"


@pytest.mark.parametrize("count", [0, 1, 20])
def test_a_scan_takes_four_transitions_and_three_for_each_instance(config: Config, count: int) -> None:
    given = functions(answering({"next": "go"}), Scan=scanning(count))
    walked = walk(scan_machine(config), given, {"via": "scan"})
    assert len(walked.entered) == 4 + 3 * count


def test_a_scans_next_page_is_an_execution_of_its_own(config: Config) -> None:
    started = []
    given = functions(
        answering({"next": "go"}), Scan=scanning(2, 1), StartExecution=lambda data: started.append(data) or data
    )
    walked = walk(scan_machine(config), given, {"via": "sweep"})
    assert walked.entered[-2:] == ("Following", "Done")
    assert [one["following"] for one in started] == ["more"]
    passed = scan_machine(config)["States"]["Following"]["Parameters"]
    assert passed["Input"] == {"via.$": "$.via", "following.$": "$.following"}


def test_an_instance_that_cannot_be_looked_at_does_not_stop_the_others(config: Config) -> None:
    told, looked = [], []

    def check(given: Any) -> Any:
        looked.append(given)
        if len(looked) == 1 or looked[-1] is looked[0]:
            raise ValueError("broken")
        return {**given, "next": "go"}

    first, second = dict(READY), {**READY, "instance": "i-2"}
    scan = answering({"instances": [first, second], "following": ""})
    given = functions(check, Scan=scan, Result=lambda data: told.append(data) or data)
    assert walk(scan_machine(config), given, {"via": "scan"}).entered.count("Install") == 1
    assert [(one["instance"], one["failure"]["Error"]) for one in told] == [("i-1", "ValueError")]


def test_tasks_are_tried_again_as_they_always_were(config: Config) -> None:
    found = {
        (machine, name): [(one["MaxAttempts"], one["IntervalSeconds"], one["BackoffRate"]) for one in state["Retry"]]
        for machine, definition in machines(config).items()
        for name, state, _ in states_of(definition)
        if state["Type"] == "Task"
    }
    assert found["scan", "Check"][1:] == [(2, 10, 2)]
    assert found["scan", "Install"][1:] == found["start", "Install"][1:] == [(2, 5, 1.5)]
    assert found["start", "Check"][1:] == [(3, 10, 2)]
    assert {retries[0] for retries in found.values()} == {(10, 2, 2)}


def test_whoever_asks_too_often_waits_at_random(config: Config) -> None:
    for definition in machines(config).values():
        for name, state, _ in states_of(definition):
            if state["Type"] == "Task":
                assert state["Retry"][0]["JitterStrategy"] == "FULL", name


def test_every_state_is_led_to_and_leads_somewhere(config: Config) -> None:
    for definition in machines(config).values():
        for name, state, beside in states_of(definition):
            leads = [state.get("Next"), state.get("Default"), *(one["Next"] for one in state.get("Choices", ()))]
            leads += [one["Next"] for one in state.get("Catch", ())]
            assert {one for one in leads if one} <= beside.keys(), name
            assert any(leads) or state.get("End") or state["Type"] == "Succeed", name
        everything_led_to = json.dumps(definition)
        assert all(f'"{name}"' in everything_led_to.replace(f'"{name}": {{', "", 1) for name in definition["States"])


def test_no_state_fails_and_none_polls_by_a_function(config: Config) -> None:
    for definition in machines(config).values():
        kinds = {state["Type"] for _, state, _ in states_of(definition)}
        assert kinds <= {"Task", "Choice", "Wait", "Map", "Succeed"}


def test_the_setting_says_how_many_are_looked_at_at_once(config: Config) -> None:
    assert scan_machine(config)["States"]["Each"]["MaxConcurrency"] == config.agent.concurrency == 5


def test_the_rules_of_the_template_give_the_machines_what_they_take(config: Config) -> None:
    resources = rendered(config)["spoke"]["Resources"]
    (start,) = resources["AgentStartRule"]["Properties"]["Targets"]
    template = start["InputTransformer"]["InputTemplate"].replace("<instance>", '"i-1"')
    assert json.loads(template) == {"instance": "i-1", **start_input(config)}
    (sweep,) = resources["AgentSweepRule"]["Properties"]["Targets"]
    assert json.loads(sweep["Input"]) == {"via": "sweep"}


def test_every_placeholder_is_filled_in_by_the_template(config: Config) -> None:
    for title in ("AgentScanMachine", "AgentStartMachine"):
        machine = rendered(config)["spoke"]["Resources"][title]["Properties"]
        text = json.dumps(machine["Definition"])
        meant = {one.partition("}")[0] for one in text.split("${")[1:]}
        assert meant == machine["DefinitionSubstitutions"].keys()


@pytest.mark.lint
def test_statelint_has_nothing_to_say(config: Config, tmp_path: Path) -> None:
    """It is fetched for the occasion, and no part of anybody's environment."""
    uv = str(Path(sys.executable).with_name("uv"))
    tool = [uv, "tool", "run", "--isolated", "--from", "statelint==3.1.0", "statelint"]
    for name, machine in machines(config).items():
        file = tmp_path / f"{name}.json"
        text = json.dumps(machine)
        for placeholder in {one.partition("}")[0] for one in text.split("${")[1:]}:
            text = text.replace(
                f"${{{placeholder}}}", f"arn:aws:lambda:eu-central-1:111122223333:function:{placeholder}"
            )
        file.write_text(text, encoding="utf-8")
        ran = subprocess.run([*tool, str(file)], capture_output=True, text=True, check=False)
        if "error: " in ran.stderr and "statelint" in ran.stderr:
            pytest.skip(f"it cannot be fetched here: {ran.stderr.splitlines()[0]}")
        assert (ran.returncode, ran.stdout) == (0, ""), name
