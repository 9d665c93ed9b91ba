"""What the agent on instances costs: its machines are walked through, and what they call is counted."""

from collections import Counter
from typing import Any

from contract.agents import Via
from generator.agents.machines import (
    CAPTURE,
    CHECK,
    INSTALL,
    SCAN,
    START_EXECUTION,
    Machine,
    scan_machine,
    start_machine,
)
from generator.agents.walk import walk
from generator.config import Config
from generator.costs import (
    EVENT_TO_ANOTHER_ACCOUNT,
    LOG_BYTE,
    LOGGED,
    READ_UNIT,
    WRITE_UNIT,
    Cost,
    message_price,
    run_price,
)
from generator.functions import AGENT_CAPTURE, AGENT_CHECK, AGENT_INSTALL, AGENT_RESULT, AGENT_SCAN, REPORTS
from spoke.agent_installer.instances import PAGE
from spoke.agent_installer.work import Next

TRANSITION = 25e-6
# Most runs begin cold, a client of boto3 or two and a call or two of each; a scan reads a page of instances.
_SECONDS, _SCAN_SECONDS = 1.5, 5.0
_FUNCTIONS = {SCAN: AGENT_SCAN, CAPTURE: AGENT_CAPTURE, CHECK: AGENT_CHECK, INSTALL: AGENT_INSTALL}
# An instance's report in the hub: the earlier one is read, and both are up to 2 KB.
_WRITES = 2


def start_costs(config: Config, instances: int) -> list[Cost]:
    """Return what so many instances that start cost, each of which gets the agent at the first look."""
    return _costs(_entered(start_machine(config), {"next": Next.GO, "wait": 0}), instances, instances)


def scan_costs(config: Config, instances: int, scans: int = 1) -> list[Cost]:
    """Return what scans of an account's Region cost that has so many instances in scope, page by page."""
    entered: Counter[str] = Counter()
    for first in range(0, instances, PAGE):
        count = min(PAGE, instances - first)
        page = {"instances": [{"next": Next.GO}] * count, "following": "more" if first + PAGE < instances else ""}
        entered += _entered(scan_machine(config), page)
    return _costs(entered, scans, instances * scans)


def _entered(machine: Machine, answer: dict[str, Any]) -> Counter[str]:
    """Return how often the states of an execution are entered in which a function answers with what it was given."""
    functions = dict.fromkeys((CAPTURE, CHECK, INSTALL, START_EXECUTION), lambda given: given)
    functions[SCAN] = lambda _given: answer
    return Counter(walk(machine, functions, {"via": Via.SCAN, **answer}).entered)


def _costs(entered: Counter[str], times: int, results: int) -> list[Cost]:
    calls = {one: count * times for one, count in entered.items() if one in _FUNCTIONS}
    ran = sum(calls.values()) + results
    duration = sum(
        count * run_price(_FUNCTIONS[one], _SCAN_SECONDS if one == SCAN else _SECONDS) for one, count in calls.items()
    )
    report = EVENT_TO_ANOTHER_ACCOUNT + message_price(REPORTS) + _WRITES * WRITE_UNIT + READ_UNIT
    return [
        Cost("transitions of state machines", entered.total() * times, TRANSITION),
        Cost("runs of functions", ran, (duration + results * run_price(AGENT_RESULT, _SECONDS)) / ran, "cold ones"),
        Cost("reports to the hub", results, report, "events of Systems Manager and its commands are free"),
        Cost("logs", LOGGED * ran, LOG_BYTE, "bytes"),
    ]
