"""The budgets that are counts, not times, hold in every test run."""

from collections.abc import Callable

import pytest

from tests.bench.measure import Measure
from tests.bench.rules import alert_rules_of_a_spoke
from tests.bench.store import units_of_a_finding, units_of_a_finding_in_security_hub

COUNTED = (alert_rules_of_a_spoke, units_of_a_finding, units_of_a_finding_in_security_hub)


@pytest.mark.parametrize("bench", COUNTED, ids=lambda bench: bench.__name__)
def test_a_counted_budget_is_kept(bench: Callable[[], dict[str, Measure]]) -> None:
    over = {name: one.as_dict() for name, one in bench().items() if not one.met}
    assert over == {}
