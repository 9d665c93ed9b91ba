# ruff: noqa: F811 - arguments are named as the fixtures that are imported
"""Who sees a part of the organization sees that part on every page, and nothing of what belongs to all."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from contract import asff
from contract.clock import now
from contract.finding import Finding
from contract.spoke_events import TaggingResult
from dashboard import data, operations
from dashboard.archive.asked import ask
from dashboard.problems import DataError
from hub.agent_coverage import coverage_of
from hub.rollups import DescribedControls, count
from hub.store.agent_coverage import AgentCoverageStore
from hub.store.agents import AgentStore
from hub.store.compliance import ComplianceStore
from hub.store.deployed import DeadLetters, Deployed, DeployedStore, Section, Setting
from hub.store.event_counts import EventCountStore
from hub.store.items import item_of
from hub.store.rollups import RollupStore
from hub.store.tagging import TaggingStore
from hub.streams import StreamRecord
from tests.asff import control
from tests.dashboard.test_access import signed_in, units  # noqa: F401 - fixtures
from tests.dashboard.test_coverage import REFUSED, status

Show = Callable[..., AppTest]
Markup = Callable[[AppTest], str]
SignedIn = Callable[..., None]
PAYMENTS, SANDBOX = "111122223333", "444455556666"
WHOLE = "this is of the whole organization"


@pytest.fixture
def filled(units: Any) -> Any:
    found = [_failing("c1", PAYMENTS), _failing("c2", SANDBOX), _failing("c3", SANDBOX)]
    records = [StreamRecord(str(place), None, item_of(one, 1)) for place, one in enumerate(found, 1)]
    count(records, "another", RollupStore(units, "muster-state"), now())
    DescribedControls(ComplianceStore(units, "muster-state")).take_in(found)
    EventCountStore(units, "muster-state").add({PAYMENTS: 3, SANDBOX: 500}, [], now())
    deployed = Deployed(version="0.1.0", dead_letters=(DeadLetters("muster-detector-dlq", "work"),))
    settings = [Section("aws", (Setting("hub_account", "999999999999"),))]
    DeployedStore(units, "muster-state").write(deployed, settings)
    result = TaggingResult(
        account=SANDBOX,
        region="us-east-1",
        version="0.1.0",
        api_call="sqs.amazonaws.com:CreateQueue",
        event_id="e9",
        created_by="mallory",
        tagged=("arn:aws:sqs:us-east-1:444455556666:secret-project",),
    )
    TaggingStore(units, "muster-state").record(result, now())
    return units


def _failing(identifier: str, account: str) -> Finding:
    return asff.finding_of(control(identifier, AwsAccountId=account), "2026-11-20T09:00:00.000000Z")


def test_taggings_of_other_units_are_not_shown(
    filled: Any,
    signed_in: SignedIn,
    show: Show,
    markup: Markup,
) -> None:
    signed_in("payments")
    for query in ({}, {"account": SANDBOX}, {"ou": "Root/Sandbox"}):
        page = markup(show("tagging", **query))
        assert "mallory" not in page
        assert "sandbox-alice" not in page


def test_instances_and_spokes_of_other_units_are_not_shown(
    filled: Any, signed_in: SignedIn, show: Show, markup: Markup
) -> None:
    agents, coverage = AgentStore(filled, "muster-state"), AgentCoverageStore(filled, "muster-state")
    for account in (PAYMENTS, SANDBOX):
        agents.record(status(account, int(account[0]), **REFUSED))
        coverage.write(coverage_of(account, agents.of(account, now()), now()))
    coverage.write_day("2026-11-20", {"failed": 2}, now())
    signed_in("payments")
    for query in ({}, {"account": SANDBOX}, {"ou": "Root/Sandbox"}, {"region": "us-east-1"}):
        page = markup(show("coverage", **query))
        assert "sandbox-alice" not in page
        assert "shop-4" not in page
    theirs = f"arn:aws:ec2:eu-west-1:{SANDBOX}:instance/i-0123456789abcde04"
    assert "Nothing is known of it" in markup(show("coverage", instance=theirs))
    page = markup(show("coverage"))
    assert "of 1 that should have it" in page
    assert "No history to show" in page


def test_standings_are_those_of_ones_own_accounts(
    filled: Any,
    signed_in: SignedIn,
    show: Show,
    markup: Markup,
) -> None:
    signed_in("payments")
    page = markup(show("compliance"))
    assert "of 1 checks of resources" in page
    assert "1 of 1 controls fail" in page
    assert "<td>2</td>" not in page
    assert "No control has been judged yet" in markup(show("compliance", account=SANDBOX))
    signed_in("security")
    data.forget()
    assert "of 3 checks of resources" in markup(show("compliance"))


def test_operations_show_a_part_its_events_and_nothing_of_the_hub(
    filled: Any,
    signed_in: SignedIn,
    show: Show,
    markup: Markup,
) -> None:
    signed_in("payments")
    page = markup(show("operations"))
    assert "3 events." in page
    assert "sandbox-alice" not in page
    assert "muster-detector-dlq" not in page
    for title in ("Dead letters", "Messages", "Spending"):
        assert f"{title}: could not be read" in page


def test_settings_and_archive_are_of_the_whole_organization(
    filled: Any,
    signed_in: SignedIn,
    show: Show,
    markup: Markup,
) -> None:
    signed_in("sandbox-owners")
    settings = markup(show("settings"))
    assert WHOLE in settings
    assert "999999999999" not in settings
    assert WHOLE in markup(show("archive"))
    with pytest.raises(DataError, match=WHOLE):
        ask("SELECT 1")


def test_an_operator_of_a_unit_redrives_nothing(filled: Any, signed_in: SignedIn) -> None:
    for group in ("sandbox-owners", "auditors"):
        signed_in(group)
        with pytest.raises(DataError, match="not redrive"):
            operations.redrive(DeadLetters("muster-detector-dlq", "work"))
