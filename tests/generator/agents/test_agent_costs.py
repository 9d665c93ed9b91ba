"""What the agent costs follows from the states that its machines enter."""

import pytest

from generator.agents.costs import scan_costs, start_costs
from generator.config import Config
from generator.costs import Cost, total


def number(costs: list[Cost], what: str) -> float:
    (found,) = [one.number for one in costs if one.what == what]
    return found


def test_a_start_takes_six_transitions_three_runs_and_one_that_hears_the_end(config: Config) -> None:
    costs = start_costs(config, 1_000)
    assert number(costs, "transitions of state machines") == 6_000
    assert number(costs, "runs of functions") == 4_000
    assert number(costs, "reports to the hub") == 1_000


@pytest.mark.parametrize(
    ("instances", "transitions", "runs"), [(20, 4 + 60, 1 + 60), (250, 4 + 750, 1 + 750), (251, 5 + 4 + 753, 2 + 753)]
)
def test_a_scan_is_counted_page_by_page(config: Config, instances: int, transitions: int, runs: int) -> None:
    costs = scan_costs(config, instances)
    assert number(costs, "transitions of state machines") == transitions
    assert number(costs, "runs of functions") == runs


def test_scans_of_a_month_cost_as_many_times_as_much(config: Config) -> None:
    assert total(scan_costs(config, 20, 30)) == pytest.approx(30 * total(scan_costs(config, 20)))
