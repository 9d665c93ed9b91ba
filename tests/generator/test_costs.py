"""What an installation costs follows from its templates and from what was counted."""

import pytest

from generator.config import Config
from generator.cost_docs import write_cost_docs
from generator.costs import Load, Units, account_costs, hub_costs, total
from generator.snapshots import rendered, sample
from tests.generator.test_operations import own_metrics
from tests.generator.variants import variant


def by_name(config: Config) -> dict[str, float]:
    return {one.what: one.number for one in hub_costs(config)}


def test_what_stands_is_counted_in_the_template() -> None:
    alarms = [one for one in rendered(sample())["hub"]["Resources"].values() if one["Type"] == "AWS::CloudWatch::Alarm"]
    assert by_name(sample())["CloudWatch alarms"] == len(alarms)


def test_a_part_that_is_off_costs_nothing() -> None:
    off = variant(api={"enabled": False})
    assert "firewall of the API" not in by_name(off)
    assert total(hub_costs(off)) < total(hub_costs(sample())) - 8


def test_a_vpc_costs_an_address_of_each_endpoint_in_each_zone() -> None:
    on = variant(network={"enabled": True})
    assert by_name(on)["addresses of a VPC's endpoints"] == 4
    assert total(hub_costs(on)) - total(hub_costs(variant())) == pytest.approx(29.20)


def test_there_are_no_more_metrics_than_are_priced() -> None:
    assert len(own_metrics()) <= by_name(sample())["custom metrics"]


@pytest.mark.parametrize("field", ["events", "refreshes", "new_findings"])
def test_twice_the_work_costs_more_and_never_twice_the_whole(field: str) -> None:
    once, twice = Load(), Load(**{field: 2 * getattr(Load(), field)})
    assert total(account_costs(once)) < total(account_costs(twice)) < 2 * total(account_costs(once))


def test_units_that_a_finding_takes_are_priced() -> None:
    cheap, dear = account_costs(units=Units(new_writes=1)), account_costs(units=Units(new_writes=16))
    assert total(dear) - total(cheap) == pytest.approx(15 * Load().new_findings * 0.625e-6)


def test_the_page_adds_up_what_it_lists() -> None:
    assert f"**${total(hub_costs(sample())):,.2f}**" in write_cost_docs()
