"""B15: the state transitions of an instance that gets the agent, and whether a function waits for anything."""

from typing import Any

from generator.agents.machines import scan_machine, start_machine
from generator.agents.walk import Functions, walk
from generator.snapshots import everything, sample
from spoke.agent_installer.work import Next
from tests.bench.measure import Measure

_MANY = 20


def transitions_of_an_instance() -> dict[str, Measure]:
    """A start that Systems Manager reaches at once, and an instance of a scan with its share of the scan."""
    config = everything(sample())
    ready = {"instance": "i-0123456789abcdef0", "via": "start", "action": "install", "wait": 70}
    started = walk(start_machine(config), _functions(), ready).entered
    scanned = walk(scan_machine(config), _functions(), {"via": "scan"}).entered
    return {
        "B15 transitions of a started instance": Measure(len(started), "transitions", 8),
        "B15 transitions of a scanned instance": Measure(len(scanned) / _MANY, "transitions", 8),
        "B15 functions called for a started instance": Measure(
            sum(one in {"Capture", "Check", "Install"} for one in started), "calls", 3
        ),
    }


def _functions() -> Functions:
    def going_on(given: Any) -> Any:
        return {**given, "next": Next.GO.value}

    def scan(given: Any) -> Any:
        return {**given, "instances": [{"instance": "i-0123456789abcdef0"}] * _MANY, "following": ""}

    return {"Capture": going_on, "Check": going_on, "Install": going_on, "Scan": scan}
