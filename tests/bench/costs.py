"""B14: what an account's month costs, at the units that a finding was measured to take."""

from generator.costs import Units, account_costs, total
from tests.bench.measure import Measure
from tests.bench.store import units_of_a_finding_in_security_hub


def cost_of_an_account() -> dict[str, Measure]:
    """Heartbeats, events and findings of a busy account in two Regions."""
    measured = units_of_a_finding_in_security_hub()
    units = Units(
        new_writes=measured["B7 new finding of Security Hub"].value,
        again_reads=measured["B8 unchanged finding of Security Hub reads"].value,
    )
    return {"B14 cost of an account's month": Measure(total(account_costs(units=units)), "US dollars", 0.03)}
