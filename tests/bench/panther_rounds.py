"""Runs in panther_core's environment: loads rules, then times a round over the events for every line that it is sent.

Arguments: a file with the rules (JSON: id → body), a file with the events (one EventBridge event a line).
The first line that it prints is the number of alerts of a round, each further one the CPU seconds of a round.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from panther_core.enriched_event import PantherEvent  # type: ignore[import-not-found] # of the peer's environment
from panther_core.rule import Rule  # type: ignore[import-not-found] # of the peer's environment


def loaded(bodies: dict[str, str]) -> list[Any]:
    """Return the rules; one that cannot be loaded ends the run, as it would cost nothing."""
    rules = [Rule({"id": name, "body": body, "versionId": "1"}) for name, body in bodies.items()]
    for rule in rules:
        if rule.setup_exception:
            raise rule.setup_exception
    return rules


def alerts(rules: list[Any], events: list[bytes]) -> int:
    """Return how many alerts the rules give."""
    count = 0
    for event in events:
        record = PantherEvent(json.loads(event)["detail"])
        count += sum(rule.run(record, {}, {}).trigger_alert for rule in rules)
    return count


def say(figure: float) -> None:
    """Write a line that is read at once."""
    sys.stdout.write(f"{figure}\n")
    sys.stdout.flush()


def main(rules_file: str, events_file: str) -> None:
    """Answer each line on standard input with a round's CPU seconds."""
    rules = loaded(json.loads(Path(rules_file).read_bytes()))
    events = Path(events_file).read_bytes().splitlines()
    say(alerts(rules, events))
    for _ in sys.stdin:
        start = time.process_time()
        alerts(rules, events)
        say(time.process_time() - start)


if __name__ == "__main__":
    main(*sys.argv[1:])
