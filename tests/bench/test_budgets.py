"""The budgets that are counts, not times, hold in every test run."""

from collections.abc import Callable

import pytest

from tests.bench.agents import transitions_of_an_instance
from tests.bench.measure import Measure
from tests.bench.retention import calls_of_a_hundred_thousand_snapshots
from tests.bench.rules import alert_rules_of_a_spoke
from tests.bench.store import units_of_a_finding, units_of_a_finding_in_security_hub


def calls_of_a_few_thousand_snapshots() -> dict[str, Measure]:
    """The same as of a hundred thousand, in seconds."""
    return calls_of_a_hundred_thousand_snapshots(4_000)


COUNTED = (
    *(alert_rules_of_a_spoke, transitions_of_an_instance, calls_of_a_few_thousand_snapshots),
    *(units_of_a_finding, pytest.param(units_of_a_finding_in_security_hub, marks=pytest.mark.slow)),
)


@pytest.mark.parametrize("bench", COUNTED, ids=lambda bench: bench.__name__)
def test_a_counted_budget_is_kept(bench: Callable[[], dict[str, Measure]]) -> None:
    over = {name: one.as_dict() for name, one in bench().items() if not one.met}
    assert over == {}
