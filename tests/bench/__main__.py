"""Measures the budgets and writes build/bench.json; ratios are of one run, because machines are noisy."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import (
    agents,
    cold_start,
    costs,
    demo,
    detection,
    generating,
    paint,
    panther,
    retention,
    rollout,
    rules,
    scaling,
    store,
    tagging,
)

if TYPE_CHECKING:
    from tests.bench.measure import Measure, Unmeasured

OUT = Path("build/bench.json")
BENCHES = (
    cold_start.cold_starts,
    detection.events_per_parse,
    detection.indexed_like_linear,
    panther.events_beside_panther,
    detection.ten_times_as_many,
    rules.alert_rules_of_a_spoke,
    tagging.calls_of_a_create_event,
    retention.calls_of_a_hundred_thousand_snapshots,
    retention.memory_of_many_snapshots,
    store.units_of_a_finding,
    store.units_of_a_finding_in_security_hub,
    scaling.findings_by_the_thousands,
    paint.dashboard_of_a_million,
    costs.cost_of_an_account,
    generating.templates_beside_cdk,
    agents.transitions_of_an_instance,
    demo.demo_to_summary,
    rollout.rollout_to_200_accounts,
)


def main() -> int:
    """Run the benches whose name holds any of the arguments (all without arguments); 1 when a budget is not met."""
    wanted = sys.argv[1:]
    results: dict[str, Measure | Unmeasured] = {}
    for bench in BENCHES:
        if not wanted or any(word in bench.__name__ for word in wanted):
            results |= bench()
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({name: one.as_dict() for name, one in results.items()}, indent=2) + "\n")
    for name, one in results.items():
        sys.stdout.write(f"{'met ' if one.met else 'OVER'} {name}: {one}\n")
    return 0 if all(one.met for one in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
